"""Graphs of assignments that share first layers: as compensated one by one."""

from dataclasses import fields

import numpy as np
import pytest
from maxdnn_ground_truth import ours_outcomes
from maxdnn_prefixes import PrefixCompensated

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.registry import by_name
from hawx_hw.compensation import compensate
from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.datasets import Split
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear
from tests.search.small import small_graph, small_images

BLOCKS = [by_name(name) for name in ("roupa(0,6)", "roup(2,3)", "precision(w=3,a=4)")]
LAYERS = ("a", "b", "c")


@pytest.fixture(scope="module")
def graph():
    return small_graph()


@pytest.fixture(scope="module")
def space(graph):
    return Space.by_layer(graph, BLOCKS, LAYERS)


def equal(node, other):
    return all(
        np.array_equal(getattr(node, field.name), getattr(other, field.name))
        for field in fields(node)
        if field.name != "requantization"
    ) and getattr(getattr(node, "requantization", None), "step", 1) == getattr(
        getattr(other, "requantization", None), "step", 1
    )


def test_every_graph_is_the_compensated_one(graph, space):
    images, _ = small_images(graph, 12, seed=3)
    change = PrefixCompensated(graph, space, images, once=False)
    for vector in space.vectors(np.arange(space.size)):
        expected, _ = compensate(graph, space.assignment(vector), images, weights="together")
        assert all(map(equal, change(vector).nodes, expected.nodes))
    # Out of order, too: nothing of another prefix remains.
    for number in (20, 3, 26, 0):
        vector = space.vectors(np.array([number]))[0]
        expected, _ = compensate(graph, space.assignment(vector), images, weights="together")
        assert all(map(equal, change(vector).nodes, expected.nodes))


def test_layers_of_a_prefix_are_computed_once(graph, space):
    images, _ = small_images(graph, 12, seed=3)
    change = PrefixCompensated(graph, space, images, once=False)
    for vector in space.vectors(np.arange(space.size)):
        change(vector)
    # Layer d, which is exact, follows c; a and b are computed again for each step of their readers.
    assert change.layers_computed < 27 * 4 * 0.75
    before = change.layers_computed
    change(vector)
    assert change.layers_computed == before


def test_weights_once_are_those_for_exact_activations_with_biases_of_the_prefix(graph, space):
    images, _ = small_images(graph, 12, seed=3)
    once = PrefixCompensated(graph, space, images, once=True)
    for number in (0, 5, 13, 26):
        (vector,) = space.vectors(np.array([number]))
        changed = once(vector)
        assignment = space.assignment(vector)
        codes = reference.run_all(changed, images, assignment)
        for original, node in zip(graph.nodes, changed.nodes, strict=True):
            if not isinstance(node, (Conv2d, Linear)):
                continue
            layer = assignment.get(node.name)
            if layer is None:
                assert (node.weight == original.weight).all()
            else:
                # Compensated alone, the layers before it are exact.
                alone, _ = compensate(graph, {node.name: layer}, images, weights="together")
                (expected,) = [each for each in alone.nodes if each.name == node.name]
                assert (node.weight == expected.weight).all()
            # No mean error is left: correcting again would change no bias.
            zero_point = graph.tensors[node.inputs[0]].zero_point
            histograms = tap_histograms(node, codes[node.inputs[0]], zero_point)
            error = mean_sums(node, layer, histograms) - mean_sums(original, None, histograms)
            assert (correct_bias(node, error).bias == node.bias).all()


def test_outcomes_are_those_of_every_compensated_network(graph, space, tmp_path):
    images, labels = small_images(graph, 30)
    split = Split((images.astype(np.int16) + 128).astype(np.uint8), labels.astype(np.int64))
    calibration, _ = small_images(graph, 12, seed=3)
    outcomes = ours_outcomes(graph, space, split, calibration, tmp_path, once=False)
    for number in range(0, space.size, 4):
        (vector,) = space.vectors(np.array([number]))
        assignment = space.assignment(vector)
        changed, _ = compensate(graph, assignment, calibration, weights="together")
        right = reference.run(changed, images, assignment).argmax(axis=1) == labels
        assert (outcomes.right[number] == right).all()
    exact = reference.run(graph, images).argmax(axis=1) == labels
    assert (outcomes.exact == exact).all()
    assert len(np.unique(outcomes.right, axis=0)) > 3
    stored = ours_outcomes(graph, space, split, calibration, tmp_path, once=False, stored=True)
    assert (stored.right == outcomes.right).all()
    other = ours_outcomes(graph, space, split, calibration, tmp_path, once=True, stored=True)
    assert other is None


def test_units_must_be_layers_and_blocks_have_factors(graph):
    images, _ = small_images(graph, 4)
    with pytest.raises(ValueError, match="must be one unit"):
        PrefixCompensated(graph, Space.by_filter(graph, BLOCKS, LAYERS), images, once=True)
    blocks = [by_name("exact"), by_name("drum(k=3)")]
    if blocks[1].factors() is None:
        with pytest.raises(ValueError, match="exact factors"):
            PrefixCompensated(graph, Space.by_layer(graph, blocks, LAYERS), images, once=True)
