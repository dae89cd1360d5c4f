"""Errors carried through what keeps filters apart, against the whole network."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.graph import reference
from hawx_hw.graph.graph import Clamp, Concat, Conv2d, Graph, Linear, Requantization, Tensor
from hawx_hw.graph.random_graphs import ALL_KINDS, KINDS, random_codes, random_graph
from hawx_hw.scores.reach import carried, carriers


@pytest.mark.parametrize("seed", range(20))
def test_the_codes_are_those_of_the_whole_network(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=5, max_size=8, kinds=ALL_KINDS if seed > 9 else KINDS)
    images = random_codes(rng, graph, 3)
    codes = reference.run_all(graph, images)
    for layer, chain in carriers(graph).items():
        changed = rng.integers(-128, 128, codes[layer].shape).astype(np.int8)
        values = {graph.input: images}
        for node in graph.nodes:
            inputs = [values[name] for name in node.inputs]
            zero_point = graph.tensors[node.inputs[0]].zero_point
            made = reference.evaluate(node, inputs, zero_point)
            values[node.name] = changed if node.name == layer else made
        end = chain[-1].name if chain else layer
        result = carried(graph, chain, layer, changed, codes)
        np.testing.assert_array_equal(result, values[end])
        # What one filter does stays in its own part of the codes.
        other = changed.copy()
        other[:, 0] ^= 1
        moved = carried(graph, chain, layer, other, codes) != result
        assert not moved.reshape(len(images), changed.shape[1], -1)[:, 1:].any()


@pytest.mark.parametrize("seed", range(20))
def test_chains_go_as_far_as_they_can(seed: int) -> None:
    kinds = ALL_KINDS if seed > 9 else KINDS
    graph = random_graph(np.random.default_rng(seed), layers=5, max_size=8, kinds=kinds)
    chains = carriers(graph)
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    assert list(chains) == [node.name for node in weighted]
    for layer, chain in chains.items():
        assert not any(isinstance(node, (Conv2d, Linear)) for node in chain)
        end = layer
        for node in chain:
            assert end in node.inputs
            assert [n for n in graph.nodes if end in n.inputs] == [node]
            assert not isinstance(node, Concat)
            end = node.name
        after = [node for node in graph.nodes if end in node.inputs]
        assert len(after) != 1 or isinstance(after[0], (Conv2d, Linear, Concat))


def test_a_chain_ends_before_a_concatenation() -> None:
    rule = Requantization(np.array([1]), 1, 0)
    weight, bias = np.ones((3, 2, 1, 1), np.int8), np.zeros(3, np.int32)
    nodes = (
        Conv2d("conv", ("input",), weight, bias, rule),
        Clamp("clamp", ("conv",), 0, rule),
        Concat("concat", ("clamp", "input")),
    )
    channels = {"input": 2, "conv": 3, "clamp": 3, "concat": 5}
    tensors = {name: Tensor((count, 4, 4), 1.0, 0) for name, count in channels.items()}
    graph = Graph("g", "input", nodes, tensors)
    assert carriers(graph) == {"conv": (nodes[1],)}
