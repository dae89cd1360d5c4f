"""Points and choices of samples."""

from __future__ import annotations

import pytest

from hawx_hw.architectures.common.sampling import coordinates, one_of


def test_numbers_come_one_after_the_other() -> None:
    assert list(coordinates([0.0, 0.25, 0.999], 3)) == [0.0, 0.25, 0.999]


@pytest.mark.parametrize(
    ("point", "message"),
    [
        ([0.5], "point must have 2 numbers, not 1"),
        ([0.5, 1.0], r"point must lie in \[0, 1\), not 1.0"),
        ([-0.1, 0.5], r"point must lie in \[0, 1\), not -0.1"),
        ([0.5, float("nan")], r"point must lie in \[0, 1\), not nan"),
    ],
)
def test_other_points_are_refused(point: list[float], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        coordinates(point, 2)


def test_every_choice_has_the_same_share() -> None:
    assert [one_of("abc", n / 12) for n in range(12)] == list("aaaabbbbcccc")
