"""Layers as ordinary products of remapped operands, and the certificate of floating point."""

import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.emulation.factors import Factors, factorize
from hawx_hw.emulation.portable import by_factors
from hawx_hw.emulation.products import Products
from tests.emulation.blocks import TableBlock, full_rank, low_rank, near_product, rank_one
from tests.emulation.layers import linear, mixed, sums


@pytest.mark.parametrize(
    ("kinds", "rank"),
    [
        ([Exact], 1),
        ([rank_one], 1),
        ([low_rank], 3),
        ([low_rank, Exact], 4),
        ([low_rank, low_rank], 6),
        ([near_product], None),
        ([low_rank, full_rank], None),
    ],
)
def test_factors_multiply_out_to_the_products(kinds, rank):
    rng = np.random.default_rng(0)
    made = [kind() if kind is Exact else kind(rng) for kind in kinds]
    products, blocks = mixed(rng, made)
    factors = factorize(products)
    if rank is None:
        assert factors is None
        return
    assert factors.rank == rank
    codes = rng.integers(-128, 128, 30)
    remapped = factors.remap[:, codes + 128]
    totals = factors.offset + (factors.weight * remapped).sum(axis=(1, 2))
    assert totals.tolist() == sums(products, blocks, codes.tolist())


def test_blocks_that_remap_activations_alike_share_the_product():
    rng = np.random.default_rng(0)
    first = TableBlock(np.multiply.outer(CODES & -4, CODES))
    second = TableBlock(np.multiply.outer(CODES & -16, CODES))
    assert factorize(mixed(rng, [first, second, Exact()])[0]).rank == 1


def test_products_that_are_constant_need_no_product():
    block = TableBlock(np.repeat(CODES[:, None], 256, axis=1))
    factors = factorize(Products(linear([[3, -5]], [7]), LayerBlocks.uniform(block, (1, 2))))
    assert factors.offset.tolist() == [5]
    assert not factors.weight.any()


def test_wrong_factors_are_not_believed():
    rng = np.random.default_rng(0)
    u, v = rng.integers(-60, 61, (2, 256, 2)).astype(np.int32)
    table = u @ v.T
    table[200, 17] += 1
    block = TableBlock(table, (u, v))
    for weight, believed in (([[72, 5, 9]], False), ([[73, 5, 9]], True)):  # 72 is row 200
        products = Products(linear(weight), LayerBlocks.uniform(block, (1, 3)))
        assert (factorize(products) is not None) == believed


@pytest.mark.parametrize(
    ("taps", "extra", "kind"), [(1024, 0, np.float32), (1024, 1, np.float64), (1025, 0, np.float64)]
)
def test_the_certificate_of_float32(taps, extra, kind):
    """2^24 is 1,024 times 128 times 128."""
    table = np.multiply.outer(CODES + 1, CODES)  # weight -127 counts as -126, 127 as 128
    weight = np.full((2, taps + (extra > 0)), 127, np.int8)
    if extra:
        weight[:, -1] = 0  # counts as 1
    factors = factorize(
        Products(linear(weight), LayerBlocks.uniform(TableBlock(table), weight.shape))
    )
    assert np.abs(factors.remap).max() == 128
    assert factors.kind is kind


def test_sums_that_no_format_holds_are_refused():
    factors = Factors(np.full((1, 1, 2), 2**30), np.full((1, 256), 2**22), np.zeros(1, np.int64))
    assert factors.kind is np.float64
    factors = Factors(np.full((1, 1, 3), 2**30), np.full((1, 256), 2**22), np.zeros(1, np.int64))
    assert factors.kind is None
    with pytest.raises(ValueError, match="sums that are exact in floating point"):
        by_factors(linear([[1, 2, 3]]), factors, np.zeros((1, 3), np.int8), 0)
