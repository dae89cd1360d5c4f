"""Points of the unit cube, which accelerators for sweeps of designs are made from."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TypeVar

__all__ = ["coordinates", "one_of"]

_T = TypeVar("_T")


def coordinates(point: Sequence[float], dimensions: int) -> Iterator[float]:
    """The numbers of a point, one after the other.

    Parameters
    ----------
    point : sequence of float
        ``dimensions`` numbers in [0, 1).
    dimensions : int

    Raises
    ------
    ValueError
        More or fewer numbers, or others.
    """
    if len(point) != dimensions:
        raise ValueError(f"point must have {dimensions} numbers, not {len(point)}")
    for number in point:
        if not 0 <= number < 1:
            raise ValueError(f"point must lie in [0, 1), not {number!r}")
    return iter(point)


def one_of(choices: Sequence[_T], number: float) -> _T:
    """The choice at ``number`` in [0, 1)."""
    return choices[int(number * len(choices))]
