"""The blocks of the lanes, and the selections: which of them count."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.block_map import BlockMap
from hawx_hw.blocks.block import Block

__all__ = ["LaneBlockMap", "LaneBlocks"]


@dataclass(frozen=True, eq=False)
class LaneBlockMap(BlockMap):
    """The blocks that each lane holds."""

    cell = "lane"
    whole = "unit"
    axes = ("lane",)
    key = "accelerator.lane_blocks"

    @classmethod
    def _empty(cls, place: Sequence[int]) -> str:
        return f"Lane {place[0]} holds no block"


@dataclass(frozen=True, eq=False)
class LaneBlocks:
    """Which block each lane multiplies with, by selection.

    Parameters
    ----------
    blocks : tuple of Block
        At least one, no two with the same table.
    choice : ndarray of int64, shape (selections, lanes)
        Indices into ``blocks``; at least one selection.
    present : ndarray of bool, shape (lanes, blocks), or None
        The blocks that each lane holds, those that no selection gives it among them. Left out:
        those that any selection gives it.
    """

    blocks: tuple[Block, ...]
    choice: np.ndarray
    present: np.ndarray | None = None

    def __post_init__(self) -> None:
        if len({block.digest for block in self.blocks}) != len(self.blocks):
            raise ValueError("No two blocks of a unit may have the same table")
        if self.choice.ndim != 2 or not len(self.choice):
            raise ValueError(f"choice must be (selections, lanes), not {self.choice.shape}")
        if self.choice.min() < 0 or self.choice.max() >= len(self.blocks):
            raise ValueError(f"choice must be in [0, {len(self.blocks) - 1}]")
        lanes = np.arange(self.choice.shape[1])
        if self.present is not None and not self.present[lanes, self.choice].all():
            raise ValueError("present must have each block that a selection gives a lane")

    @classmethod
    def uniform(cls, blocks: Sequence[Block], lanes: int) -> LaneBlocks:
        """All lanes hold all of ``blocks``; selection k is the k-th of them."""
        choice = np.repeat(np.arange(len(blocks), dtype=np.int64)[:, None], lanes, axis=1)
        return cls(tuple(blocks), choice)

    @property
    def selections(self) -> int:
        """How many there are."""
        return len(self.choice)

    @functools.cached_property
    def map(self) -> LaneBlockMap:
        """The blocks that each lane holds."""
        if self.present is not None:
            return LaneBlockMap(self.blocks, self.present)
        present = np.zeros((self.choice.shape[1], len(self.blocks)), dtype=bool)
        for selection in self.choice:
            present[np.arange(len(selection)), selection] = True
        return LaneBlockMap(self.blocks, present)

    def of_lane(self, lane: int) -> tuple[int, ...]:
        """Indices of the blocks that a lane holds, ascending."""
        return tuple(np.flatnonzero(self.map.present[lane]).tolist())

    @functools.cached_property
    def tables(self) -> np.ndarray:
        """What the blocks compute: int64 ``(blocks, 256, 256)``, as ``Block.raw_table``."""
        return np.stack([block.raw_table for block in self.blocks]).astype(np.int64)

    def multiply(self, selection: int, weights: np.ndarray, activations: np.ndarray) -> np.ndarray:
        """The products of all lanes.

        Parameters
        ----------
        selection : int
        weights, activations : ndarray of int, shape (lanes,)
            In [-128, 127].

        Returns
        -------
        ndarray of int64, shape (lanes,)
        """
        products: np.ndarray = self.tables[
            self.choice[selection],
            weights.astype(np.int64) + 128,
            activations.astype(np.int64) + 128,
        ]
        return products
