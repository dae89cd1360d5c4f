"""Sums of activities."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.activity import Activity


def test_sum() -> None:
    first = Activity(10, np.array([1, 2]), np.array([3, 4]), {"rom": (5, 0)})
    second = Activity(20, np.array([10, 20]), np.array([30, 40]), {"rom": (1, 0), "ram": (2, 3)})
    both = first + second
    assert both.cycles == 30
    assert both.toggles.tolist() == [11, 22]
    assert both.ones.tolist() == [33, 44]
    assert both.accesses == {"rom": (6, 0), "ram": (2, 3)}
    assert first.toggles.tolist() == [1, 2]


def test_of_another_design() -> None:
    with pytest.raises(ValueError, match="nets must be 2, not 3"):
        Activity(1, np.zeros(2), np.zeros(2)) + Activity(1, np.zeros(3), np.zeros(3))
