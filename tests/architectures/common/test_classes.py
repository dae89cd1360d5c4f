"""Filters and taps grouped by the blocks that compute them."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.common.block_map import BlockMap
from hawx_hw.architectures.common.classes import layer_classes
from hawx_hw.architectures.common.operations import operations
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.errors import UserError
from tests.architectures.common.layers import convolution, layer
from tests.synthetic_blocks import BLOCKS


class Cells(BlockMap):
    """Cells in a line."""

    cell = "cell"
    whole = "line"
    axes = ("place",)
    key = "accelerator.cells"


@settings(max_examples=60, deadline=None, derandomize=True)
@given(seed=st.integers(0, 2**32 - 1), filters=st.integers(1, 7), taps=st.integers(1, 6))
def test_members_of_a_class_are_alike_and_others_are_not(
    seed: int, filters: int, taps: int
) -> None:
    """Against a comparison of every two filters and every two taps."""
    rng = np.random.default_rng(seed)
    # A few different filters, each several times.
    distinct = rng.integers(0, 3, (int(rng.integers(1, 4)), taps))
    choice = distinct[rng.integers(0, len(distinct), filters)]
    block_map = Cells.uniform(BLOCKS[:3], 4)
    classes = layer_classes(layer(choice), block_map)
    for classes_of, lines in ((classes.filters, choice), (classes.taps, choice.T)):
        for one in range(len(lines)):
            for other in range(len(lines)):
                alike = (lines[one] == lines[other]).all()
                assert (classes_of[one] == classes_of[other]) == alike
        assert sorted(set(classes_of.tolist())) == list(range(classes_of.max() + 1))
    for f, k in np.ndindex(choice.shape):
        index = classes.blocks[classes.filters[f], classes.taps[k]]
        assert block_map.blocks[index] is BLOCKS[choice[f, k]]
    assert classes.tap_counts == np.bincount(classes.taps).tolist()


def test_a_block_that_no_cell_holds() -> None:
    made = layer(np.full((2, 2), 3))
    with pytest.raises(
        UserError, match=r"uses block odd_unsigned\(step=3\), which no cell holds"
    ) as raised:
        layer_classes(made, Cells.uniform(BLOCKS[:2], 4))
    assert raised.value.where == "accelerator.cells"
    assert raised.value.hint is not None and "accelerator.cells" in raised.value.hint


def test_a_layer_with_a_pooling_has_the_name_of_what_multiplies() -> None:
    graph = convolution(np.random.default_rng(0), (1, 5, 5), 2, (2, 2), pool=(2, 2))
    blocks = {"conv": LayerBlocks.uniform(BLOCKS[2], (2, 1, 2, 2))}
    (made,) = operations(graph, window_limit=16, assignment=blocks)
    assert made.name == "pool"
    with pytest.raises(UserError, match="Layer 'conv' uses block"):
        layer_classes(made, Cells.uniform(BLOCKS[:2], 4))
