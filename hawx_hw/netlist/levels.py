"""The order in which the nets of a circuit settle."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

__all__ = ["levels"]

_Integers = NDArray[np.int64]


def levels(sources: _Integers, targets: _Integers, count: int) -> _Integers:
    """For each of ``count`` nodes the largest number of edges on the way to it.

    Parameters
    ----------
    sources, targets : ndarray of int64
        The edges; the same one may stand several times.
    count : int

    Raises
    ------
    ValueError
        There is a loop.
    """
    order = np.argsort(sources, kind="stable")
    source, target = sources[order], targets[order]
    missing = np.bincount(target, minlength=count)
    first = np.searchsorted(source, np.arange(count + 1))
    level_of = np.zeros(count, dtype=np.int64)
    front = np.flatnonzero(missing == 0)
    level = done = 0
    while len(front):
        level_of[front] = level
        done += len(front)
        counts = first[front + 1] - first[front]
        offsets = np.repeat(first[front] - np.cumsum(counts) + counts, counts)
        reached, often = np.unique(target[offsets + np.arange(counts.sum())], return_counts=True)
        missing[reached] -= often
        front = reached[missing[reached] == 0]
        level += 1
    if done != count:
        raise ValueError("The design has a combinational loop")
    return level_of
