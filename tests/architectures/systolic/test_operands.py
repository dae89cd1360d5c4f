"""What the PEs multiply, added up to the sums of the layer."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.systolic.operands import layers_of, operand_stream
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph import reference
from hawx_hw.graph.random_graphs import random_codes
from tests.architectures.common.layers import convolution

ROWS, COLUMNS = 3, 2


def test_products_of_all_pes_are_the_sums_of_the_layer() -> None:
    """Tile by tile: each pixel of a tile adds one product a PE to the sums of its column."""
    rng = np.random.default_rng(0)
    network = convolution(rng, (2, 5, 4), 3, (2, 2), stride=(1, 2), padding=(1, 0, 0, 1))
    mapped = plan(network, ArrayShape.complete(ROWS, COLUMNS, accumulators=4))
    images = random_codes(rng, network, 2)
    values = reference.run_all(network, images)
    stream = operand_stream(mapped, "conv", values, limit=10**6)
    weights, activations = stream.weights, stream.activations
    assert weights.dtype == activations.dtype == np.int8
    assert weights.shape == activations.shape
    products = (weights.astype(int) * activations).reshape(-1, ROWS, COLUMNS).sum(axis=1)

    placement, step = mapped.placements["conv"], mapped.steps[0]
    pixels = 5 * 2
    sums = np.zeros((2, 3, pixels), np.int64)
    at = 0
    for image in range(2):
        for filters in placement.filters:
            for begin in range(0, pixels, step.output_tile_pixels + 1):
                tile = range(begin, min(begin + step.output_tile_pixels + 1, pixels))
                for _ in placement.taps:
                    for pixel in tile:
                        for column, number in enumerate(filters):
                            if number >= 0:
                                sums[image, number, pixel] += products[at, column]
                        at += 1
    assert at == len(products) == 2 * stream.steps
    node = network.nodes[0]
    expected = reference.sums(node, [images], network.tensors["image"].zero_point)
    expected = expected.reshape(2, 3, pixels) - node.bias.reshape(3, 1)
    np.testing.assert_array_equal(sums, expected)


def test_the_stream_ends_at_its_limit() -> None:
    rng = np.random.default_rng(0)
    network = convolution(rng, (2, 5, 4), 3, (2, 2))
    mapped = plan(network, ArrayShape.complete(ROWS, COLUMNS))
    values = reference.run_all(network, random_codes(rng, network, 1))
    whole = operand_stream(mapped, "conv", values, limit=10**6)
    part = operand_stream(mapped, "conv", values, limit=7)
    np.testing.assert_array_equal(part.weights, whole.weights[:7])
    np.testing.assert_array_equal(part.activations, whole.activations[:7])
    assert part.steps == whole.steps == len(whole.weights)


def test_a_limited_stream_reaches_over_the_whole_layer() -> None:
    """Each image gives the same number of steps, the first image the first, the last the last."""
    rng = np.random.default_rng(0)
    network = convolution(rng, (2, 5, 4), 3, (2, 2))
    mapped = plan(network, ArrayShape.complete(ROWS, COLUMNS, accumulators=4))
    values = reference.run_all(network, random_codes(rng, network, 3))
    whole = operand_stream(mapped, "conv", values, limit=10**6)
    part = operand_stream(mapped, "conv", values, limit=3 * 17 + 2)
    assert len(part.weights) == 3 * 17
    for image, first in enumerate((0, (whole.steps - 17) // 2, whole.steps - 17)):
        expected = slice(image * whole.steps + first, image * whole.steps + first + 17)
        own = slice(17 * image, 17 * image + 17)
        np.testing.assert_array_equal(part.weights[own], whole.weights[expected])
        np.testing.assert_array_equal(part.activations[own], whole.activations[expected])
    with pytest.raises(ValueError, match="limit must be at least 3, one step an image, not 2"):
        operand_stream(mapped, "conv", values, limit=2)


def test_every_product_has_its_block() -> None:
    """Two filters of one block, one of another: the columns know which."""
    rng = np.random.default_rng(0)
    network = convolution(rng, (2, 5, 4), 3, (2, 2))
    exact, rough = by_name("exact"), by_name("array(ha=2,hb=2,v=0)")
    choice = np.zeros((3, 2, 2, 2), dtype=np.uint8)
    choice[1] = 1
    mapped = plan(
        network,
        ArrayShape.complete(ROWS, COLUMNS),
        {"conv": LayerBlocks((exact, rough), choice)},
    )
    values = reference.run_all(network, random_codes(rng, network, 1))
    stream = operand_stream(mapped, "conv", values, limit=10**6)
    assert stream.blocks.shape == stream.weights.shape
    own = mapped.placements["conv"].active
    assert {mapped.blocks[index].name for index in own.ravel()} == {exact.name, rough.name}
    np.testing.assert_array_equal(stream.blocks, np.broadcast_to(own.ravel(), stream.blocks.shape))


def test_a_layer_goes_by_the_names_of_its_nodes() -> None:
    network = convolution(np.random.default_rng(0), (2, 4, 4), 3, (1, 1), pool=(2, 2))
    mapped = plan(network, ArrayShape.complete(ROWS, COLUMNS))
    assert list(layers_of(mapped)) == ["conv", "pool"]
    values = reference.run_all(network, random_codes(np.random.default_rng(0), network, 1))
    with pytest.raises(ValueError, match="layer must be one of conv, pool, not 'fc'"):
        operand_stream(mapped, "fc", values, limit=1)
