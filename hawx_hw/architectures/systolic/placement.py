"""Where filters and kernel taps lie in the array, so that each meets a PE with its block.

Each column serves one filter class of a layer, each row one tap class (see
:mod:`~hawx_hw.architectures.common.classes`). Fewest tiles win: a class with many filters gets
many columns. On maps so irregular that not all ways can be tried
(:func:`~hawx_hw.architectures.systolic.row_ways.row_ways`), fewer may be possible.

Filters may stand in any order: each layer stores where every channel lies (its *channel
position*), for the layers that read it. Layers whose outputs are added must agree on one order.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.classes import LayerClasses, layer_classes
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.placement import (
    fixed_lines,
    in_order,
    in_turn,
    joint_filter_classes,
)
from hawx_hw.architectures.common.shares import share
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.row_ways import row_ways
from hawx_hw.errors import UserError

__all__ = [
    "Placement",
    "not_served",
    "place_group",
]

# Combinations of the ways of several layers to share the rows that are tried.
_LIMIT = 4096


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
        return Layout.of(self.filters)


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
        filters = in_order(len(filter_class), pe_blocks.columns)
    else:
        filters = in_turn(filter_class, columns, pe_blocks.columns)
    placements = []
    for part, row_class, key in zip(classes, ways, distinct.T, strict=True):
        active = np.argmax(pe_blocks.present, axis=2)
        for row, column in np.ndindex(active.shape):
            if row_class[row] >= 0 and columns[column] >= 0:
                active[row, column] = part.blocks[key[columns[column]], row_class[row]]
        taps = in_turn(part.taps, row_class, pe_blocks.rows)
        placements.append(Placement(filters, taps, active))
    return placements, tiles


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
        shared = fixed_lines(filter_class, able) if fixed else share(counts, able)
        if shared is None:
            continue
        tiles = shared[0] * sum(way.tiles for way in ways)
        if best is None or tiles < best[2]:
            best = [way.rows for way in ways], shared[1], tiles
    if best is None:
        raise not_served(classes, pe_blocks, fixed, complete)
    return best


def not_served(
    classes: Sequence[LayerClasses], pe_blocks: PeBlockMap, fixed: bool, complete: bool = True
) -> UserError:
    """The error of a PE block map that cannot serve the blocks of some layers."""
    names = ", ".join(repr(part.layer.node.name) for part in classes)
    kinds = "; ".join(
        f"{part.layer.node.name}: {len(part.blocks)} kinds of filter, {len(part.tap_counts)} of tap"
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
