"""Where tensors lie in the activation memory, on small chains placed by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.arena import allocate
from hawx_hw.architectures.common.channels import Layout
from hawx_hw.architectures.common.operations import Operation, Window
from hawx_hw.graph.graph import Clamp, Requantization

Shape = tuple[int, int, int]


def layer(name: str, sources: tuple[str, ...], shape: Shape) -> Operation:
    node = Clamp(name, sources, 0, Requantization(np.ones(1), 1, 0))
    return Operation(name, sources, shape, shape, node, Window(), Window(), None, None, 0)


def natural(layers: list[Operation], image: Shape) -> dict[str, Layout]:
    return {
        "image": Layout.natural(image[0]),
        **{made.name: Layout.natural(made.output_shape[0]) for made in layers},
    }


def test_a_chain_swaps_between_two_places() -> None:
    """Words of 4 codes: the image takes 1 x 6, every tensor of 8 channels 2 x 6."""
    chain = [
        layer("a", ("image",), (8, 2, 3)),
        layer("b", ("a",), (8, 2, 3)),
        layer("c", ("b",), (8, 2, 3)),
        layer("result", ("c",), (8, 2, 3)),
    ]
    arena = allocate(chain, "image", (3, 2, 3), 4, natural(chain, (3, 2, 3)))
    # The result has a memory of its own; the image's words are its own throughout.
    assert arena.addresses == {"image": 0, "a": 6, "b": 18, "c": 6}
    assert arena.depth == 30


def test_a_tensor_that_is_read_again_keeps_its_place() -> None:
    chain = [
        layer("a", ("image",), (4, 1, 2)),
        layer("b", ("a",), (4, 1, 2)),
        layer("c", ("b",), (4, 1, 2)),
        layer("sum", ("a", "c"), (4, 1, 2)),
        layer("result", ("sum",), (4, 1, 2)),
    ]
    arena = allocate(chain, "image", (1, 1, 2), 4, natural(chain, (1, 1, 2)))
    assert arena.addresses == {"image": 0, "a": 2, "b": 4, "c": 6, "sum": 4}


def test_a_gap_is_filled_if_it_is_large_enough() -> None:
    """When ``d`` is placed, ``a`` (4 words) is gone, and ``c`` is still to be read."""

    def addresses(words: int) -> dict[str, int]:
        chain = [
            layer("a", ("image",), (1, 1, 4)),
            layer("b", ("a",), (1, 1, 4)),
            layer("c", ("b",), (1, 1, 4)),
            layer("d", ("b",), (1, 1, words)),
            layer("e", ("c", "d"), (1, 1, 1)),
            layer("result", ("e",), (1, 1, 1)),
        ]
        return allocate(chain, "image", (1, 1, 1), 1, natural(chain, (1, 1, 1))).addresses

    small, large = addresses(4), addresses(5)
    # a at 1 to 4, b at 5 to 8, c in the place of a, d behind both: b is being read.
    assert (small["a"], small["b"], small["c"], small["d"]) == (1, 5, 1, 9)
    # The last one fits where b was, in either case.
    assert small["e"] == large["e"] == 5
    assert large["d"] == 9


def test_positions_between_channels_take_memory_too() -> None:
    """Two channels in positions 0 and 5 take two words of four codes."""
    chain = [layer("a", ("image",), (2, 1, 3)), layer("result", ("a",), (2, 1, 3))]
    layouts = natural(chain, (1, 1, 3)) | {"a": Layout(np.array([5, 0]))}
    arena = allocate(chain, "image", (1, 1, 3), 4, layouts)
    assert arena.depth == 3 + 2 * 3


@pytest.mark.parametrize(("channels", "word_codes", "words"), [(1, 1, 1), (4, 4, 1), (5, 4, 2)])
def test_the_image_lies_first(channels: int, word_codes: int, words: int) -> None:
    chain = [layer("result", ("image",), (channels, 2, 2))]
    arena = allocate(chain, "image", (channels, 2, 2), word_codes, natural(chain, (channels, 2, 2)))
    assert arena.addresses == {"image": 0}
    assert arena.depth == 4 * words


def test_an_image_of_several_pixels_in_a_word_is_smaller() -> None:
    chain = [layer("a", ("image",), (4, 3, 5)), layer("result", ("a",), (4, 3, 5))]
    arena = allocate(chain, "image", (1, 3, 5), 4, natural(chain, (1, 3, 5)), image_words=3 * 2)
    assert arena.addresses["a"] == 6
    assert arena.depth == 6 + 15
