"""The shortest period, by numbers worked out by hand."""

from __future__ import annotations

import pytest

from hawx_hw.flows.sta_periods import shortest_period_ns
from hawx_hw.flows.sta_reports import Slacks

#: At 10 ns, with 5 % of uncertainty and 20 % for the surroundings.
TAKEN = {"io_delay_percent": 20.0, "uncertainty_percent": 5.0}


def period(inputs: dict[str, float], registers: dict[str, float]) -> float | None:
    return shortest_period_ns(10.0, Slacks(inputs), Slacks(registers), **TAKEN)


@pytest.mark.parametrize(
    ("inputs", "registers", "expected"),
    [
        # 9.5 ns - 3 ns: a delay of 6.5 ns, which must be 95 % of the period.
        ({}, {"a/D": 3.0}, 6.5 / 0.95),
        # 9.5 - 2 - 3: 4.5 ns, 75 % of the period; to an output just so.
        ({"a/D": 3.0}, {}, 6.0),
        ({}, {"out": 3.0}, 6.0),
        # 9.5 - 4 - 3: 2.5 ns of 55 %.
        ({"out": 3.0}, {}, 2.5 / 0.55),
        # 6.5 ns of 75 % has the least slack here; 8.3 ns of 95 % needs the longer period.
        ({"a/D": 1.0}, {"a/D": 1.2}, 8.3 / 0.95),
        # A missed clock: 10.45 ns of 95 %, but 8.4 ns of 75 %.
        ({"a/D": -0.9}, {"a/D": -0.95}, 8.4 / 0.75),
        ({}, {}, None),
    ],
)
def test_a_period_by_hand(
    inputs: dict[str, float], registers: dict[str, float], expected: float | None
) -> None:
    assert period(inputs, registers) == (None if expected is None else pytest.approx(expected))


def test_surroundings_that_take_all_leave_no_frequency() -> None:
    slacks = {"inputs": Slacks({"out": -1.0}), "registers": Slacks({})}
    taken = {"uncertainty_percent": 5.0, "io_delay_percent": 47.5}
    assert shortest_period_ns(10.0, **slacks, **taken) is None
    # 9.5 - 8 + 1: 2.5 ns of 15 %.
    taken = {"uncertainty_percent": 5.0, "io_delay_percent": 40.0}
    assert shortest_period_ns(10.0, **slacks, **taken) == pytest.approx(2.5 / 0.15)
