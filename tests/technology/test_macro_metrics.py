"""Energy of accesses and of the clock."""

from __future__ import annotations

from hawx_hw.technology.macro_metrics import MacroMetrics


def test_energy_of_accesses_and_of_the_clock() -> None:
    metrics = MacroMetrics(1.0, 10.0, 20.0, 5.0, "stated", 0.5)
    assert metrics.energy_fj(3, 2, 100) == 30.0 + 40.0 + 50.0
    assert MacroMetrics(1.0, 10.0, 20.0, 5.0, "stated").energy_fj(1, 1, 100) == 30.0
