"""Filters and taps on lines, counted by hand and against their definition."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.common.classes import LayerClasses
from hawx_hw.architectures.common.placement import (
    fixed_lines,
    in_order,
    in_turn,
    joint_filter_classes,
)
from tests.architectures.common.layers import layer


def test_filters_by_their_numbers() -> None:
    assert in_order(5, 2).tolist() == [[0, 1], [2, 3], [4, -1]]
    assert in_order(2, 2).tolist() == [[0, 1]]


def test_members_of_classes_take_their_lines_in_turn() -> None:
    classes = np.array([0, 1, 0, 0, 1])
    placed = in_turn(classes, np.array([0, -1, 1, 0]), 4)
    assert placed.tolist() == [[0, -1, 1, 2], [3, -1, 4, -1]]


@pytest.mark.parametrize("seed", range(10))
def test_every_member_stands_once_on_a_line_of_its_class(seed: int) -> None:
    rng = np.random.default_rng(seed)
    kinds, width = int(rng.integers(1, 4)), int(rng.integers(4, 9))
    classes = np.concatenate([np.arange(kinds), rng.integers(0, kinds, 12)])
    lines = np.concatenate([np.arange(kinds), rng.integers(-1, kinds, width - kinds)])
    placed = in_turn(classes, lines, width)
    assert sorted(placed[placed >= 0].tolist()) == list(range(len(classes)))
    for _, line in np.argwhere(placed >= 0):
        assert set(classes[placed[:, line][placed[:, line] >= 0]]) == {lines[line]}
    busiest = max(-(-np.sum(classes == c) // np.sum(lines == c)) for c in range(kinds))
    assert len(placed) == busiest


def test_a_given_order() -> None:
    able = np.array([[True, False], [True, True], [False, True]])
    shared = fixed_lines(np.array([0, 1, 1, 0, 1]), able)
    assert shared is not None
    assert (shared[0], shared[1].tolist()) == (2, [0, 1, 1])
    # Line 0 cannot serve class 1; line 1 would serve two classes.
    assert fixed_lines(np.array([1]), able) is None
    assert fixed_lines(np.array([0, 1, 1, 0, 0]), able) is None
    few = fixed_lines(np.array([0]), able)
    assert few is not None and few[1].tolist() == [0, -1, -1]


def test_layers_that_share_an_order_are_classified_together() -> None:
    made = layer(np.zeros((4, 1), dtype=int))
    parts = [
        LayerClasses(made, np.array(filters), np.array([0]), np.zeros((2, 1), dtype=int))
        for filters in ([0, 0, 1, 1], [0, 1, 0, 1])
    ]
    distinct, filter_class = joint_filter_classes(parts)
    assert distinct[filter_class].tolist() == [[0, 0], [0, 1], [1, 0], [1, 1]]
    assert len(distinct) == 4
