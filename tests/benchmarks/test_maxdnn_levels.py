"""Levels of MAx-DNN: groups of filters, parts of kernels, and their scores."""

import numpy as np
import pytest
from ground_truth.quadratic import quadratic_scores
from maxdnn_levels import filter_groups, level_space, tap_parts, unit_scores
from maxdnn_search import Accounting

from hawx_hw.assignment.space import Space
from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.registry import by_name
from hawx_hw.graph import fast
from hawx_hw.graph.graph import Conv2d, Graph, Requantization, Tensor
from hawx_hw.scores.measure import measure
from tests.search.small import small_graph, small_images

BLOCKS = [by_name(name) for name in ("exact", "roup(1,4)", "roup(2,5)")]
LAYERS = ("a", "b")


@pytest.fixture(scope="module")
def case():
    graph = small_graph()
    images, labels = small_images(graph, 20)
    return graph, images, measure(graph, BLOCKS, images, labels, threads=1)


def test_groups_are_equal_and_the_most_sensitive_filters_come_first():
    scores = np.array([[0, 1, 10], [0, 4, 90], [0, 2, 30], [0, 3, 80], [0, 0, 0]])
    assert filter_groups(scores, 2).tolist() == [1, 0, 0, 0, 1]
    assert filter_groups(scores, 5).tolist() == [3, 0, 2, 1, 4]
    # A coarse block does not outweigh a fine one.
    scores = np.array([[0, 9, 100], [0, 1, 110], [0, 1, 1], [0, 0, 0]])
    assert filter_groups(scores, 4)[0] == 0


def test_parts_of_a_kernel():
    assert tap_parts((3, 3, 3), "rows")[1].tolist() == [[0, 0, 0], [1, 1, 1], [2, 2, 2]]
    assert tap_parts((3, 3, 3), "columns")[1].tolist() == [[0, 1, 2]] * 3
    channels = tap_parts((16, 3, 3), "channels")
    assert channels[:, 0, 0].tolist() == [0] * 6 + [1] * 5 + [2] * 5
    assert (channels == channels[:, :1, :1]).all()


def test_units_of_a_level_are_as_described(case):
    graph, _, profile = case
    rows = level_space(graph, profile, BLOCKS, LAYERS, "rows")
    assert rows.units == 6
    assert (rows.unit("b") == 3 + np.arange(3)[:, None]).all()
    assert level_space(graph, profile, BLOCKS, LAYERS, "layer").units == 2


def test_parts_share_their_layers_score_by_the_variance_of_errors(case):
    graph, images, profile = case
    codes = fast.run_all(graph, images)
    layers = Space.by_layer(graph, BLOCKS, LAYERS)
    whole = quadratic_scores(profile, layers)
    space = level_space(graph, profile, BLOCKS, LAYERS, "rows")
    scores = unit_scores(graph, profile, codes, space, "rows")
    assert scores.reshape(2, 3, 3).sum(axis=1) == pytest.approx(whole)
    # Layer a by hand: the variance of each product's error over positions.
    padded = codes["x"].astype(np.int64)
    (node,) = [node for node in graph.nodes if node.name == "a"]
    variance = np.zeros(3)
    for f, c, i, j in np.ndindex(node.weight.shape):
        x = padded[:, c, i : i + 8, j : j + 8]
        weight = int(node.weight[f, c, i, j])
        error = BLOCKS[2].table[weight + 128][x + 128] - weight * x
        variance[i] += error.var()
    assert scores[:3, 2] == pytest.approx(whole[0, 2] * variance / variance.sum())
    assert unit_scores(graph, profile, codes, layers, "layer") == pytest.approx(whole)


def test_energy_counts_weights_and_both_ways_to_weigh_layers():
    rule = Requantization(np.array([1]), 1, 0)
    names = [f"c{number}" for number in range(7)]
    nodes, tensors = [], {"x": Tensor((1, 2, 2), 1.0, 0)}
    for name in names:
        source = nodes[-1].name if nodes else "x"
        weight = np.ones((1, 1, 1, 1), np.int8)
        nodes.append(Conv2d(name, (source,), weight, np.zeros(1, np.int32), rule))
        tensors[name] = Tensor((1, 2, 2), 1.0, 0)
    graph = Graph("seven", "x", tuple(nodes), tensors)
    block = by_name("roup(p=2,r=5)")
    energies = {by_name("exact").digest: 1000.0, block.digest: 200.0}
    accounting = Accounting(graph, names, energies, theirs=True)
    assert accounting.saved({}) == (0.0, 0.0)
    assert accounting.exact_pj == 7 * 4
    fourth = {"c3": LayerBlocks.uniform(block, (1, 1, 1, 1))}
    true, theirs = accounting.saved(fourth)
    everywhere = {name: LayerBlocks.uniform(block, (1, 1, 1, 1)) for name in names}
    share = accounting.saved(everywhere)
    assert share[0] == pytest.approx(share[1])
    assert share[0] == pytest.approx(0.8)
    # One layer of seven alike; 5.33 of 21.18 million by ALWANN's weights.
    assert true == pytest.approx(share[0] / 7)
    assert theirs == pytest.approx(share[0] * 5_326_848 / 21_178_368)
