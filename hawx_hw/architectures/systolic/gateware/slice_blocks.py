"""Which blocks the PEs of one slice hold, and which of them they use when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass

from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.blocks.block import Block

__all__ = ["PeBlocks", "SliceBlocks", "slice_blocks"]

# Longer module names are cut by some tools.
_NAME_LIMIT = 100


@dataclass(frozen=True)
class PeBlocks:
    """The blocks of one PE.

    Parameters
    ----------
    blocks : tuple of Block
        At least one.
    choices : tuple of int
        Index into ``blocks`` for each value of the program's ``select``.
    """

    blocks: tuple[Block, ...]
    choices: tuple[int, ...]

    @property
    def identifier(self) -> str:
        """The blocks' names as a part of a Verilog identifier."""
        name = "__".join(block.identifier for block in self.blocks)
        if len(name) <= _NAME_LIMIT:
            return name
        digest = hashlib.sha256(name.encode()).hexdigest()[:8]
        return f"{len(self.blocks)}_blocks_{digest}"


@dataclass(frozen=True)
class SliceBlocks:
    """The blocks of a slice's PEs.

    Parameters
    ----------
    pes : tuple of tuple of PeBlocks
        ``pes[row][column]``.
    """

    pes: tuple[tuple[PeBlocks, ...], ...]


def slice_blocks(plan: Plan) -> list[SliceBlocks]:
    """The blocks of each slice of the array of ``plan``; equal slices are equal."""
    a, block_map = plan.array, plan.pe_blocks

    def pe(row: int, column: int) -> PeBlocks:
        own = block_map.pe(row, column)
        choices = (own.index(int(active[row, column])) for active in plan.selections)
        return PeBlocks(tuple(block_map.blocks[index] for index in own), tuple(choices))

    return [
        SliceBlocks(
            tuple(
                tuple(pe(row, first + column) for column in range(a.slice_columns))
                for row in range(a.rows)
            )
        )
        for first in range(0, a.columns, a.slice_columns)
    ]
