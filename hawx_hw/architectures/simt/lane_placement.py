"""Which lane computes which filters of a layer, so that each meets its block.

A lane serves one filter class of a layer (see :mod:`~hawx_hw.architectures.common.classes`), in all
of its tiles. With pixel groups the lanes of all groups that have one place serve the same filters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.classes import LayerClasses, layer_classes
from hawx_hw.architectures.common.derivation import blocks_of, fill_empty, serve
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.placement import (
    fixed_lines,
    in_order,
    in_turn,
    joint_filter_classes,
)
from hawx_hw.architectures.common.shares import share
from hawx_hw.architectures.simt.lanes import LaneBlockMap
from hawx_hw.blocks.registry import by_name
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
    selections : ndarray of int64, shape (tap classes, lanes)
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
    held = lane_blocks.present.reshape(groups, own, count).all(axis=0)
    able = np.ones((own, len(distinct)), dtype=bool)
    for part, key in zip(classes, distinct.T, strict=True):
        able &= ~(_needs(part, count)[None, key] & ~held[:, None]).any(axis=2)
    if fixed:
        shared = fixed_lines(filter_class, able)
    else:
        shared = share(np.bincount(filter_class).tolist(), able)
    if shared is None:
        return None
    lines = shared[1]
    filters = in_order(len(filter_class), own) if fixed else in_turn(filter_class, lines, own)
    placements = []
    for part, key in zip(classes, distinct.T, strict=True):
        idle = np.argmax(lane_blocks.present, axis=1)
        selections = np.repeat(idle[None], part.blocks.shape[1], axis=0)
        for lane in range(lanes):
            kind = lines[lane % own]
            if kind >= 0:
                selections[:, lane] = part.blocks[key[kind]]
        assert part.layer.weight is not None
        taps = part.taps.reshape(part.layer.weight.shape[1:])
        placements.append(Placement(groups, filters, taps, selections))
    return placements


def _needs(part: LayerClasses, count: int) -> np.ndarray:
    """Which blocks a lane must hold to serve a filter class: bool ``(classes, blocks)``."""
    needs = np.zeros((len(part.blocks), count), dtype=bool)
    for kind, blocks in enumerate(part.blocks):
        needs[kind, blocks] = True
    return needs


def not_served(layers: Sequence[Operation], lane_blocks: LaneBlockMap, fixed: bool) -> UserError:
    """The error of a lane block map that cannot serve the blocks of some layers."""
    names = ", ".join(repr(layer.name) for layer in layers)
    kinds = "; ".join(
        f"{layer.name}: {len(layer_classes(layer, lane_blocks).blocks)} kinds of filter"
        for layer in layers
    )
    order = " in the order of the network's input" if fixed else ""
    return UserError(
        f"The lane block map of {len(lane_blocks.present)} lanes cannot serve the blocks of "
        f"{names}{order} ({kinds}): each lane must serve one kind of filter, and hold all of its "
        "blocks",
        where="blocks",
        hint="Use fewer kinds in one layer, more lanes, or give more lanes these blocks.",
    )


def derive_lane_blocks(
    groups: Sequence[tuple[Sequence[Operation], bool, Sequence[int]]], lanes: int
) -> LaneBlockMap:
    """The lane block map of fewest blocks, found greedily, on which layers need fewest tiles.

    Parameters
    ----------
    groups : sequence of (sequence of Operation, bool, sequence of int)
        Layers and ``fixed`` as :func:`place` takes them, and the numbers of pixel groups that they
        may have, the best one first; the first of ``groups`` is served best.
    lanes : int
    """
    blocks = blocks_of([layer for layers, _, _ in groups for layer in layers])
    if not blocks:
        return LaneBlockMap.uniform([by_name("exact")], lanes)
    everything = LaneBlockMap.uniform(blocks, lanes)
    present = np.zeros((lanes, len(blocks)), dtype=bool)
    for layers, fixed, numbers in groups:
        parts = [layer_classes(layer, everything) for layer in layers]
        distinct, filter_class = joint_filter_classes(parts)
        required = np.zeros((len(distinct), len(blocks)), dtype=bool)
        for part, key in zip(parts, distinct.T, strict=True):
            required |= _needs(part, len(blocks))[key]
        for number in numbers:
            view = present.reshape(number, lanes // number, len(blocks))
            needs = np.repeat(required[None], number, axis=0)
            if serve(view, needs, filter_class, fixed=fixed) is not None:
                break
        else:
            raise not_served(layers, everything, fixed)
    fill_empty(present)
    return LaneBlockMap(blocks, present)
