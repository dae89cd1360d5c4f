"""Which block computes each product."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.families.drum import Drum
from hawx_hw.blocks.families.exact import Exact
from tests.synthetic_blocks import Biased

EXACT, DRUM, BIASED = Exact(), Drum(4), Biased(7)


def test_uniform() -> None:
    layer = LayerBlocks.uniform(DRUM, (2, 3, 1, 1))
    assert layer.blocks == (DRUM,)
    assert layer.shape == (2, 3, 1, 1)
    assert not layer.choice.any()


def test_by_filter() -> None:
    layer = LayerBlocks.by_filter([DRUM, EXACT, DRUM], (3, 2, 1, 1))
    assert layer.blocks == (DRUM, EXACT)
    assert layer.choice[:, :, 0, 0].tolist() == [[0, 0], [1, 1], [0, 0]]


def test_by_weight_numbers_blocks_in_the_order_of_their_first_use() -> None:
    blocks = np.array([[BIASED, EXACT], [EXACT, DRUM]], dtype=object)
    layer = LayerBlocks.by_weight(blocks)
    assert layer.blocks == (BIASED, EXACT, DRUM)
    assert layer.choice.tolist() == [[0, 1], [1, 2]]


def test_blocks_of_one_table_are_one() -> None:
    layer = LayerBlocks.by_weight(np.array([[Exact(), Exact()]], dtype=object))
    assert len(layer.blocks) == 1


def test_products_are_those_of_each_weight_under_its_own_block() -> None:
    layer = LayerBlocks.by_weight(np.array([[BIASED, EXACT, DRUM]], dtype=object))
    weight = np.array([[-127, 5, 100]], np.int8)
    products = layer.products(weight)
    assert products.shape == (1, 3, 256)
    for activation in (-128, -1, 0, 77, 127):
        at = activation + 128
        assert products[0, 0, at] == -127 * activation + (activation >> 1) + 7
        assert products[0, 1, at] == 5 * activation
    # DRUM of 4 bits takes 100 (1100100) as 1101000 = 104, and 77 (1001101) as 1001000 = 72.
    assert products[0, 2, 77 + 128] == 104 * 72
    assert products[0, 2, 3 + 128] == 104 * 3


@pytest.mark.parametrize(
    ("blocks", "choice", "error", "message"),
    [
        ((EXACT,), np.zeros((1, 2), np.int64), TypeError, "choice must be uint8, not int64"),
        (
            (EXACT, DRUM),
            np.zeros((1, 2), np.uint8),
            ValueError,
            "choice must use every block, and no other",
        ),
        (
            (EXACT,),
            np.ones((1, 2), np.uint8),
            ValueError,
            "choice must use every block, and no other",
        ),
        (
            (EXACT, Exact()),
            np.array([[0, 1]], np.uint8),
            ValueError,
            "No two blocks may have the same table",
        ),
    ],
)
def test_what_does_not_fit_together_is_refused(blocks, choice, error, message) -> None:
    with pytest.raises(error, match=f"^{message}$"):
        LayerBlocks(blocks, choice)
