"""Divisors of a number."""

from __future__ import annotations

import pytest

from hawx_hw.util.divisors import divisors


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (1, (1,)),
        (2, (1, 2)),
        (12, (1, 2, 3, 4, 6, 12)),
        (13, (1, 13)),
        (64, (1, 2, 4, 8, 16, 32, 64)),
    ],
)
def test_they_are_ascending(number: int, expected: tuple[int, ...]) -> None:
    assert divisors(number) == expected
