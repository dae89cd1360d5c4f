"""Words of tensors are those of the shell's layout."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.simt.tensors import Map, image_pixels_per_word
from hawx_hw.gateware.layout import TensorLayout
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.common.layers import convolution


@pytest.mark.parametrize(
    ("shape", "word", "packed", "positions"),
    [
        ((3, 4, 5), 4, 1, [0, 1, 2]),
        ((6, 2, 3), 4, 1, [5, 9, 0, 3, 7, 4]),
        ((1, 3, 11), 8, 8, None),
        ((2, 3, 5), 8, 4, None),
        ((7, 1, 1), 3, 1, None),
    ],
)
def test_words_are_those_of_the_shell(
    shape: tuple[int, int, int], word: int, packed: int, positions: list[int] | None
) -> None:
    layout = Layout.natural(shape[0]) if positions is None else Layout(np.array(positions))
    tensor = Map(3, shape, word, layout, packed)
    given = None if positions is None else tuple(positions)
    reference = TensorLayout(shape, word, given, packed)
    assert (tensor.words, tensor.planes, tensor.line_words) == (
        reference.words,
        reference.planes,
        reference.line_words,
    )
    codes = np.random.default_rng(0).integers(-128, 128, shape).astype(np.int8)
    memory = tensor.memory(codes)
    for channel, y, x in np.ndindex(shape):
        if packed > 1:
            at = y * reference.line_words + x // packed, x % packed * shape[0] + channel
        else:
            place = channel if positions is None else positions[channel]
            at = (place // word * shape[1] + y) * shape[2] + x, place % word
        assert memory[at] == codes[channel, y, x]
    np.testing.assert_array_equal(tensor.codes(np.vstack([np.ones((3, word)), memory])), codes)


def test_codes_in_use() -> None:
    tensor = Map(0, (3, 2, 2), 4, Layout(np.array([1, 9, 2])))
    assert [tensor.used(plane) for plane in range(3)] == [3, 0, 2]


@pytest.mark.parametrize(
    ("shape", "word", "pixels"),
    [((1, 28, 28), 8, 8), ((2, 9, 9), 8, 4), ((3, 9, 9), 8, 1), ((1, 9, 9), 13, 1),
     ((8, 9, 9), 8, 1),
     ((1, 9, 1), 8, 1), ((1, 9, 9), 1, 1)],
)  # fmt: skip
def test_images_are_packed_where_steps_stay_whole(
    shape: tuple[int, int, int], word: int, pixels: int
) -> None:
    layers = operations(convolution(np.random.default_rng(0), shape, 2, (1, 1)), window_limit=4)
    assert image_pixels_per_word(layers, "image", word) == pixels


def test_an_image_that_is_pooled_is_not_packed() -> None:
    rng = np.random.default_rng(0)
    for _ in range(20):
        graph = random_graph(rng, layers=2, max_channels=1, kinds=("maxpool", "conv"), output="map")
        layers = operations(graph, window_limit=4)
        multiplies = all(x.multiplies for x in layers if graph.input in x.sources)
        packed = image_pixels_per_word(layers, graph.input, 8) > 1
        assert packed == (multiplies and layers[0].input_shape[2] > 1)
