"""The PE block map of a network whose config gives none."""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.systolic.classes import layer_classes
from hawx_hw.architectures.systolic.operations import Operation
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import (
    fixed_columns,
    joint_filter_classes,
    not_served,
    place_group,
)
from hawx_hw.architectures.systolic.shares import share
from hawx_hw.blocks.block import Block
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
    blocks: dict[str, Block] = {}
    for layer in itertools.chain.from_iterable(layers for layers, _ in groups):
        assert layer.blocks is not None
        for block in layer.blocks.blocks:
            blocks.setdefault(block.digest, block)
    if not blocks:
        return PeBlockMap.uniform([by_name("exact")], rows, columns)
    everything = PeBlockMap.uniform(list(blocks.values()), rows, columns)
    present = np.zeros_like(everything.present)
    for group, fixed in groups:
        _add_group(group, fixed, everything, present)
    # A PE that no layer needs is there all the same: it gets the block that most PEs hold.
    common = int(np.argmax(present.sum(axis=(0, 1))))
    present[~present.any(axis=2), common] = True
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
    rows, columns, count = present.shape
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
    price = np.zeros((columns, len(distinct)))
    for column in range(columns):
        price[column] = (required & ~present[:, column, None, :]).sum(axis=(0, 2))
    able = np.ones((columns, len(distinct)), dtype=bool)
    counts = np.bincount(filter_class).tolist()
    shared = fixed_columns(filter_class, able) if fixed else share(counts, able, price)
    if shared is None:
        raise not_served(parts, everything, fixed)
    for column, kind in enumerate(shared[1]):
        if kind >= 0:
            present[:, column] |= required[:, kind]


def _pixels(groups: Sequence[Sequence[Operation]], pe_blocks: PeBlockMap) -> np.ndarray:
    """Output pixels that each column makes of an image, all filters together: ``(columns,)``."""
    made = np.zeros(pe_blocks.columns, dtype=np.int64)
    for group in groups:
        for layer, placement in zip(group, place_group(group, pe_blocks)[0], strict=True):
            assert layer.weight is not None
            made += layer.macs // layer.weight.size * (placement.filters >= 0).sum(axis=0)
    return made
