import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.emulation.products import Products, blocks_key
from tests.emulation.blocks import TableBlock, full_rank, near_product
from tests.emulation.layers import linear, mixed, sums


def test_words_and_offsets_are_the_products():
    rng = np.random.default_rng(0)
    products, blocks = mixed(rng, [full_rank(rng), Exact(), near_product(rng)])
    codes = rng.integers(-128, 128, 30)
    totals = products.offset + sum(
        products.words[products.index[:, k], x & 255].astype(np.int64) for k, x in enumerate(codes)
    )
    assert totals.tolist() == sums(products, blocks, codes.tolist())


def test_bounds_count_only_entries_in_use():
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


def test_keys_distinguish_choices():
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
