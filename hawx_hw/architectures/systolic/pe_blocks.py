"""The PE block map: which blocks each PE holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.config import PeConfig

__all__ = ["PeBlockMap", "requested_map"]


@dataclass(frozen=True, eq=False)
class PeBlockMap:
    """The blocks of each PE.

    Parameters
    ----------
    blocks : tuple of Block
        At least one, no two with the same table.
    present : ndarray of bool
        ``(rows, columns, blocks)``: whether a PE holds a block; every PE holds one at least.
    """

    blocks: tuple[Block, ...]
    present: np.ndarray

    def __post_init__(self) -> None:
        if len({block.digest for block in self.blocks}) != len(self.blocks):
            raise ValueError("No two blocks of a PE block map may have the same table")
        if self.present.ndim != 3 or self.present.shape[2] != len(self.blocks):
            raise ValueError(
                f"present must be (rows, columns, {len(self.blocks)}), not {self.present.shape}"
            )
        if not self.present.any(axis=2).all():
            row, column = np.argwhere(~self.present.any(axis=2))[0].tolist()
            raise ValueError(f"The PE at row {row}, column {column} holds no block")

    @classmethod
    def uniform(cls, blocks: Sequence[Block], rows: int, columns: int) -> PeBlockMap:
        """Every PE holds all of ``blocks``."""
        return cls(tuple(blocks), np.ones((rows, columns, len(blocks)), dtype=bool))

    @property
    def rows(self) -> int:
        """Rows of PEs."""
        return int(self.present.shape[0])

    @property
    def columns(self) -> int:
        """Columns of PEs."""
        return int(self.present.shape[1])

    def pe(self, row: int, column: int) -> tuple[int, ...]:
        """Indices of the blocks that one PE holds, in ascending order."""
        return tuple(int(i) for i in np.flatnonzero(self.present[row, column]))

    def index(self, block: Block) -> int | None:
        """Index of the block with this table, or None."""
        for index, own in enumerate(self.blocks):
            if own.digest == block.digest:
                return index
        return None


def requested_map(
    entries: Sequence[PeConfig], rows: int, columns: int, base: Path = Path()
) -> PeBlockMap:
    """The map of a config's entries; a PE has the blocks of the last entry that names it.

    Parameters
    ----------
    entries : sequence of PeConfig
        ``accelerator.pe_blocks``.
    rows, columns : int
        Of the array.
    base : Path
        The folder that paths in the names of blocks start from.

    Raises
    ------
    UserError
        An unknown block, a row or column that is not there, a PE without a block.
    """
    blocks: dict[str, Block] = {}
    contents: dict[tuple[int, int], list[str]] = {}
    for number, entry in enumerate(entries):
        where = f"accelerator.pe_blocks.{number}"
        digests = []
        for name in entry.blocks:
            block = _named(name, base, f"{where}.blocks")
            digests.append(blocks.setdefault(block.digest, block).digest)
        for row in _lines(entry.rows, rows, "rows", where):
            for column in _lines(entry.columns, columns, "columns", where):
                contents[row, column] = digests
    for row, column in np.ndindex(rows, columns):
        if (row, column) not in contents:
            raise UserError(
                f"The PE at row {row}, column {column} holds no block",
                where="accelerator.pe_blocks",
                hint="Add an entry that names it, or one without rows and columns as the first.",
            )
    # The blocks of an entry may have been overridden altogether.
    used = [digest for digest in blocks if any(digest in own for own in contents.values())]
    present = np.zeros((rows, columns, len(used)), dtype=bool)
    for (row, column), digests in contents.items():
        present[row, column, [used.index(digest) for digest in digests]] = True
    return PeBlockMap(tuple(blocks[digest] for digest in used), present)


def _named(name: str, base: Path, where: str) -> Block:
    try:
        return by_name(name, base)
    except UserError as error:
        place = f"{where}: {error.where}" if error.where else where
        raise UserError(error.what, where=place, hint=error.hint) from error


def _lines(requested: Sequence[int] | None, count: int, key: str, where: str) -> Sequence[int]:
    """The rows or columns that an entry names: all where it names none."""
    if requested is None:
        return range(count)
    if requested[-1] >= count:
        raise UserError(
            f"There is no {key[:-1]} {requested[-1]}: the array has {count} {key}",
            where=f"{where}.{key}",
            hint=f"Name {key} from 0 to {count - 1}.",
        )
    return requested
