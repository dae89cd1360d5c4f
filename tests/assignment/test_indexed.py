"""The blocks of a layer from a list and an index for each weight."""

from __future__ import annotations

import numpy as np

from hawx_hw.assignment.indexed import indexed
from hawx_hw.blocks.families.drum import Drum
from hawx_hw.blocks.families.exact import Exact
from tests.synthetic_blocks import Biased

BLOCKS = [Exact(), Drum(4), Biased(3), Exact()]


def test_blocks_are_numbered_in_the_order_of_their_first_use() -> None:
    layer = indexed(BLOCKS, np.array([[2, 0], [2, 1]]))
    assert layer.blocks == (Biased(3), Exact(), Drum(4))
    assert layer.choice.tolist() == [[0, 1], [0, 2]]


def test_blocks_of_one_table_are_one() -> None:
    layer = indexed(BLOCKS, np.array([[3, 0, 1]]))
    assert layer.blocks == (Exact(), Drum(4))
    assert layer.choice.tolist() == [[0, 0, 1]]


def test_blocks_without_a_weight_are_left_out() -> None:
    layer = indexed(BLOCKS, np.full((2, 3), 1))
    assert layer.blocks == (Drum(4),)
    assert not layer.choice.any()
