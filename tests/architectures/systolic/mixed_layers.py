"""What a placement of layers of several blocks must fulfil."""

from __future__ import annotations

import itertools

import numpy as np

from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.placement import Placement


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
