"""Rounded inputs against graphs whose layers round, by the reference."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.compensation.activation_rounding import round_activations
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.scores.measure import measure
from hawx_hw.scores.rounding import input_steps, rounded_input
from hawx_hw.scores.scores import shifted_logits

BLOCK = by_name("precision(w=7,a=5)")


@pytest.mark.parametrize("seed", range(12))
def test_inputs_are_those_of_a_graph_that_rounds_there(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=5, max_size=7)
    images = random_codes(rng, graph, 3)
    codes = reference.run_all(graph, images)
    steps = input_steps(graph, BLOCK)
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    assert list(steps) == [node.name for node in weighted]
    assert steps[weighted[0].name] == 1 or weighted[0].inputs[0] != graph.input
    uniform = {n.name: LayerBlocks.uniform(BLOCK, n.weight.shape) for n in weighted}
    for node in weighted:
        # All others that read the tensor get the block too; nothing before it is rounded.
        alone = {
            name: layer
            for name, layer in uniform.items()
            if next(n for n in weighted if n.name == name).inputs == node.inputs
        }
        expected = reference.run_all(round_activations(graph, alone), images)[node.inputs[0]]
        result = rounded_input(graph, node, steps[node.name], codes)
        if steps[node.name] == 1:
            np.testing.assert_array_equal(result, codes[node.inputs[0]])
        else:
            np.testing.assert_array_equal(result, expected)


@pytest.mark.parametrize("seed", range(6))
def test_nothing_is_rounded_that_an_exact_layer_reads(seed: int) -> None:
    graph = random_graph(np.random.default_rng(seed), layers=5, max_size=7)
    weighted = [node for node in graph.nodes if isinstance(node, (Conv2d, Linear))]
    before = input_steps(graph, BLOCK, [])
    for node in weighted:
        alone = {node.name: LayerBlocks.uniform(BLOCK, node.weight.shape)}
        rounded = round_activations(graph, alone)
        changed = [a for a, b in zip(graph.nodes, rounded.nodes, strict=True) if a != b]
        step = input_steps(graph, BLOCK, [node.name])[node.name]
        assert (step > before[node.name]) == bool(changed)


@pytest.mark.parametrize("seed", [1, 2, 4, 7])
def test_profiles_of_the_last_layer_round_its_input(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=3, kinds=("linear",), max_features=7)
    images = random_codes(rng, graph, 9)
    labels = np.zeros(9, dtype=np.int64)
    used = [by_name("exact"), BLOCK]
    off = {"bias_correction": False, "weights": "none", "threads": 1}
    profile = measure(graph, used, images, labels, activation_rounding=True, **off)
    assert profile.activation_rounding
    choice = profile.by_layer([0] * (len(profile.layers) - 1) + [1])
    (result,) = shifted_logits(profile, choice)
    assignment = profile.assignment(choice, used)
    rounded = round_activations(graph, assignment)
    assert any(getattr(node, "requantization", None).step > 1 for node in rounded.nodes[1:-1])
    tensor = graph.tensors[graph.output]
    made = reference.run(rounded, images, assignment).astype(float)
    np.testing.assert_allclose(
        result, (made - tensor.zero_point) * tensor.scale, rtol=1e-5, atol=1e-6
    )
