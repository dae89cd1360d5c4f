"""Mean sums against the reference's, and the rounding of what the bias takes."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.compensation.bias_correction import correct_bias, mean_sums
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.graph import reference
from hawx_hw.graph.graph import Conv2d, Linear, Requantization
from hawx_hw.graph.random_graphs import random_codes, random_graph
from tests.synthetic_blocks import random_assignment


@pytest.mark.parametrize("seed", range(9))
def test_means_are_those_of_the_sums(seed: int) -> None:
    rng = np.random.default_rng(seed)
    graph = random_graph(rng, layers=3, max_size=6, kinds=("conv", "linear", "grouped", "dilated"))
    assignment, images = random_assignment(rng, graph), random_codes(rng, graph, 4)
    values = reference.run_all(graph, images, assignment)
    for node in graph.nodes:
        if not isinstance(node, (Conv2d, Linear)):
            continue
        codes, point = values[node.inputs[0]], graph.tensors[node.inputs[0]].zero_point
        counts = tap_histograms(node, codes, point)
        for layer in (None, assignment.get(node.name)):
            sums = reference.sums(node, [codes], point, layer)
            expected = sums.astype(np.float64).mean(axis=(0, *range(2, sums.ndim)))
            np.testing.assert_allclose(mean_sums(node, layer, counts), expected, rtol=1e-12)


def linear(bias: list[int]) -> Linear:
    return Linear(
        "fc",
        ("x",),
        np.ones((len(bias), 1), dtype=np.int8),
        np.array(bias, dtype=np.int32),
        Requantization(np.array([1]), 1, 0),
    )


def test_halves_go_up() -> None:
    error = np.array([0.5, -0.5, 1.5, 0.49, -0.51, 3.0])
    assert correct_bias(linear([0] * 6), error).bias.tolist() == [-1, 0, -2, 0, 1, -3]


def test_a_bias_beyond_int32_is_refused() -> None:
    with pytest.raises(OverflowError, match="does not fit int32"):
        correct_bias(linear([2**31 - 1]), np.array([-1.0]))
