import pytest

from hawx_hw.power.clock import clock_of


@pytest.mark.parametrize(
    ("requested", "longest", "clock", "source"),
    [
        (None, 1.9, 500.0, "set by the technology"),
        (200.0, 1.9, 200.0, "set by the config"),
        (None, 4.0, 250.0, "lowered to what the longest path allows"),
        (300.0, 4.0, 250.0, "lowered to what the longest path allows"),
        (None, 0.0, 500.0, "set by the technology"),
    ],
)
def test_the_clock(requested: float | None, longest: float, clock: float, source: str) -> None:
    assert clock_of(requested, 500.0, longest) == (clock, source)
