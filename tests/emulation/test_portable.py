"""Layers in numpy alone, against sums of Python's whole numbers."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation import portable
from hawx_hw.emulation.factors import factorize
from hawx_hw.emulation.portable import by_factors, by_look_up
from hawx_hw.emulation.products import Products
from hawx_hw.graph.graph import Conv2d, Linear, Requantization
from tests.emulation.blocks import low_rank

ZERO_POINT = -5
RULE = Requantization(np.array([3, 5, 2]), 12, 1, -90, 100)


def convolution(rng: np.random.Generator) -> Conv2d:
    weight = rng.integers(-127, 128, (3, 2, 2, 3)).astype(np.int8)
    bias = rng.integers(-999, 999, 3).astype(np.int32)
    return Conv2d("c", ("x",), weight, bias, RULE, (2, 1), (1, 0, 0, 2))


def linear(rng: np.random.Generator) -> Linear:
    weight = rng.integers(-127, 128, (3, 40)).astype(np.int8)
    return Linear("l", ("x",), weight, rng.integers(-999, 999, 3).astype(np.int32), RULE)


def code(total: int, multiplier: int) -> int:
    return min(max(((total * multiplier + 2**11) >> 12) + 1, -90), 100)


def by_hand(node, layer: LayerBlocks, x: np.ndarray) -> np.ndarray:
    """One product after another, with indices into the image itself."""
    tables = [block.table.tolist() for block in layer.blocks]
    weight = node.weight.tolist()
    choice = layer.choice.tolist()
    if isinstance(node, Linear):
        result = np.empty((len(x), 3), np.int8)
        for image, f in np.ndindex(result.shape):
            total = int(node.bias[f]) + sum(
                tables[choice[f][k]][weight[f][k] + 128][int(x[image, k]) + 128] for k in range(40)
            )
            result[image, f] = code(total, int(RULE.multiplier[f]))
        return result
    _, channels, height, width = x.shape
    result = np.empty((len(x), 3, (height + 1 - 2) // 2 + 1, width + 2 - 3 + 1), np.int8)
    for image, f, i, j in np.ndindex(result.shape):
        total = int(node.bias[f])
        for c, di, dj in np.ndindex(channels, 2, 3):
            y, z = 2 * i - 1 + di, j + dj
            inside = 0 <= y < height and 0 <= z < width
            activation = int(x[image, c, y, z]) if inside else ZERO_POINT
            table = tables[choice[f][c][di][dj]]
            total += table[weight[f][c][di][dj] + 128][activation + 128]
        result[image, f, i, j] = code(total, int(RULE.multiplier[f]))
    return result


@pytest.mark.parametrize("make", [convolution, linear])
@pytest.mark.parametrize("images_at_a_time", [1, 2, 100])
def test_both_ways_are_the_sums_of_products(make, images_at_a_time: int, monkeypatch) -> None:
    rng = np.random.default_rng(1)
    node = make(rng)
    blocks = np.empty(2, dtype=object)
    blocks[:] = [low_rank(rng, 2), low_rank(rng, 1)]
    layer = LayerBlocks.by_weight(blocks[rng.integers(0, 2, node.weight.shape)])
    shape = (3, 40) if isinstance(node, Linear) else (3, 2, 5, 4)
    x = rng.integers(-128, 128, shape).astype(np.int8)
    expected = by_hand(node, layer, x)
    products = Products(node, layer)
    factors = factorize(products)
    assert factors is not None
    assert factors.rank == 3
    # Bytes of unfolded operands of an image: taps times pixels times bytes times rank.
    pixels = 1 if isinstance(node, Linear) else expected[0, 0].size
    bytes_an_image = node.weight[0].size * pixels
    monkeypatch.setattr(portable, "_UNFOLDED_BYTES", images_at_a_time * bytes_an_image)
    np.testing.assert_array_equal(by_look_up(node, products, x, ZERO_POINT), expected)
    monkeypatch.setattr(portable, "_UNFOLDED_BYTES", images_at_a_time * bytes_an_image * 4 * 3)
    np.testing.assert_array_equal(by_factors(node, factors, x, ZERO_POINT), expected)


def test_no_image_gives_no_code() -> None:
    rng = np.random.default_rng(0)
    node = linear(rng)
    products = Products(node, None)
    assert by_look_up(node, products, np.zeros((0, 40), np.int8), 0).shape == (0, 3)


def test_a_sum_that_does_not_fit_int32_is_refused() -> None:
    node = Linear(
        "l", ("x",), np.array([[1]], np.int8), np.array([2**31 - 1], np.int32),
        Requantization(np.array([1]), 1, 0),
    )  # fmt: skip
    products = Products(node, None)
    factors = factorize(products)
    assert factors is not None
    for run in (
        lambda x: by_look_up(node, products, x, 0),
        lambda x: by_factors(node, factors, x, 0),
    ):
        run(np.array([[0]], np.int8))
        with pytest.raises(OverflowError, match="A sum does not fit int32"):
            run(np.array([[1]], np.int8))
