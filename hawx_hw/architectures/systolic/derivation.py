"""The PE block map of a network whose config gives none."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.common.classes import layer_classes
from hawx_hw.architectures.common.derivation import blocks_of, fill_empty, serve
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.common.placement import joint_filter_classes
from hawx_hw.architectures.common.shares import share
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import not_served, place_group
from hawx_hw.blocks.registry import by_name

__all__ = ["derive_pe_blocks"]


def derive_pe_blocks(
    groups: Sequence[tuple[Sequence[Operation], bool]], rows: int, columns: int
) -> PeBlockMap:
    """The PE block map of fewest blocks, found greedily, on which every group needs fewest tiles.

    Parameters
    ----------
    groups : sequence of (sequence of Operation, bool)
        Layers and ``fixed`` as :func:`place_group` takes them; the first is served best.
    rows, columns : int
    """
    blocks = blocks_of([layer for layers, _ in groups for layer in layers])
    if not blocks:
        return PeBlockMap.uniform([by_name("exact")], rows, columns)
    everything = PeBlockMap.uniform(blocks, rows, columns)
    present = np.zeros_like(everything.present)
    for group, fixed in groups:
        _add_group(group, fixed, everything, present)
    fill_empty(present)
    if any(fixed for _, fixed in groups):
        return PeBlockMap(everything.blocks, present)
    # Columns that make the most pixels first: a layer whose filters stand in the first columns has
    # fewer words of sums to read, and of results to store.
    made = _pixels([group for group, _ in groups], PeBlockMap(everything.blocks, present))
    return PeBlockMap(everything.blocks, present[:, np.argsort(-made, kind="stable")])


def _add_group(
    group: Sequence[Operation], fixed: bool, everything: PeBlockMap, present: np.ndarray
) -> None:
    """Add to ``present`` the blocks that a group needs, on the columns that lack the fewest."""
    rows, _, count = present.shape
    parts = [layer_classes(layer, everything) for layer in group]
    distinct, filter_class = joint_filter_classes(parts)
    required = np.zeros((rows, len(distinct), count), dtype=bool)
    for part, key in zip(parts, distinct.T, strict=True):
        shared = share(part.tap_counts, np.ones((rows, len(part.tap_counts)), dtype=bool))
        if shared is None:
            raise not_served(parts, everything, False)
        for row, tap_class in enumerate(shared[1]):
            if tap_class >= 0:
                required[row, np.arange(len(distinct)), part.blocks[key, tap_class]] = True
    if serve(present, required, filter_class, fixed=fixed) is None:
        raise not_served(parts, everything, fixed)


def _pixels(groups: Sequence[Sequence[Operation]], pe_blocks: PeBlockMap) -> np.ndarray:
    """Output pixels that each column makes of an image, all filters together: ``(columns,)``."""
    made = np.zeros(pe_blocks.columns, dtype=np.int64)
    for group in groups:
        for layer, placement in zip(group, place_group(group, pe_blocks)[0], strict=True):
            assert layer.weight is not None
            made += layer.macs // layer.weight.size * (placement.filters >= 0).sum(axis=0)
    return made
