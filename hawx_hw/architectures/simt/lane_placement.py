"""Which lane computes which filters of a layer, so that each meets its block.

Where it takes no more tiles, a lane serves one filter class of a layer (see
:mod:`~hawx_hw.architectures.common.classes`), and one selection of blocks serves all tiles.
Elsewhere lanes serve several classes, and each tile has the selection of its filters. With pixel
groups the lanes of all groups that have one place serve the same filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import linear_sum_assignment

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.classes import LayerClasses, layer_classes
from hawx_hw.architectures.common.derivation import fill_empty, serve
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.placement import in_order, in_turn, joint_filter_classes
from hawx_hw.architectures.common.shares import share
from hawx_hw.architectures.simt.lanes import LaneBlockMap
from hawx_hw.blocks.block import Block
from hawx_hw.errors import UserError

__all__ = ["Placement", "derive_lane_blocks", "not_served", "place"]


@dataclass(frozen=True, eq=False)
class Placement:
    """Where the filters of one layer lie, and with which blocks its taps are computed.

    Parameters
    ----------
    groups : int
        Pixel groups.
    filters : ndarray of int64, shape (tiles, lanes of a group)
        The filter, or -1.
    tap_class : ndarray of int64, shape (channels, kernel height, kernel width)
    selections : ndarray of int64, shape (tiles, tap classes, lanes)
        Index of the block of each lane, in the lane block map's blocks.
    """

    groups: int
    filters: np.ndarray
    tap_class: np.ndarray
    selections: np.ndarray

    @property
    def layout(self) -> Layout:
        """Layout of the filters as channels of the output."""
        return Layout.of(self.filters)

    @property
    def tiles(self) -> int:
        """Filters that the busiest lane serves."""
        return len(self.filters)

    @property
    def alike(self) -> bool:
        """Whether all tiles have one selection."""
        return bool((self.selections == self.selections[0]).all())


def place(
    layers: Sequence[Operation], lane_blocks: LaneBlockMap, groups: int, *, fixed: bool
) -> list[Placement] | None:
    """Place layers whose outputs must have one order of channels; mostly a single one.

    Parameters
    ----------
    layers : sequence of Operation
        They multiply, and have equally many filters.
    lane_blocks : LaneBlockMap
    groups : int
        Pixel groups of each of them.
    fixed : bool
        Whether the order is given: filter ``f`` at position ``f``.

    Returns
    -------
    list of Placement
    None
        If no lanes can serve the layers' blocks.

    Raises
    ------
    UserError
        No lane holds a block of a layer.
    """
    classes = [layer_classes(layer, lane_blocks) for layer in layers]
    distinct, filter_class = joint_filter_classes(classes)
    lanes, count = lane_blocks.present.shape
    own = lanes // groups
    # What every lane at one place of a group holds.
    own_blocks = np.all(lane_blocks.present.reshape(groups, own, count), axis=0)
    able = np.ones((own, len(distinct)), dtype=bool)
    for part, key in zip(classes, distinct.T, strict=True):
        able &= ~np.any(_needs(part, count)[None, key] & ~own_blocks[:, None], axis=2)
    filters = _in_order(filter_class, able) if fixed else _in_classes(filter_class, able)
    if filters is None:
        return None
    placements = []
    every = np.tile(filters, groups)  # the filter of every lane
    for part in classes:
        chosen = part.blocks[part.filters[every]].transpose(0, 2, 1)
        selections = _without_idle(chosen, every, np.argmax(lane_blocks.present, axis=1))
        assert part.layer.weight is not None
        taps = part.taps.reshape(part.layer.weight.shape[1:])
        placements.append(Placement(groups, filters, taps, selections))
    return placements


def _without_idle(chosen: np.ndarray, filters: np.ndarray, rest: np.ndarray) -> np.ndarray:
    """Selections in which lanes that have no filter keep the block of the tile before.

    So tiles that differ in nothing else have one selection.

    Parameters
    ----------
    chosen : ndarray of int64
        ``(tiles, tap classes, lanes)``: the block of each lane; where it has no filter, any.
    filters : ndarray of int64
        ``(tiles, lanes)``: the filter of each lane, or -1.
    rest : ndarray of int64
        ``(lanes,)``: the block of lanes that have no filter in any tile.
    """
    selections = np.empty_like(chosen)
    # Where none is before, that of the first tile in which the lane has a filter.
    first = np.argmax(filters >= 0, axis=0)
    last = chosen[first, :, np.arange(len(rest))].T
    last = np.where((filters >= 0).any(axis=0), last, rest)
    for tile, own in enumerate(chosen):
        last = selections[tile] = np.where(filters[tile] >= 0, own, last)
    return selections


def _in_order(filter_class: np.ndarray, able: np.ndarray) -> np.ndarray | None:
    """Filters by their numbers, tile after tile, if the lanes can serve them."""
    lanes = np.arange(len(filter_class)) % len(able)
    return in_order(len(filter_class), len(able)) if able[lanes, filter_class].all() else None


def _in_classes(filter_class: np.ndarray, able: np.ndarray) -> np.ndarray | None:
    """Filters on lanes that can serve them, tile after tile: as few tiles as there can be.

    Parameters
    ----------
    filter_class : ndarray of int64
        ``(filters,)``: the class of each.
    able : ndarray of bool
        ``(lanes, classes)``: whether a lane can serve a class.
    """
    lanes = len(able)
    counts = np.bincount(filter_class)
    least = -(-len(filter_class) // lanes)
    shared = share(counts.tolist(), able)
    if shared is not None and shared[0] == least:
        return in_turn(filter_class, shared[1], lanes)
    if not able.any(axis=0).all():
        return None
    least = max(least, int(np.max(-(-counts // able.sum(axis=0)))))
    most = len(filter_class) if shared is None else shared[0] - 1
    order = np.argsort(filter_class, kind="stable")
    for tiles in range(least, most + 1):
        filters = _mixed(order, filter_class, able, tiles)
        if filters is not None:
            return filters
    return None if shared is None else in_turn(filter_class, shared[1], lanes)


def _mixed(
    order: np.ndarray, filter_class: np.ndarray, able: np.ndarray, tiles: int
) -> np.ndarray | None:
    """Filters in an order as near to the given one as the lanes allow, in so many tiles."""
    lanes, count = len(able), len(order)
    places = np.arange(tiles * lanes)
    cost = np.abs(places[:, None] - np.arange(count)).astype(float)
    # More than all filters far away together.
    cost += np.where(
        able[places % lanes][:, filter_class[order]], 0.0, float(tiles * lanes * count)
    )
    taken, number = linear_sum_assignment(cost)
    if not able[taken % lanes, filter_class[order[number]]].all():
        return None
    filters = np.full(tiles * lanes, -1, dtype=np.int64)
    filters[taken] = order[number]
    return filters.reshape(tiles, lanes)


def _needs(part: LayerClasses, count: int) -> np.ndarray:
    """Which blocks a lane must hold to serve a filter class: bool ``(classes, blocks)``."""
    needs = np.zeros((len(part.blocks), count), dtype=bool)
    for kind, blocks in enumerate(part.blocks):
        needs[kind, blocks] = True
    return needs


def not_served(layers: Sequence[Operation], lane_blocks: LaneBlockMap, fixed: bool) -> UserError:
    """The error of a lane block map that cannot serve the blocks of some layers."""
    names = ", ".join(repr(layer.node.name) for layer in layers)
    kinds = "; ".join(
        f"{layer.node.name}: {len(layer_classes(layer, lane_blocks).blocks)} kinds of filter"
        for layer in layers
    )
    order = " in the order of the network's input" if fixed else ""
    return UserError(
        f"The lane block map of {len(lane_blocks.present)} lanes cannot serve the blocks of "
        f"{names}{order} ({kinds}): of each kind of filter, some lane must hold all blocks",
        where="blocks",
        hint="Give more lanes these blocks, or leave the key out to have them derived.",
    )


def derive_lane_blocks(
    groups: Sequence[tuple[Sequence[Operation], bool, Sequence[Placement]]],
    blocks: Sequence[Block],
    lanes: int,
) -> LaneBlockMap:
    """The lane block map of few blocks, found greedily, on which layers need fewest tiles.

    Parameters
    ----------
    groups : sequence of (sequence of Operation, bool, sequence of Placement)
        Layers and ``fixed`` as :func:`place` takes them, and their best placements where every lane
        holds all blocks; the first of ``groups`` is served best.
    blocks : sequence of Block
        Of all layers, at least one.
    lanes : int
    """
    everything = LaneBlockMap.uniform(blocks, lanes)
    present = np.zeros((lanes, len(blocks)), dtype=bool)
    for layers, fixed, placements in groups:
        number = placements[0].groups
        parts = [layer_classes(layer, everything) for layer in layers]
        distinct, filter_class = joint_filter_classes(parts)
        required = np.zeros((len(distinct), len(blocks)), dtype=bool)
        for part, key in zip(parts, distinct.T, strict=True):
            required |= _needs(part, len(blocks))[key]
        alike = all(placement.alike for placement in placements)
        view = present.reshape(number, lanes // number, len(blocks))
        needs = np.repeat(required[None], number, axis=0)
        if alike and serve(view, needs, filter_class, fixed=fixed) is not None:
            continue
        for placement in placements:
            _add(present, placement)
    fill_empty(present)
    return LaneBlockMap(tuple(blocks), present)


def _add(present: np.ndarray, placement: Placement) -> None:
    """Add the blocks that lanes need in a placement."""
    every = np.tile(placement.filters, placement.groups)
    for tile, lane in np.argwhere(every >= 0).tolist():
        present[lane, placement.selections[tile, :, lane]] = True
