"""Which cycles of an image are simulated with the cells' delays.

A stratified sample: each segment of an image, such as a layer, is divided into intervals of equal
length, and one cycle is drawn from each. What a layer does periodically, and how it begins and
ends, is so in the sample in its due proportion.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

__all__ = ["draw_cycles", "shares_of"]

#: The share of all that is distributed over the segments evenly, not by their lengths.
_EVEN = 0.5
#: Two cycles at least, or the spread between them is unknown.
_LEAST = 2


def shares_of(lengths: Sequence[int], count: int) -> list[int]:
    """How many cycles of each segment are timed.

    Half of them are distributed evenly, the other half by the cycles that are left then.

    Parameters
    ----------
    lengths : sequence of int
        Cycles of each segment, >= 0.
    count : int
        Cycles in all, >= 1. Somewhat fewer or more may result: each segment has at least two where
        it is that long. Where there are not more, all are timed.

    Raises
    ------
    ValueError
        ``count`` is not positive.
    """
    if count < 1:
        raise ValueError(f"count must be at least 1, not {count!r}")
    if count >= sum(lengths):
        return list(lengths)
    even = _EVEN * count / len(lengths)
    rest = count - sum(min(even, length) for length in lengths)
    left = sum(max(0.0, length - even) for length in lengths)
    return [
        min(length, max(_LEAST, round(even + rest * (length - even) / left)))
        if length > even
        else length
        for length in lengths
    ]


def draw_cycles(cycles: int, count: int, rng: np.random.Generator) -> NDArray[np.int64]:
    """One cycle of each of ``count`` intervals of equal length, ascending, in [0, ``cycles``).

    Parameters
    ----------
    cycles : int
        Of the segment.
    count : int
        In [0, ``cycles``].
    rng : Generator
    """
    borders = np.arange(count + 1) * cycles // max(1, count)
    return rng.integers(borders[:-1], borders[1:])
