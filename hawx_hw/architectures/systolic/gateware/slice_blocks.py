"""Which blocks the PEs of one slice hold, and which of them they use when."""

from __future__ import annotations

from dataclasses import dataclass

from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.gateware.block_bank import CellBlocks

__all__ = ["SliceBlocks", "slice_blocks"]


@dataclass(frozen=True)
class SliceBlocks:
    """The blocks of a slice's PEs.

    Parameters
    ----------
    pes : tuple of tuple of CellBlocks
        ``pes[row][column]``.
    """

    pes: tuple[tuple[CellBlocks, ...], ...]


def slice_blocks(plan: Plan) -> list[SliceBlocks]:
    """The blocks of each slice of the array of ``plan``; equal slices are equal."""
    a, block_map = plan.array, plan.pe_blocks

    def pe(row: int, column: int) -> CellBlocks:
        own = block_map.at(row, column)
        choices = (own.index(int(active[row, column])) for active in plan.selections)
        return CellBlocks(tuple(block_map.blocks[index] for index in own), tuple(choices))

    return [
        SliceBlocks(
            tuple(
                tuple(pe(row, first + column) for column in range(a.slice_columns))
                for row in range(a.rows)
            )
        )
        for first in range(0, a.columns, a.slice_columns)
    ]
