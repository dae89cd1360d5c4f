"""Widths against what really occurs."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from hawx_hw.architectures.common.widths import signed_bits
from hawx_hw.architectures.systolic.pe_blocks import PeBlockMap
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph.graph import Conv2d, Graph, MaxPool2d, Requantization, Tensor
from hawx_hw.graph.random_graphs import random_graph


def network(
    *, weight_step: int = 1, code_step: int = 1, shift: int = 24, pool: bool = False
) -> Graph:
    """Two convolutions; the codes between them are multiples of a step, and so are the weights."""
    rng = np.random.default_rng(1)

    def weights(filters: int, channels: int) -> np.ndarray:
        codes = rng.integers(-127 // weight_step + 1, 128 // weight_step, (filters, channels, 2, 2))
        codes[0, 0, 0, 0] = 1
        return (codes * weight_step).astype(np.int8)

    def rule(step: int) -> Requantization:
        return Requantization(np.array([40000]), shift, 0, step=step)

    nodes = [Conv2d("one", ("image",), weights(5, 3), np.zeros(5, np.int32), rule(code_step))]
    tensors = {"image": Tensor((3, 5, 5), 1.0, 0), "one": Tensor((5, 4, 4), 1.0, 0)}
    before = "one"
    if pool:
        nodes.append(MaxPool2d("pool", ("one",), (3, 3), (1, 1)))
        tensors["pool"] = Tensor((5, 2, 2), 1.0, 0)
        before = "pool"
    nodes.append(Conv2d("two", (before,), weights(4, 5), np.zeros(4, np.int32), rule(1)))
    size = 1 if pool else 3
    tensors["two"] = Tensor((4, size, size), 1.0, 0)
    return Graph("widths", "image", tuple(nodes), tensors)


def mapped(graph: Graph, *names: str, accumulators: int = 16) -> Plan:
    """The blocks by layer; one stands for both."""
    layers = [node for node in graph.nodes if isinstance(node, Conv2d)]
    blocks = [by_name(name) for name in names] * (2 // len(names))
    assignment = {
        layer.name: LayerBlocks.uniform(block, layer.weight.shape)
        for layer, block in zip(layers, blocks, strict=True)
    }
    return plan(graph, ArrayShape.complete(4, 2, accumulators=accumulators), assignment)


def test_exact_blocks_need_every_bit() -> None:
    narrow = mapped(network(), "exact").widths
    assert (narrow.activation_zeros, narrow.weight_zeros, narrow.sum_zeros) == (0, 0, 0)
    assert (narrow.activation_bits, narrow.weight_bits) == (8, 8)


def test_lower_precision_needs_fewer_of_everything() -> None:
    graph = network(weight_step=32, code_step=16)
    narrow = mapped(graph, "precision(w=3,a=4)").widths
    assert (narrow.activation_bits, narrow.weight_bits, narrow.sum_zeros) == (4, 3, 9)
    # A product of 3 by 4 bits; with each row there may be twice as many at most.
    assert narrow.product_bits == (6, 6, 6, 6)
    assert all(b >= 6 for b in narrow.sum_bits)
    assert narrow.sum_bits == tuple(sorted(narrow.sum_bits))
    assert narrow.sum_bits[-1] <= 8


def test_an_image_is_stored_as_far_as_the_first_layer_reads_it() -> None:
    coarse, fine = "precision(w=3,a=4)", "precision(w=3,a=6)"
    graph = network(weight_step=32, code_step=16)
    assert mapped(graph, fine, coarse).widths.activation_bits == 6
    # The codes between the layers are multiples of 16: their low bits are zero, if read or not.
    assert mapped(graph, coarse, fine).widths.activation_bits == 4
    between = network(weight_step=32)
    assert mapped(between, coarse, fine).widths.activation_bits == 6


def test_what_streams_keeps_what_its_source_has() -> None:
    """A pooling layer compares whole codes, but the zeros of its source need not be stored."""
    coarse = "precision(w=3,a=4)"
    pooled = mapped(network(weight_step=32, code_step=8, pool=True), coarse, accumulators=8)
    assert any(step.stream for step in pooled.steps)
    assert pooled.widths.activation_bits == 5
    whole = mapped(network(weight_step=32, pool=True), coarse, accumulators=8)
    assert whole.widths.activation_bits == 8


def test_zeros_of_sums_are_shifted_out_by_every_layer() -> None:
    graph = network(weight_step=32, code_step=16, shift=5)
    narrow = mapped(graph, "precision(w=3,a=4)")
    assert narrow.widths.sum_zeros == 5
    assert [step.shift for step in narrow.steps] == [0, 0]


def test_a_single_exact_layer_needs_all_bits_of_the_sums() -> None:
    graph = network(weight_step=32, code_step=16)
    narrow = mapped(graph, "exact", "precision(w=3,a=4)").widths
    # The weights of both layers are multiples of 32.
    assert (narrow.sum_zeros, narrow.weight_bits, narrow.activation_bits) == (5, 3, 8)


@pytest.mark.parametrize("seed", range(4))
def test_no_partial_sum_overflows(seed: int) -> None:
    """Every tile, row and column, at the activations that make most of each weight."""
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=3, kinds=("conv",), output="map", max_size=6, max_channels=5)
    layers = [node for node in graph.nodes if isinstance(node, Conv2d)]
    blocks = [by_name("exact"), by_name("array(2,2,0)")]
    assignment = {
        node.name: LayerBlocks.uniform(blocks[n % 2], node.weight.shape)
        for n, node in enumerate(layers)
    }
    array = ArrayShape.complete(5, 3)
    both = PeBlockMap.uniform(blocks, 5, 3)
    result = plan(graph, array, assignment, both)
    narrow = result.widths
    needed = np.zeros(5, dtype=int)
    words = result.weights.astype(int)
    for step, layer in zip(result.steps, result.layers, strict=True):
        active = result.placements[layer.name].active
        beats = array.bank_rows
        tiles = (step.filter_tiles + 1) * (step.tap_tiles + 1)
        for tile in range(tiles):
            low, high = np.zeros(3, dtype=int), np.zeros(3, dtype=int)
            for row in range(5):
                word = words[step.weights + tile * beats + row % beats, row // beats]
                for column in range(3):
                    products = both.blocks[active[row, column]].raw_table[word[column] + 128]
                    low[column] += products.min()
                    high[column] += products.max()
                ends = np.concatenate([low, high]) >> narrow.sum_zeros
                needed[row] = max(needed[row], signed_bits(*ends.tolist()))
    assert tuple(needed) == narrow.sum_bits


def test_wider_sums_than_needed_are_not_made() -> None:
    graph = network()
    narrow = mapped(graph, "exact")
    assert max(narrow.widths.sum_bits) <= narrow.ranges.sum_bits
    assert replace(narrow.widths, sum_zeros=1).activation_bits == 8
