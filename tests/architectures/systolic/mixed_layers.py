"""Layers of several blocks, and what a placement of them must fulfil."""

from __future__ import annotations

import itertools
from dataclasses import replace

import numpy as np

from hawx_hw.architectures.systolic.operations import Operation, operations
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement
from hawx_hw.blocks.assignment import LayerBlocks
from tests.architectures.systolic.gateware.parts import convolution
from tests.synthetic_blocks import BLOCKS


def layer(choice: np.ndarray, kernel: tuple[int, int] = (1, 1), name: str = "conv") -> Operation:
    """A convolution; ``choice`` (filters, taps) are indices into ``BLOCKS``."""
    filters, taps = choice.shape
    graph = convolution(
        np.random.default_rng(0), (taps // (kernel[0] * kernel[1]), 5, 5), filters, kernel
    )
    made = operations(graph, window_limit=16)[0]
    assert made.weight is not None
    blocks = np.array(BLOCKS, dtype=object)[choice].reshape(made.weight.shape)
    return replace(made, blocks=LayerBlocks.by_weight(blocks), name=name)


def check(made: Operation, placement: Placement, pe_blocks: PeBlockMap) -> None:
    """Every filter and tap once; every product on a PE that holds and uses its block."""
    assert made.weight is not None and made.blocks is not None
    filters, taps = len(made.weight), made.weight[0].size
    assert sorted(placement.filters[placement.filters >= 0].tolist()) == list(range(filters))
    assert sorted(placement.taps[placement.taps >= 0].tolist()) == list(range(taps))
    choice = made.blocks.choice.reshape(filters, taps)
    for (tile, column), (t, row) in itertools.product(
        np.argwhere(placement.filters >= 0), np.argwhere(placement.taps >= 0)
    ):
        f, k = placement.filters[tile, column], placement.taps[t, row]
        used = placement.active[row, column]
        assert pe_blocks.blocks[used].digest == made.blocks.blocks[choice[f, k]].digest
    for row, column in np.ndindex(placement.active.shape):
        assert pe_blocks.present[row, column, placement.active[row, column]]
    positions = placement.layout.positions
    assert [placement.filters.ravel()[position] for position in positions] == list(range(filters))
