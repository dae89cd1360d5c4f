"""Where filters and kernel taps lie in the array, so that each meets a PE with its block.

Each column serves one filter class of a layer, each row one tap class (see
:mod:`~hawx_hw.architectures.systolic.classes`). Fewest tiles win: a class with many filters gets
many columns. On maps so irregular that not all ways can be tried
(:func:`~hawx_hw.architectures.systolic.shares.row_ways`), fewer may be possible.

Filters may stand in any order: each layer stores where every channel lies (its *channel
position*), for the layers that read it. Layers whose outputs are added must agree on one order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.systolic.classes import LayerClasses, layer_classes
from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.shares import row_ways, share
from hawx_hw.errors import UserError

__all__ = [
    "Layout",
    "Placement",
    "fixed_columns",
    "joint_filter_classes",
    "not_served",
    "place_group",
]

# Combinations of the ways of several layers to share the rows that are tried.
_LIMIT = 4096


@dataclass(frozen=True, eq=False)
class Layout:
    """Where the channels of a tensor lie.

    Parameters
    ----------
    positions : ndarray of int64
        ``(channels,)``: the position of each channel; position ``s`` is code ``s % codes`` of word
        ``s // codes`` of a pixel, with ``codes`` codes a word.
    """

    positions: np.ndarray

    @classmethod
    def natural(cls, channels: int) -> Layout:
        """Every channel at the position of its number."""
        return cls(np.arange(channels))

    @property
    def size(self) -> int:
        """Channel positions, with those between that hold no channel."""
        return int(self.positions.max()) + 1

    @property
    def is_natural(self) -> bool:
        """Whether every channel lies at the position of its number."""
        return bool((self.positions == np.arange(len(self.positions))).all())


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the filters and taps of one layer lie.

    Parameters
    ----------
    filters : ndarray of int64
        ``(filter tiles, columns)``: the filter, or -1.
    taps : ndarray of int64
        ``(tap tiles, rows)``: the tap, counted as ``(channel, kernel row, kernel column)`` with the
        column fastest, or -1.
    active : ndarray of int64
        ``(rows, columns)``: index of the block that each PE uses, in the PE block map's blocks.
    """

    filters: np.ndarray
    taps: np.ndarray
    active: np.ndarray

    @property
    def layout(self) -> Layout:
        """Layout of the filters as channels of the output: tile by tile, column by column."""
        flat = self.filters.ravel()
        used = np.flatnonzero(flat >= 0)
        positions = np.empty(len(used), dtype=np.int64)
        positions[flat[used]] = used
        return Layout(positions)


def place_group(
    layers: Sequence[Operation], pe_blocks: PeBlockMap, *, fixed: bool = False
) -> tuple[list[Placement], int]:
    """Place layers whose outputs must have one order of channels; mostly a single one.

    Parameters
    ----------
    layers : sequence of Operation
        Layers of the array with equally many filters.
    pe_blocks : PeBlockMap
    fixed : bool
        Whether the order is given: filter ``f`` at position ``f``.

    Returns
    -------
    list of Placement
        One a layer.
    int
        Tiles of all the layers together.

    Raises
    ------
    UserError
        No PEs of the PE block map can serve the assignment.
    """
    classes = [layer_classes(layer, pe_blocks) for layer in layers]
    distinct, filter_class = joint_filter_classes(classes)
    ways, columns, tiles = _best_ways(classes, distinct, filter_class, pe_blocks, fixed)
    if fixed:
        filters = _in_order(len(filter_class), pe_blocks.columns)
    else:
        filters = _in_turn(filter_class, columns, pe_blocks.columns)
    placements = []
    for part, row_class, key in zip(classes, ways, distinct.T, strict=True):
        active = np.argmax(pe_blocks.present, axis=2)
        for row, column in np.ndindex(active.shape):
            if row_class[row] >= 0 and columns[column] >= 0:
                active[row, column] = part.blocks[key[columns[column]], row_class[row]]
        taps = _in_turn(part.taps, row_class, pe_blocks.rows)
        placements.append(Placement(filters, taps, active))
    return placements, tiles


def joint_filter_classes(classes: Sequence[LayerClasses]) -> tuple[np.ndarray, np.ndarray]:
    """The filter classes of layers that share one order of filters.

    Returns
    -------
    ndarray of int64
        ``(joint classes, layers)``: the filter class of each layer.
    ndarray of int64
        ``(filters,)``: the joint class of each filter.
    """
    keys = np.stack([part.filters for part in classes], axis=1)
    distinct, filter_class = np.unique(keys, axis=0, return_inverse=True)
    return distinct, filter_class.reshape(-1)


def _best_ways(
    classes: Sequence[LayerClasses],
    distinct: np.ndarray,
    filter_class: np.ndarray,
    pe_blocks: PeBlockMap,
    fixed: bool,
) -> tuple[list[np.ndarray], np.ndarray, int]:
    """Classes of the rows of each layer, those of the columns, and the tiles: the fewest."""
    counts = np.bincount(filter_class).tolist()
    ways_of_layers = [row_ways(c.tap_counts, c.blocks, pe_blocks.present) for c in classes]
    complete = all(complete_ways for _, complete_ways in ways_of_layers)
    best: tuple[list[np.ndarray], np.ndarray, int] | None = None
    for number, ways in enumerate(itertools.product(*(ways for ways, _ in ways_of_layers))):
        if number == _LIMIT:
            complete = False
            break
        # Which columns can serve which filter class, in all layers at once.
        able = np.ones((pe_blocks.columns, len(distinct)), dtype=bool)
        for way, key in zip(ways, distinct.T, strict=True):
            able &= way.able[:, key]
        shared = fixed_columns(filter_class, able) if fixed else share(counts, able)
        if shared is None:
            continue
        tiles = shared[0] * sum(way.tiles for way in ways)
        if best is None or tiles < best[2]:
            best = [way.rows for way in ways], shared[1], tiles
    if best is None:
        raise not_served(classes, pe_blocks, fixed, complete)
    return best


def fixed_columns(filter_class: np.ndarray, able: np.ndarray) -> tuple[int, np.ndarray] | None:
    """Filter f on column f modulo columns: each column must suit all of its filters."""
    width = len(able)
    columns = np.full(width, -1, dtype=np.int64)
    for number, kind in enumerate(filter_class):
        column = number % width
        if not able[column, kind] or columns[column] not in (-1, kind):
            return None
        columns[column] = kind
    return -(-len(filter_class) // width), columns


def _in_order(filters: int, width: int) -> np.ndarray:
    """Filters by their numbers, tile after tile: ``(tiles, width)``; -1 behind the last."""
    padded = np.full(-(-filters // width) * width, -1, dtype=np.int64)
    padded[:filters] = np.arange(filters)
    return padded.reshape(-1, width)


def _in_turn(classes: np.ndarray, lines: np.ndarray, width: int) -> np.ndarray:
    """The members of each class on its rows or columns in turn, tile after tile.

    Parameters
    ----------
    classes : ndarray of int64
        ``(members,)``: the class of each.
    lines : ndarray of int64
        ``(width,)``: the class that each row or column serves, or -1.
    width : int

    Returns
    -------
    ndarray of int64
        ``(tiles, width)``: the member, or -1.
    """
    tiles = max(
        -(-int(np.count_nonzero(classes == c)) // int(np.count_nonzero(lines == c)))
        for c in np.unique(classes)
    )
    placed = np.full((tiles, width), -1, dtype=np.int64)
    for kind in np.unique(classes):
        members, own = np.flatnonzero(classes == kind), np.flatnonzero(lines == kind)
        for number, member in enumerate(members):
            placed[number // len(own), own[number % len(own)]] = member
    return placed


def not_served(
    classes: Sequence[LayerClasses], pe_blocks: PeBlockMap, fixed: bool, complete: bool = True
) -> UserError:
    """The error of a PE block map that cannot serve the blocks of some layers."""
    names = ", ".join(repr(part.layer.name) for part in classes)
    kinds = "; ".join(
        f"{part.layer.name}: {len(part.blocks)} kinds of filter, {len(part.tap_counts)} of tap"
        for part in classes
    )
    cut = "" if complete else " (the PE block map is so irregular that not every way was tried)"
    order = " in the order of the network's input" if fixed else ""
    return UserError(
        f"The PE block map of {pe_blocks.rows} x {pe_blocks.columns} cannot serve the blocks of "
        f"{names}{order} ({kinds}): each row must serve one kind of tap and each column one kind "
        f"of filter, on PEs that hold their blocks{cut}",
        where="blocks",
        hint="Use fewer kinds in one layer, more rows or columns, or give more PEs these blocks.",
    )
