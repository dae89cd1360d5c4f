"""Savings at equal accuracy drops, and the interval of their difference."""

import numpy as np
import pytest
from resnet20_difference import Curve, added, crossing

SAVED = np.array([0.5, 0.6, 0.8])


@pytest.mark.parametrize(
    ("drops", "most", "expected"),
    [
        ([0.0, 1.0, 3.0], 2.0, 0.7),  # halfway between two designs
        ([1.0, 2.0, 3.0], 0.5, 0.25),  # between exact blocks and the first design
        ([-1.0, 1.0, 3.0], 0.0, 0.5),
        ([0.0, 0.5, 1.0], 2.0, 0.8),  # no further than the last design
        ([1.0, 0.0, 2.5], 0.5, 0.6),  # falling drops are levelled: 0.5, 0.5, 2.5
        ([1.0, 0.0, 2.5], 1.5, 0.7),
    ],
)
def test_crossing(drops: list[float], most: float, expected: float) -> None:
    assert crossing(SAVED, np.array(drops), most) == pytest.approx(expected)
    order = [2, 0, 1]
    assert crossing(SAVED[order], np.array(drops)[order], most) == pytest.approx(expected)


def curve(lost: list[int], images: int) -> Curve:
    """Designs that are wrong on the first so many images."""
    return Curve(SAVED, np.arange(images)[None] >= np.array(lost)[:, None])


def test_a_curve_adds_nothing_to_itself() -> None:
    own, exact = curve([0, 10, 30], 1000), np.ones(1000, dtype=bool)
    result = added(own, own, exact, 2.0)
    assert result.first == result.second == pytest.approx(70)
    assert (result.low, result.high) == (0, 0)


def test_what_a_better_curve_adds() -> None:
    """The interval is about that of a binomial share, turned into savings by the slope."""
    exact = np.ones(10_000, dtype=bool)
    worse, better = curve([0, 100, 300], 10_000), curve([0, 50, 150], 10_000)
    result = added(worse, better, exact, 1.0, seed=3)
    assert result == added(worse, better, exact, 1.0, seed=3)
    assert result.first == pytest.approx(60) and result.second == pytest.approx(70)
    assert 8 < result.low < 9.9 and 10.1 < result.high < 12.5
    opposite = added(better, worse, exact, 1.0, seed=3)
    assert (opposite.low, opposite.high) == pytest.approx((-result.high, -result.low))
