import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.emulation.factors import Factors, factorize
from hawx_hw.emulation.portable import by_factors
from hawx_hw.emulation.products import Products, blocks_key
from hawx_hw.graph.graph import Linear, Requantization
from tests.emulation.blocks import TableBlock, full_rank, low_rank, near_product, rank_one


def linear(weight, bias=None):
    weight = np.asarray(weight, dtype=np.int8)
    bias = np.zeros(len(weight), np.int32) if bias is None else np.asarray(bias, np.int32)
    return Linear("l", ("x",), weight, bias, Requantization(np.array([1]), 1, 0))


def mixed(rng, kinds, shape=(5, 30)):
    weight = rng.integers(-127, 128, shape).astype(np.int8)
    blocks = np.empty(len(kinds), dtype=object)
    blocks[:] = kinds
    choice = rng.integers(0, len(kinds), shape)
    bias = rng.integers(-999, 999, shape[0])
    return Products(linear(weight, bias), LayerBlocks.by_weight(blocks[choice])), blocks[choice]


def sums(products, blocks, codes):
    """Sum by sum in Python's whole numbers."""
    return [
        int(bias)
        + sum(int(b.table[w + 128, x + 128]) for b, w, x in zip(row, weights, codes, strict=True))
        for row, weights, bias in zip(
            blocks, products.node.weight.tolist(), products.node.bias, strict=True
        )
    ]


def test_words_and_offsets_are_the_products():
    rng = np.random.default_rng(0)
    products, blocks = mixed(rng, [full_rank(rng), Exact(), near_product(rng)])
    codes = rng.integers(-128, 128, 30)
    found = products.offset + sum(
        products.words[products.index[:, k], x & 255].astype(np.int64) for k, x in enumerate(codes)
    )
    assert found.tolist() == sums(products, blocks, codes.tolist())


def test_bounds_count_only_rows_in_use():
    table = np.multiply.outer(CODES, CODES)
    table[0] = 2**30  # weights are never -128
    products = Products(linear([[-127, 127]]), LayerBlocks.uniform(TableBlock(table), (1, 2)))
    assert products.words_fit
    assert products.sums_fit


@pytest.mark.parametrize(
    ("bias", "fits"), [(2**31 - 1 - 2 * 127 * 128, True), (2**31 - 254 * 128, False)]
)
def test_the_bound_of_sums_is_reached(bias, fits):
    assert Products(linear([[-127, -127]], [bias]), None).sums_fit == fits


@pytest.mark.parametrize(
    ("bias", "fits"), [(-(2**31) + 2 * 127 * 127, True), (-(2**31) + 254 * 127 - 1, False)]
)
def test_the_lower_bound_of_sums_is_reached(bias, fits):
    assert Products(linear([[-127, -127]], [bias]), None).sums_fit == fits


def test_blocks_of_another_shape_are_refused():
    with pytest.raises(ValueError, match=r"Blocks must be of shape \(1, 2\), not \(2, 1\)"):
        Products(linear([[1, 2]]), LayerBlocks.uniform(Exact(), (2, 1)))


def test_keys_tell_choices_apart():
    rng = np.random.default_rng(0)
    a, b = full_rank(rng), full_rank(rng)
    choice = np.array([[0, 1], [1, 1]], dtype=np.uint8)
    key = blocks_key(LayerBlocks((a, b), choice))
    assert blocks_key(LayerBlocks((b, a), 1 - choice)) == key
    assert blocks_key(LayerBlocks((TableBlock(a.table), b), choice)) == key
    others = [
        LayerBlocks((a, b), 1 - choice),
        LayerBlocks((a, b), choice.T[::-1].copy()),
        LayerBlocks((a, Exact()), choice),
        LayerBlocks.uniform(a, (2, 2)),
        LayerBlocks.uniform(Exact(), (2, 2)),
    ]
    assert len({key, *map(blocks_key, others)}) == 6
    assert blocks_key(None) == blocks_key(LayerBlocks.uniform(Exact(), (2, 2)))


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
    found = factors.offset + (factors.weight * remapped).sum(axis=(1, 2))
    assert found.tolist() == sums(products, blocks, codes.tolist())


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
    with pytest.raises(ValueError, match="sums that floating point holds exactly"):
        by_factors(linear([[1, 2, 3]]), factors, np.zeros((1, 3), np.int8), 0)
