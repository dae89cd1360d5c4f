"""The block map: which blocks each multiplier cell of an accelerator holds."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar, Self

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.registry import by_name
from hawx_hw.errors import UserError

__all__ = ["BlockMap", "MapEntry"]


@dataclass(frozen=True)
class MapEntry:
    """An entry of a config: the blocks of some cells.

    Parameters
    ----------
    blocks : sequence of str
        Their names.
    lines : sequence of (sequence of int or None)
        For each axis of the cells the indices that the entry is for, in ascending order; None for
        all.
    """

    blocks: Sequence[str]
    lines: Sequence[Sequence[int] | None]


@dataclass(frozen=True, eq=False)
class BlockMap:
    """The blocks of each multiplier cell.

    An architecture's own map is a subclass, which sets how messages name what is in it.

    Parameters
    ----------
    blocks : tuple of Block
        At least one, no two with the same table.
    present : ndarray of bool
        ``(*cells, blocks)``: whether a cell holds a block; every cell holds one at least.

    Raises
    ------
    ValueError
        Two blocks with one table, another shape, a cell without a block.
    """

    #: What a cell is called, and the whole of them.
    cell: ClassVar[str]
    whole: ClassVar[str]
    #: What each axis of the cells is called.
    axes: ClassVar[tuple[str, ...]]
    #: The config's key of the map.
    key: ClassVar[str]

    blocks: tuple[Block, ...]
    present: np.ndarray

    def __post_init__(self) -> None:
        if len({block.digest for block in self.blocks}) != len(self.blocks):
            raise ValueError(f"No two blocks of a {self.cell} block map may have the same table")
        count = len(self.blocks)
        if self.present.ndim != len(self.axes) + 1 or self.present.shape[-1] != count:
            shape = ", ".join([*(f"{axis}s" for axis in self.axes), str(count)])
            raise ValueError(f"present must be ({shape}), not {self.present.shape}")
        if not self.present.any(axis=-1).all():
            place = np.argwhere(~self.present.any(axis=-1))[0].tolist()
            raise ValueError(self._empty(place))

    @classmethod
    def _empty(cls, place: Sequence[int]) -> str:
        lines = ", ".join(f"{axis} {line}" for axis, line in zip(cls.axes, place, strict=True))
        return f"The {cls.cell} at {lines} holds no block"

    @classmethod
    def uniform(cls, blocks: Sequence[Block], *cells: int) -> Self:
        """Every one of so many cells, by axis, holds all of ``blocks``."""
        return cls(tuple(blocks), np.ones((*cells, len(blocks)), dtype=bool))

    @classmethod
    def requested(
        cls, entries: Sequence[MapEntry], sizes: Sequence[int], base: Path = Path()
    ) -> Self:
        """The map of a config's entries; a cell has the blocks of the last entry that names it.

        Parameters
        ----------
        entries : sequence of MapEntry
        sizes : sequence of int
            Cells by axis.
        base : Path
            The folder that paths in the names of blocks start from.

        Raises
        ------
        UserError
            An unknown block, a line that is not there, a cell without a block.
        """
        blocks: dict[str, Block] = {}
        contents: dict[tuple[int, ...], list[str]] = {}
        for number, entry in enumerate(entries):
            where = f"{cls.key}.{number}"
            digests = []
            for name in entry.blocks:
                block = _named(name, base, f"{where}.blocks")
                digests.append(blocks.setdefault(block.digest, block).digest)
            lines = [
                cls._lines(requested, size, axis, where)
                for requested, size, axis in zip(entry.lines, sizes, cls.axes, strict=True)
            ]
            contents |= dict.fromkeys(itertools.product(*lines), digests)
        for place in np.ndindex(*sizes):
            if place not in contents:
                axes = " and ".join(f"{axis}s" for axis in cls.axes)
                raise UserError(
                    cls._empty(place),
                    where=cls.key,
                    hint=f"Add an entry that names it, or one without {axes} as the first.",
                )
        return cls(*_present(blocks, contents, sizes))

    @classmethod
    def _lines(
        cls, requested: Sequence[int] | None, count: int, axis: str, where: str
    ) -> Sequence[int]:
        """The lines of an axis that an entry names: all where it names none."""
        if requested is None:
            return range(count)
        if requested[-1] >= count:
            raise UserError(
                f"There is no {axis} {requested[-1]}: the {cls.whole} has {count} {axis}s",
                where=f"{where}.{axis}s",
                hint=f"Name {axis}s from 0 to {count - 1}.",
            )
        return requested

    def at(self, *cell: int) -> tuple[int, ...]:
        """Indices of the blocks that one cell holds, in ascending order."""
        return tuple(int(i) for i in np.flatnonzero(self.present[cell]))

    def index(self, block: Block) -> int | None:
        """Index of the block with this table, or None."""
        for index, own in enumerate(self.blocks):
            if own.digest == block.digest:
                return index
        return None

    @property
    def instances(self) -> tuple[int, ...]:
        """How many cells hold each block."""
        return tuple(self.present.reshape(-1, len(self.blocks)).sum(axis=0).tolist())


def _present(
    blocks: Mapping[str, Block], contents: Mapping[tuple[int, ...], list[str]], sizes: Sequence[int]
) -> tuple[tuple[Block, ...], np.ndarray]:
    """The blocks that some cell holds, and which cells do; ``contents`` has digests."""
    # The blocks of an entry may have been overridden altogether.
    used = [digest for digest in blocks if any(digest in own for own in contents.values())]
    present = np.zeros((*sizes, len(used)), dtype=bool)
    for place, digests in contents.items():
        for digest in digests:
            present[(*place, used.index(digest))] = True
    return tuple(blocks[digest] for digest in used), present


def _named(name: str, base: Path, where: str) -> Block:
    try:
        return by_name(name, base)
    except UserError as error:
        place = f"{where}: {error.where}" if error.where else where
        raise UserError(error.what, where=place, hint=error.hint) from error
