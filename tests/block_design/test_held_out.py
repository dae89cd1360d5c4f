"""Errors on images that were held out, and their intervals."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.block_design.held_out import Errors, Estimate, HeldOut, estimate
from hawx_hw.block_design.layer import Layer
from hawx_hw.blocks.families.mask import ALL, Mask
from tests.block_design.network import images, network

MASK = Mask(0xFCFCFCF8F0E04000)


@pytest.mark.parametrize(
    ("groups", "importance"), [(1, None), (2, None), (2, np.array([2.0, 0.0, 1.0, 0.5]))]
)
def test_errors_are_those_of_the_layer(groups: int, importance) -> None:
    graph = network(groups=groups, channels=4)
    own = images(12, seed=5)
    held_out = HeldOut(graph, graph.nodes[1], own, 12 * 64, parts=4, importance=importance)
    layer = Layer(graph, graph.nodes[1], own, importance=importance)
    codes = layer.together(MASK)
    errors = held_out.errors(MASK, codes)
    assert errors.value == pytest.approx(layer.error(MASK, codes), rel=1e-9)
    for part in range(4):
        rest = np.delete(own, range(3 * part, 3 * part + 3), axis=0)
        left = Layer(graph, graph.nodes[1], rest, importance=importance)
        expected = left.error(MASK, codes)
        assert errors.without[part] == pytest.approx(expected, rel=1e-9)
    exact = held_out.errors(Mask(ALL), layer.weight)
    assert exact.value == 0 and not exact.without.any()


def test_positions_are_those_of_all_parts_together() -> None:
    graph = network()
    few = HeldOut(graph, graph.nodes[1], images(8), 80, parts=8)
    assert [len(sums) for sums in few._sums] == [10] * 8
    with pytest.raises(ValueError, match=r"parts must be in \[2, 3\], not 4"):
        HeldOut(graph, graph.nodes[1], images(3), 80, parts=4)


def test_intervals_are_those_of_a_mean() -> None:
    """The jackknife of a mean is its standard error; Student's quantile of 15 degrees, 2.131."""
    values = np.random.default_rng(1).normal(3, 1, 16)
    errors = Errors(float(values.mean()), (values.sum() - values) / 15)
    result = estimate(float, errors)
    reach = 2.1314 * values.std(ddof=1) / 4
    assert (result.high - result.value) == pytest.approx(reach, rel=1e-4)
    assert (result.value - result.low) == pytest.approx(reach, rel=1e-4)


def test_ratios_of_errors_that_move_together_are_known_better() -> None:
    values = np.random.default_rng(1).normal(3, 1, 16)
    first = Errors(float(values.mean()), (values.sum() - values) / 15)
    second = Errors(first.value / 2, first.without / 2)
    assert estimate(lambda a, b: a / b, first, second) == Estimate(2.0, 2.0, 2.0)
    assert str(Estimate(0.9, 0.85, 0.951)) == "0.9 (0.85 to 0.951)"
