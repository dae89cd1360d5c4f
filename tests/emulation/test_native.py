"""The nodes without weights at their limits; layers are tested through the emulator."""

import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.emulation import compiler
from hawx_hw.emulation.native import Native
from hawx_hw.emulation.products import Products
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Add, AveragePool2d, Clamp, Linear, MaxPool2d, Requantization
from tests.emulation.blocks import TableBlock

KERNELS = [(variant, threads) for variant in compiler.supported() for threads in (1, 2)]
EVERY = np.arange(-128, 128).astype(np.int8)


@pytest.fixture(scope="module", params=KERNELS, ids=lambda kernel: f"{kernel[0].name}-{kernel[1]}")
def native(request):
    return Native(*request.param)


@pytest.mark.parametrize("step", [1, 2, 16, 128])
@pytest.mark.parametrize("low", [-128, -3])
def test_add_of_every_pair(native, low, step):
    a, b = (x.reshape(1, -1).repeat(9, axis=0) for x in np.broadcast_arrays(EVERY[:, None], EVERY))
    for multipliers, shift in (([40000, 50000], 16), ([1, 65535], 17), ([0, 3], 1), ([9, 7], 5)):
        rule = Requantization(np.array(multipliers), shift, 7, low, 99, step)
        node = Add("a", ("x", "y"), -12345, rule)
        result = native.add(node, a, b)
        np.testing.assert_array_equal(result, reference.evaluate(node, [a, b], 0))


def test_add_that_32_bits_do_not_hold(native):
    """Just inside the bound it is right, just outside it is refused."""
    x = np.array([[-128, 127]], dtype=np.int8)
    rule = Requantization(np.array([65535, 65535]), 20, 0)
    limit = 2**31 - 1 - 128 * 2 * 65535 - (1 << 19)
    for bias, fits in ((limit, True), (limit + 1, False)):
        node = Add("a", ("x", "x"), bias, rule)
        result = native.add(node, x, x)
        assert (result is not None) == fits
        if fits:
            np.testing.assert_array_equal(result, reference.evaluate(node, [x, x], 0))
    assert (
        native.add(Add("a", ("x", "x"), 0, Requantization(np.array([1, 1]), 39, 0)), x, x) is None
    )


@pytest.mark.parametrize("step", [1, 8])
def test_clamp_of_every_code(native, step):
    node = Clamp("c", ("x",), 17, Requantization(np.array([50000]), 15, -9, -80, 90, step))
    x = np.tile(EVERY, (3, 9))
    np.testing.assert_array_equal(native.clamp(node, x), reference.evaluate(node, [x], 0))


@pytest.mark.parametrize("kernel", [(1, 1), (2, 2), (3, 2), (2, 5)])
@pytest.mark.parametrize("stride", [(1, 1), (2, 2), (3, 1)])
@pytest.mark.parametrize("pad", [0, 1])
def test_pools(native, kernel, stride, pad):
    rng = np.random.default_rng(0)
    padding = tuple(min(pad, size - 1) for size in (*kernel, *kernel))
    for shape in ((1, 1, 5, 5), (300, 3, 9, 21)):
        x = rng.integers(-128, 128, shape).astype(np.int8)
        most = MaxPool2d("m", ("x",), kernel, stride, padding)
        np.testing.assert_array_equal(native.max_pool(most, x), reference.evaluate(most, [x], 0))
        rule = Requantization(np.array([30000]), 17, 5, -100, 120, 4)
        mean = AveragePool2d("p", ("x",), kernel, stride, 99, rule, padding)
        np.testing.assert_array_equal(
            native.average_pool(mean, x, -7), reference.evaluate(mean, [x], -7)
        )


def test_average_that_32_bits_do_not_hold(native):
    x = np.full((1, 1, 2, 2), 127, dtype=np.int8)
    rule = Requantization(np.array([1]), 30, 0)
    for bias, fits in ((2**31 - 1 - 512, True), (2**31 - 512, False)):
        node = AveragePool2d("p", ("x",), (2, 2), (1, 1), bias, rule)
        result = native.average_pool(node, x, 0)
        assert (result is not None) == fits
        if fits:
            np.testing.assert_array_equal(result, reference.evaluate(node, [x], 0))


def test_codes_need_not_be_contiguous(native):
    x = np.random.default_rng(0).integers(-128, 128, (9, 4, 6, 8)).astype(np.int8)[:, ::2, :, ::2]
    node = MaxPool2d("m", ("x",), (2, 2), (2, 2))
    np.testing.assert_array_equal(native.max_pool(node, x), reference.evaluate(node, [x], 0))


def layer(weight, bias, table):
    node = Linear("l", ("x",), weight, bias, Requantization(np.array([1]), 1, 0))
    return Products(node, LayerBlocks.uniform(TableBlock(table), weight.shape))


def test_products_that_do_not_fit_are_refused(native):
    weight = np.ones((1, 2), np.int8)
    table = np.zeros((256, 256))
    for largest, bias, fits in (
        (65535, 0, True),
        (65536, 0, False),
        (9, 2**31 - 1 - 18, True),
        (9, 2**31 - 18, False),
    ):
        table[129, 0] = largest
        products = layer(weight, np.array([bias], np.int32), table)
        if fits:
            native.prepare(products)
        else:
            with pytest.raises(ValueError, match="Products must fit 16 bits and their sums 32"):
                native.prepare(products)


@pytest.mark.parametrize("multiplier", [0, 1, 65535])
@pytest.mark.parametrize("shift", [1, 16, 31, 39])
@pytest.mark.parametrize("step", [1, 32])
def test_requantization_of_extreme_sums(native, multiplier, shift, step):
    """Sums at the ends of int32, about every tie, with every kind of rounding."""
    ties = [(2 * k + 1) * 2 ** (shift - 1) // max(1, multiplier) for k in range(-9, 9)]
    biases = [n + d for n in ties for d in (-1, 0, 1) if abs(n) < 2**31 - 1]
    biases += [-(2**31), -(2**31) + 1, -1, 0, 1, 2**31 - 2, 2**31 - 1]
    bias = np.array(biases, dtype=np.int64).astype(np.int32)
    rule = Requantization(np.array([multiplier]), shift, -3, -120, 110, step)
    weight = np.zeros((len(bias), 1), np.int8)
    node = Linear("l", ("x",), weight, bias, rule)
    x = np.zeros((40, 1), np.int8)
    prepared = native.prepare(Products(node, None))
    expected = reference.evaluate(node, [x], 0)
    for by_entries in (False, True):
        result = native.convolve(node, prepared, x, 0, by_entries=by_entries)
        np.testing.assert_array_equal(result, expected)
