"""Weights and requantization words of the array against their definitions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.common.operations import Operation, operations
from hawx_hw.architectures.common.requantization import constants
from hawx_hw.architectures.systolic.layouts import Layouts, lay_out
from hawx_hw.architectures.systolic.parameters import (
    array_ranges,
    corrections,
    requantization_words,
    weight_tiles,
)
from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.drum import UnsignedDrum
from hawx_hw.blocks.families.exact import Exact
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.graph.reference import requantize
from tests.architectures.common.layers import convolution
from tests.synthetic_blocks import Biased, Unsigned

SEEDS = range(12)


def uniform(layers: Sequence[Operation], architecture: ArrayShape) -> Layouts:
    """Every layer on PEs of exact blocks."""
    image, shape = layers[0].sources[0], layers[0].input_shape
    return lay_out(layers, image, shape[0], rows=architecture.rows, columns=architecture.columns)


def graph(seed: int) -> Graph:
    return random_graph(np.random.default_rng(seed), layers=3, max_size=7)


@pytest.mark.parametrize("seed", SEEDS)
def test_weight_tiles(seed: int) -> None:
    architecture = ArrayShape.complete(seed % 5 + 1, seed % 4 + 1)
    layers = operations(graph(seed), window_limit=16)
    places = uniform(layers, architecture)
    for layer in layers:
        if layer.weight is None:
            continue
        flat = layer.weight.reshape(len(layer.weight), -1)
        tiles = weight_tiles(layer, places.placements[layer.name])
        for across, down, row, column in np.ndindex(*tiles.shape):
            f = across * architecture.columns + column
            k = down * architecture.rows + row
            inside = f < len(flat) and k < flat.shape[1]
            assert tiles[across, down, row, column] == (flat[f, k] if inside else 0)


@pytest.mark.parametrize("weight_rows", [1, 2, 3, 5])
def test_weight_banks(weight_rows: int) -> None:
    """Row r of a tile stands in bank r // bank_rows, in the tile's word r % bank_rows."""
    network = convolution(np.random.default_rng(0), (3, 5, 5), 7, (2, 2))
    architecture = ArrayShape.complete(5, 4, slice_columns=2, weight_rows=weight_rows)
    mapped = plan(network, architecture)
    beats = -(-5 // weight_rows)
    tiles = weight_tiles(mapped.layers[0], mapped.placements["conv"]).reshape(-1, 5, 4)
    for bank in range(architecture.banks):
        for slice_ in range(2):
            words = mapped.weight_bank(bank, slice_)
            for number, tile in enumerate(tiles):
                for beat in range(beats):
                    row = bank * beats + beat
                    weights = tile[row, 2 * slice_ : 2 * slice_ + 2] if row < 5 else [0, 0]
                    word = (int(weights[0]) & 255) | (int(weights[1]) & 255) << 8
                    assert words[number * beats + beat] == word


def test_requantization_words() -> None:
    network = convolution(np.random.default_rng(0), (3, 5, 5), 7, (2, 2))
    architecture = ArrayShape.complete(5, 4, requantizers=2)
    layer = operations(network, window_limit=16)[0]
    places = uniform([layer], architecture)
    bits = array_ranges([layer], places.placements, places.pe_blocks)
    pairs = constants(layer)
    words = requantization_words(
        layer, places.placements["conv"], places.pe_blocks, architecture, bits
    )
    assert len(words) == 4  # two filter tiles of two groups
    width = 16 + bits.addend_bits
    for number in range(8):
        field = words[number // 2] >> (number % 2 * width) & ((1 << width) - 1)
        addend = field >> 16
        addend -= (addend >> (bits.addend_bits - 1)) << bits.addend_bits
        expected = (pairs[number].multiplier, pairs[number].addend) if number < 7 else (0, 0)
        assert (field & 0xFFFF, addend) == expected


def test_corrections_counted_by_hand() -> None:
    """Two filters of three taps on four rows: the array takes one tap tile, and one row rests."""
    network = convolution(np.random.default_rng(0), (3, 1, 1), 2, (1, 1))
    weight = np.array([[1, -2, 5], [7, 0, -3]], np.int8).reshape(2, 3, 1, 1)
    network = replace(network, nodes=(replace(network.nodes[0], weight=weight),))

    def added(block: Block) -> list[int]:
        assigned = {"conv": LayerBlocks.uniform(block, weight.shape)}
        (layer,) = operations(network, window_limit=1, assignment=assigned)
        places = uniform([layer], ArrayShape.complete(4, 2))
        return corrections(layer, places.placements["conv"], places.pe_blocks).tolist()

    assert added(Exact()) == [0, 0]
    # What the block makes of 0 times 0, once for the row that rests.
    assert added(Biased(11)) == [11, 11]
    # 128 for each weight; (0 >> 2) * 3 = 0 for the row that rests.
    assert added(Unsigned()) == [128 * (1 - 2 + 5), 128 * (7 + 0 - 3)]


@pytest.mark.parametrize("rows", [1, 2, 4, 5])
def test_sums_of_the_array_are_those_of_the_layer_and_the_correction(rows: int) -> None:
    """Unsigned and biased blocks on rows with and without taps, against the reference's sums."""
    rng = np.random.default_rng(rows)
    network = convolution(rng, (3, 1, 1), 3, (1, 1))
    blocks = (Biased(11), UnsignedDrum(5), Unsigned(5))
    assigned = LayerBlocks.by_filter(blocks, (3, 3, 1, 1))
    (layer,) = operations(network, window_limit=1, assignment={"conv": assigned})
    places = uniform([layer], ArrayShape.complete(rows, 3))
    placement = places.placements["conv"]
    assert layer.weight is not None
    weight = layer.weight.reshape(3, 3).astype(np.int64)
    codes = rng.integers(-128, 128, 3)
    expected = [
        sum(int(blocks[f].table[weight[f, k] + 128, codes[k] + 128]) for k in range(3))
        for f in range(3)
    ]
    totals = [0, 0, 0]
    for tile, column in np.argwhere(placement.filters >= 0):
        for taps in placement.taps:
            for row, tap in enumerate(taps):
                block = places.pe_blocks.blocks[placement.active[row, column]]
                f = placement.filters[tile, column]
                w, x = (weight[f, tap], codes[tap]) if tap >= 0 else (0, 0)
                totals[f] += int(block.raw_table[w + 128, x + 128])
    correction = corrections(layer, placement, places.pe_blocks)
    assert [a - int(b) for a, b in zip(totals, correction, strict=True)] == expected
    # The addends take the correction back.
    rule = layer.node.requantization
    sums = np.array([expected]) + layer.node.bias
    pairs = constants(layer, correction)
    codes_of_array = [
        min(max((total * pair.multiplier + pair.addend) >> rule.shift, rule.low), rule.high)
        for total, pair in zip(totals, pairs, strict=True)
    ]
    assert codes_of_array == requantize(sums, rule)[0].tolist()


def test_rows_without_a_tap_count_in_the_widths() -> None:
    """Each of them adds what the block makes of zero times zero."""
    network = convolution(np.random.default_rng(3), (1, 1, 1), 1, (1, 1))
    blocks = LayerBlocks.uniform(Biased(5000), (1, 1, 1, 1))
    (layer,) = operations(network, window_limit=16, assignment={"conv": blocks})
    places = uniform([layer], ArrayShape.complete(8, 1))
    bits = array_ranges([layer], places.placements, places.pe_blocks)
    largest = 7 * 5000 + int(Biased(5000).raw_table[int(layer.weight[0, 0, 0, 0]) + 128].max())
    assert 2 ** (bits.sum_bits - 1) > largest
