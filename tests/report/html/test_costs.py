"""Bars of cycles and energy."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.report.html.costs import bars
from hawx_hw.report.run_results import RunResults
from tests.report.samples import POWER, VERIFY


def test_no_bars_without_results() -> None:
    assert list(bars(RunResults(Path(), ()))) == []


def test_bars_add_up_to_the_measured_numbers() -> None:
    cycles, energy, models = bars(RunResults(Path(), (), power=POWER, verify=VERIFY))
    assert sum(part[0] for part in cycles.parts.values()) == 8906
    assert list(cycles.parts) == ["useful", "fill, drain", "other"]
    assert sum(part[0] for part in energy.parts.values()) == pytest.approx(200.0)
    assert models.bars == ("published", "cacti", "scaled")
    totals = [sum(part[model] for part in models.parts.values()) for model in range(3)]
    assert totals == [200.0, 90.0, 450.0]
