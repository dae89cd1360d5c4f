"""Layers with one block in one slice, by the reference's own sums."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.graph.random_graphs import random_codes, random_graph
from hawx_hw.scores.variants import Variant
from tests.scores.networks import blocks
from tests.synthetic_blocks import BLOCKS


def drawn(seed: int) -> tuple[Graph, Conv2d, np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=1, kinds=("conv",), max_size=7, max_channels=4, output="map")
    node = graph.nodes[0]
    assert isinstance(node, Conv2d)
    taps = rng.random(node.weight.shape[1:]) < 0.5
    taps.flat[0] = True
    return graph, node, random_codes(rng, graph, 5), taps


def variant(graph: Graph, node: Conv2d, images, taps, block, *, bias: bool, weights: bool):
    point = graph.tensors[graph.input].zero_point
    histograms = tap_histograms(node, images, point)
    return Variant(
        node,
        block,
        taps,
        histograms,
        graph.tensors,
        bias_correction=bias,
        remapped=weights,
        threads=1,
    )


@pytest.mark.parametrize("weights", [False, True])
@pytest.mark.parametrize("seed", range(6))
def test_errors_add_up_to_those_of_the_sums(seed: int, weights: bool) -> None:
    """Pixel by pixel and filter by filter: each tap's error by its weight and its activation."""
    graph, node, images, taps = drawn(seed)
    point = graph.tensors[graph.input].zero_point
    for block in (*BLOCKS, *blocks()):
        v = variant(graph, node, images, taps, block, bias=False, weights=weights)
        made = reference.sums(v.node, [images], point, v.blocks)
        exact = reference.sums(node, [images], point)
        top, left, bottom, right = node.padding
        padded = np.pad(
            images, ((0, 0), (0, 0), (top, bottom), (left, right)), constant_values=point
        )
        expected = np.zeros_like(exact)
        errors = v.errors()
        for n, f, y, x in np.ndindex(exact.shape):
            for c, i, j in np.argwhere(taps):
                code = padded[n, c, y * node.stride[0] + i, x * node.stride[1] + j]
                expected[n, f, y, x] += errors[int(node.weight[f, c, i, j]) + 128, int(code) + 128]
        np.testing.assert_array_equal(made - exact, expected, err_msg=block.name)


@pytest.mark.parametrize("seed", range(6))
def test_codes_are_the_reference_s_and_means_vanish(seed: int) -> None:
    graph, node, images, taps = drawn(seed)
    point = graph.tensors[graph.input].zero_point
    for block in (*BLOCKS, *blocks()):
        v = variant(graph, node, images, taps, block, bias=True, weights=True)
        expected = reference.evaluate(v.node, [images], point, v.blocks)
        np.testing.assert_array_equal(v.run(images), expected)
        error = reference.sums(v.node, [images], point, v.blocks) - reference.sums(
            node, [images], point
        )
        assert np.abs(error.mean(axis=(0, 2, 3))).max() <= 0.5 + 1e-9
        assert v.changes == (block.name != "exact")


def test_taps_outside_the_slice_stay_exact() -> None:
    graph, node, images, taps = drawn(1)
    v = variant(graph, node, images, taps, blocks()[1], bias=True, weights=True)
    used = np.array([block.name for block in v.blocks.blocks])[v.blocks.choice]
    assert (used[:, ~taps] == "exact").all()
    assert (used[:, taps] == blocks()[1].name).all()
    np.testing.assert_array_equal(v.node.weight[:, ~taps], node.weight[:, ~taps])
