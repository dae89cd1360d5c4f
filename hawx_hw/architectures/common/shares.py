"""Lines of multiplier cells shared out among classes of filters or taps.

A *line* is what serves one class in a layer: a lane, or one line along an axis of an array.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy.optimize import linear_sum_assignment

__all__ = ["share"]


def share(
    counts: Sequence[int],
    able: np.ndarray,
    price: np.ndarray | None = None,
    *,
    rest: bool = True,
) -> tuple[int, np.ndarray] | None:
    """Give lines to classes so that the largest share is least.

    Parameters
    ----------
    counts : sequence of int
        Members of each class.
    able : ndarray of bool
        ``(lines, classes)``: whether a line can serve a class.
    price : ndarray or None
        ``(lines, classes)``: what it costs; of equal shares the cheapest wins.
    rest : bool
        Whether lines that are left over help a class (at no price).

    Returns
    -------
    tiles : int
        Members that the busiest line serves.
    lines : ndarray of int64
        The class of each line, or -1.
    None
        If the lines cannot serve all classes.
    """
    low, high = max(1, -(-sum(counts) // len(able))), max(counts)
    best = _at_most(counts, able, price, high)
    if best is None:
        return None
    # More tiles never need more lines.
    while low < high:
        middle = (low + high) // 2
        shared = _at_most(counts, able, price, middle)
        if shared is None:
            low = middle + 1
        else:
            high, best = middle, shared
    if rest:
        _give_rest(best, able if price is None else able & (price == 0), counts)
    return high, best


def _at_most(
    counts: Sequence[int], able: np.ndarray, price: np.ndarray | None, tiles: int
) -> np.ndarray | None:
    """The class of each line if none may serve more than ``tiles`` members."""
    lines = len(able)
    needs = [-(-count // tiles) for count in counts]
    if sum(needs) > lines:
        return None
    classes = np.repeat(np.arange(len(counts)), needs)
    # Of equals, a class takes the lines in order.
    cost = np.abs(np.arange(lines)[:, None] - np.arange(len(classes))[None, :]).astype(float)
    if price is not None:
        cost += price[:, classes] * float(lines**2)
    cost = np.where(able[:, classes], cost, 1e12)
    line, member = linear_sum_assignment(cost)
    if not able[line, classes[member]].all():
        return None
    shared = np.full(lines, -1, dtype=np.int64)
    shared[line] = classes[member]
    return shared


def _give_rest(shared: np.ndarray, able: np.ndarray, counts: Sequence[int]) -> None:
    """Lines without work help the class whose lines are busiest: the last tiles become smaller."""
    for line in np.flatnonzero(shared < 0):
        useful = [
            c
            for c, count in enumerate(counts)
            if able[line, c] and np.count_nonzero(shared == c) < count
        ]
        if useful:
            busy = [counts[c] / np.count_nonzero(shared == c) for c in useful]
            shared[line] = useful[int(np.argmax(busy))]
