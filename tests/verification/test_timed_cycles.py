"""The cycles that are timed: some of each segment, spread over its length."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.verification.timed_cycles import draw_cycles, shares_of


def test_half_of_the_cycles_evenly_and_half_by_length() -> None:
    assert shares_of([100, 100], 40) == [20, 20]
    # 30 of each, and 60 by the 970 and the 170 cycles that are left.
    assert shares_of([1000, 200], 120) == [30 + 51, 30 + 9]


def test_short_segments_as_a_whole() -> None:
    shares = shares_of([5000, 8, 3000], 512)
    assert shares[1] == 8
    assert sum(shares) == pytest.approx(512, abs=2)
    assert shares[0] > shares[2] > 512 / 6


def test_every_segment_has_two_cycles() -> None:
    assert shares_of([900, 5, 1, 900], 3) == [2, 2, 1, 2]


@pytest.mark.parametrize("count", [15, 16, 10**9])
def test_all_cycles(count: int) -> None:
    assert shares_of([10, 5, 0], count) == [10, 5, 0]


def test_long_networks_cost_no_more() -> None:
    lengths = [1000 + 37 * index for index in range(40)]
    assert sum(shares_of(lengths, 512)) == pytest.approx(512, abs=20)


def test_at_least_one_cycle() -> None:
    with pytest.raises(ValueError, match=r"^count must be at least 1, not 0$"):
        shares_of([10], 0)


@pytest.mark.parametrize(("cycles", "count"), [(100, 7), (7, 7), (8, 5), (1, 1), (5, 0), (0, 0)])
def test_one_cycle_of_each_interval(cycles: int, count: int) -> None:
    draws = [draw_cycles(cycles, count, np.random.default_rng(seed)) for seed in range(200)]
    borders = [index * cycles // max(1, count) for index in range(count + 1)]
    for drawn in draws:
        assert len(drawn) == count
        for cycle, low, high in zip(drawn, borders[:-1], borders[1:], strict=True):
            assert low <= cycle < high
    # Each cycle can be drawn, and the same generator draws the same ones.
    seen = {int(cycle) for drawn in draws for cycle in drawn}
    assert seen == (set(range(cycles)) if count else set())
    assert np.array_equal(draw_cycles(cycles, count, np.random.default_rng(0)), draws[0])
