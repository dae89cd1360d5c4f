"""What each layer stores: every code once, in the order of the hardware."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.write_trace import write_trace
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.graph.reference import run_all
from tests.architectures.common.layers import convolution
from tests.architectures.systolic.test_plan import SEEDS, random_plan


@pytest.mark.parametrize("seed", SEEDS)
def test_every_code_is_stored_once(seed: int) -> None:
    mapped = random_plan(seed)
    images = random_codes(np.random.default_rng(seed), mapped.graph, 2)
    tensors = run_all(mapped.graph, images, mapped.assignment)
    for layer, stores in zip(mapped.layers, write_trace(mapped, tensors), strict=True):
        assert len(set(stores.addresses.tolist())) == len(stores.addresses)
        count, height, width = layer.output_shape
        rebuilt = np.zeros((len(images), count, height * width), dtype=np.int8)
        seen = 0
        for word, (channels, (y, x)) in enumerate(zip(stores.channels, stores.places, strict=True)):
            for code in np.flatnonzero(channels >= 0):
                rebuilt[:, channels[code], y * width + x] = stores.codes[:, word, code]
                seen += 1
        assert seen == count * height * width
        np.testing.assert_array_equal(rebuilt.ravel(), tensors[layer.name].ravel())


def test_the_order_of_words_counted_by_hand() -> None:
    """Three filters on two columns, one code a word, output tiles of two of four pixels."""
    # Fifty tiles of taps make two pixels at a time, as many as there are accumulators, worth while.
    network = convolution(np.random.default_rng(0), (50, 2, 2), 3, (1, 1))
    mapped = plan(network, ArrayShape.complete(1, 2, requantizers=1, accumulators=2))
    assert mapped.steps[0].output_tile_pixels == 1  # minus one
    images = random_codes(np.random.default_rng(1), network, 1)
    tensors = run_all(network, images)
    (trace,) = write_trace(mapped, tensors)
    # Filters 0 and 1 of each of two pixels, then of the other two; then filter 2 alone.
    channels = [0, 1, 0, 1, 0, 1, 0, 1, 2, 2, 2, 2]
    pixels = [0, 0, 1, 1, 2, 2, 3, 3, 0, 1, 2, 3]
    assert trace.name == "conv"
    assert trace.channels.tolist() == [[channel] for channel in channels]
    assert trace.places.tolist() == [[pixel // 2, pixel % 2] for pixel in pixels]
    # The last layer stores to the result memory, plane after plane.
    assert trace.addresses.tolist() == [4 * c + p for c, p in zip(channels, pixels, strict=True)]
    expected = tensors["conv"][0].reshape(3, 4)[channels, pixels]
    np.testing.assert_array_equal(trace.codes[0, :, 0], expected)


def test_codes_of_a_word_without_a_channel_are_marked() -> None:
    network = convolution(np.random.default_rng(0), (1, 1, 2), 3, (1, 1))
    mapped = plan(network, ArrayShape.complete(1, 4, requantizers=2))
    images = random_codes(np.random.default_rng(1), network, 1)
    (trace,) = write_trace(mapped, run_all(network, images))
    assert {tuple(word) for word in trace.channels.tolist()} == {(0, 1), (2, -1)}


def test_slices_come_one_after_another() -> None:
    """Four filters on two slices of two columns, one code a word, an output tile of two pixels."""
    network = convolution(np.random.default_rng(0), (1, 1, 2), 4, (1, 1))
    mapped = plan(network, ArrayShape.complete(1, 4, slice_columns=2, requantizers=1))
    mapped = replace(mapped, steps=(replace(mapped.steps[0], destination_output_tile=2),))
    images = random_codes(np.random.default_rng(1), network, 1)
    (trace,) = write_trace(mapped, run_all(network, images))
    assert trace.channels.ravel().tolist() == [0, 1, 0, 1, 2, 3, 2, 3]
    assert trace.places[:, 1].tolist() == [0, 0, 1, 1, 0, 0, 1, 1]
