"""Bits of operands and products against all products of a block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.architectures.common.widths import (
    activation_zeros,
    signed_bits,
    sum_zeros,
    unread_bits,
    weight_zeros,
)
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from tests.architectures.common.layers import convolution
from tests.synthetic_blocks import Biased

COARSE = "precision(w=3,a=4)"


def layer(weights: list[int], block: str) -> Operation:
    """A layer of one filter, which shifts 24 bits out."""
    graph = convolution(np.random.default_rng(0), (len(weights), 2, 2), 1, (1, 1))
    weight = np.array(weights, np.int8).reshape(1, -1, 1, 1)
    graph = replace(graph, nodes=(replace(graph.nodes[0], weight=weight),))
    assigned = {"conv": LayerBlocks.uniform(by_name(block), weight.shape)}
    return operations(graph, window_limit=1, assignment=assigned)[0]


@pytest.mark.parametrize(
    ("name", "weight", "activation"),
    [("exact", 0, 0), ("precision(w=3,a=4)", 5, 4), ("array(2,2,0)", 0, 2), ("drum(4)", 0, 0)],
)
def test_bits_that_a_block_does_not_read(name: str, weight: int, activation: int) -> None:
    block = by_name(name)
    assert unread_bits(block)[1] == activation
    if name != "array(2,2,0)":
        assert unread_bits(block)[0] == weight


@pytest.mark.parametrize(
    ("values", "bits"),
    [((0,), 1), ((-1,), 1), ((1,), 2), ((-2, 1), 2), ((127, -128), 8), ((128,), 9)],
)
def test_signed_bits(values: tuple[int, ...], bits: int) -> None:
    assert signed_bits(*values) == bits


@pytest.mark.parametrize(
    ("weights", "block", "zeros"),
    [([4, -8, 12], "exact", 2), ([3, 5], "exact", 0), ([3, 5], COARSE, 5), ([0, 0], "exact", 7)],
)
def test_low_bits_of_weights(weights: list[int], block: str, zeros: int) -> None:
    """Zero in all weights, or not read by their block."""
    assert weight_zeros([layer(weights, block)]) == zeros
    other = layer([1], "exact")
    for layers in ([layer(weights, block), other], [other, layer(weights, block)]):
        assert weight_zeros(layers) == 0


def test_low_bits_of_codes_are_those_that_no_reader_reads() -> None:
    assert activation_zeros([layer([1], COARSE)], "image") == 4
    other = layer([1], "exact")
    for layers in ([layer([1], COARSE), other], [other, layer([1], COARSE)]):
        assert activation_zeros(layers, "image") == 0


@pytest.mark.parametrize(
    ("weights", "block", "zeros"),
    [([4, -8], "exact", 2), ([32, 64], COARSE, 9), ([0], "exact", 15), ([5], "none", 15)],
)
def test_low_bits_of_products(weights: list[int], block: str, zeros: int) -> None:
    made = layer(weights, block)
    assert sum_zeros([made]) == zeros
    table = by_name(block).raw_table[np.array(weights) + 128].astype(int)
    assert (table % 2 ** min(zeros, 16) == 0).all()
    # A cell without a weight adds what its block makes of 0.
    assert sum_zeros([made], [Biased(4)]) == 0
