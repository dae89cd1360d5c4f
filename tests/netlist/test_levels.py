"""Levels of random graphs against a plain recursion, and loops."""

from __future__ import annotations

from functools import cache

import numpy as np
import pytest

from hawx_hw.netlist.levels import levels

NONE = np.zeros(0, dtype=np.int64)


@pytest.mark.parametrize("seed", range(10))
def test_the_longest_way_to_each_node(seed: int) -> None:
    rng = np.random.default_rng(seed)
    count = 40
    order = rng.permutation(count)
    pairs = np.sort(rng.integers(count, size=(120, 2)), axis=1)
    pairs = pairs[pairs[:, 0] != pairs[:, 1]]
    sources, targets = order[pairs].T

    @cache
    def depth(node: int) -> int:
        return max((1 + depth(s) for s, t in zip(sources, targets, strict=True) if t == node),
                   default=0)  # fmt: skip

    assert levels(sources, targets, count).tolist() == [depth(node) for node in range(count)]


def test_an_edge_that_stands_twice_counts_once() -> None:
    assert levels(np.array([0, 0, 1]), np.array([1, 1, 2]), 3).tolist() == [0, 1, 2]


def test_no_edges() -> None:
    assert levels(NONE, NONE, 3).tolist() == [0, 0, 0]
    assert levels(NONE, NONE, 0).tolist() == []


@pytest.mark.parametrize("edges", [[(0, 0)], [(0, 1), (1, 2), (2, 1)]])
def test_a_loop_is_refused(edges: list[tuple[int, int]]) -> None:
    sources, targets = np.array(edges).T
    with pytest.raises(ValueError, match=r"^The design has a combinational loop$"):
        levels(sources, targets, 3)
