"""PE block maps that are derived from the blocks of a network."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.common.operations import operations
from hawx_hw.architectures.systolic.derivation import derive_pe_blocks
from hawx_hw.architectures.systolic.layouts import lay_out
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.common.layers import layer
from tests.architectures.systolic.mixed_layers import check
from tests.synthetic_blocks import BLOCKS, random_assignment


def by_filter(*kinds: int, name: str):
    return layer(np.repeat(np.array(kinds)[:, None], 4, axis=1), name=name)


@settings(max_examples=60, deadline=None, derandomize=True)
@given(st.integers(0, 2**32 - 1), st.integers(2, 9), st.integers(1, 9))
def test_derived_maps_serve_their_networks(seed: int, rows: int, columns: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=4, max_size=6)
    layers = operations(graph, window_limit=16, assignment=random_assignment(rng, graph))
    image, channels = graph.input, layers[0].input_shape[0]
    try:
        places = lay_out(layers, image, channels, rows=rows, columns=columns)
    except UserError:
        assume(False)
    for made in layers:
        if made.multiplies:
            placement = places.placements[made.name]
            check(made, placement, places.pe_blocks)
            np.testing.assert_array_equal(
                places.tensors[made.name].positions, placement.layout.positions
            )
        else:
            for source in made.sources:
                assert places.tensors[source] is places.tensors[made.name]
    assert places.tensors[image].is_natural


def test_a_derived_map_holds_no_more_than_it_needs() -> None:
    """Two layers whose kinds of filter fit the same columns share their blocks."""
    first = layer(np.repeat(np.array([0, 0, 0, 1])[:, None], 4, axis=1), name="first")
    second = layer(np.repeat(np.array([1, 0, 0, 0])[:, None], 4, axis=1), name="second")
    pe_blocks = derive_pe_blocks([([first], False), ([second], False)], 2, 4)
    assert pe_blocks.present.sum(axis=2).tolist() == [[1] * 4] * 2


def test_without_blocks_every_pe_is_exact() -> None:
    pe_blocks = derive_pe_blocks([], 2, 3)
    assert [block.name for block in pe_blocks.blocks] == ["exact"]
    assert pe_blocks.present.shape == (2, 3, 1)


def test_more_kinds_of_filter_than_columns_are_refused() -> None:
    many = by_filter(0, 1, 2, 3, name="many")
    with pytest.raises(UserError, match="cannot serve the blocks of 'many'"):
        derive_pe_blocks([([many], False)], 2, 3)


def test_the_column_that_makes_the_most_pixels_is_the_first() -> None:
    """One filter of block 1 among seven of block 0: its column makes fewer pixels."""
    few = by_filter(1, 0, 0, 0, 0, 0, 0, 0, name="few")
    pe_blocks = derive_pe_blocks([([few], False)], 1, 2)
    names = [pe_blocks.blocks[pe_blocks.at(0, column)[0]].name for column in range(2)]
    assert names == [BLOCKS[0].name, BLOCKS[1].name]


def test_a_given_order_keeps_its_columns() -> None:
    few = by_filter(1, 0, 1, 0, name="few")
    pe_blocks = derive_pe_blocks([([few], True)], 1, 2)
    names = [pe_blocks.blocks[pe_blocks.at(0, column)[0]].name for column in range(2)]
    assert names == [BLOCKS[1].name, BLOCKS[0].name]
