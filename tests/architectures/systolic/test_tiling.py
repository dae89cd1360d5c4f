"""How many output codes a tile holds: the times of all sizes counted by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.systolic.lowering import Tiles
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.tiling import output_tile_windows
from hawx_hw.graph.graph import MaxPool2d
from tests.architectures.common.layers import convolution

RNG = np.random.default_rng(0)


def chosen(
    array: ArrayShape, tiles: Tiles, pixels: int = 12, pool: tuple[int, int] | None = None
) -> int:
    graph = convolution(RNG, (1, 1, pixels), 4, (1, 1), pool=pool)
    layer = operations(graph, window_limit=array.accumulators)[0]
    return output_tile_windows(layer, array, tiles)


def test_a_single_tile_leaves_as_little_as_possible_to_requantize() -> None:
    """12 pixels and one tile of taps take 12 cycles; the last tile's read-out comes on top."""
    array = ArrayShape.complete(4, 4, requantizers=4)
    assert chosen(array, Tiles(1, 1, 4)) == 1


def test_loading_weights_asks_for_pixels_to_hide_it() -> None:
    """Weights of a tile take 4 cycles. With 2 tiles of taps, tiles of n pixels take
    2 max(n, 4) cycles each, and the last n more: 4 pixels are best, 3 x 2 x 4 + 4."""
    array = ArrayShape.complete(4, 4, requantizers=4, weight_rows=1)
    assert chosen(array, Tiles(2, 1, 4)) == 4


def test_within_two_percent_the_larger_tile_wins() -> None:
    """50 tiles of taps: 600 cycles and n more; 12 pixels, exactly 2 % above 600, are at hand. One
    pixel a tile takes 601, so that up to 613.02 are allowed."""
    array = ArrayShape.complete(4, 4, requantizers=4)
    assert chosen(array, Tiles(50, 1, 4)) == 12


@pytest.mark.parametrize(("accumulators", "pixels"), [(1, 1), (3, 3), (4, 4), (5, 4), (11, 6)])
def test_the_accumulators_are_the_limit(accumulators: int, pixels: int) -> None:
    """Sizes that divide 12 pixels: a last tile of fewer is estimated as a whole one."""
    array = ArrayShape.complete(4, 4, requantizers=4, accumulators=accumulators)
    assert chosen(array, Tiles(50, 1, 4)) == pixels


def test_a_window_is_not_cut() -> None:
    """Pooling windows of four pixels: five accumulators hold one."""
    array = ArrayShape.complete(4, 4, requantizers=4, accumulators=5)
    assert chosen(array, Tiles(50, 1, 4), pool=(1, 4)) == 1


@pytest.mark.parametrize("accumulators", [1, 128])
def test_a_layer_beside_the_array_is_one_tile(accumulators: int) -> None:
    graph = convolution(RNG, (1, 1, 12), 4, (1, 1), pool=(1, 3))
    layers = operations(graph, window_limit=1)
    assert isinstance(layers[1].node, MaxPool2d)
    array = ArrayShape.complete(4, 4, accumulators=accumulators)
    assert output_tile_windows(layers[1], array, Tiles(1, 1, 4)) == 4
