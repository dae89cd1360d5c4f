"""The PE block map: which blocks each PE holds."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.blocks.block import Block

__all__ = ["PeBlockMap"]


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
