"""The convex part of the front of scores and costs that add up, where units may have to agree.

A Lagrange multiplier, the price, weighs the cost against the score: for every price each unit takes
the block of least ``score + price * cost`` by itself (H. Everett, Operations Research 11, 1963;
Y. Shoham and A. Gersho, IEEE Transactions on Acoustics, Speech and Signal Processing 36, 1988).
Units of one group agree on a kind of block: filters that read one tensor, say, on how many bits of
it they read, since the layer before can round it only once.
"""

from __future__ import annotations

import numpy as np

__all__ = ["at_price", "sweep"]

_HALVINGS = 100


def at_price(
    scores: np.ndarray,
    costs: np.ndarray,
    price: float,
    *,
    groups: np.ndarray | None = None,
    kinds: np.ndarray | None = None,
) -> np.ndarray:
    """The vector of least ``score + price * cost``.

    No vector that keeps to the kinds has a smaller score at the same or a smaller cost.

    Parameters
    ----------
    scores, costs : ndarray of float64
        ``(units, blocks)``: what each unit adds under each block. An infinite score rules a block
        out for a unit.
    price : float
        Score that a unit of cost is worth, >= 0.
    groups : ndarray of int or None
        ``(units,)``: the group of each unit, from 0 on without gaps; None: each by itself.
    kinds : ndarray of int or None
        ``(blocks,)``: the kind of each block, from 0 on without gaps; None: all of one kind.

    Returns
    -------
    ndarray of int64
        ``(units,)``: a block for each unit; of equals the first, and the first kind.

    Raises
    ------
    ValueError
        Shapes do not agree, or the price is negative.
    """
    units, blocks = _checked(scores, costs)
    if not price >= 0:
        raise ValueError(f"price must be at least 0, not {price!r}")
    group = np.arange(units) if groups is None else _indices("groups", groups, units)
    kind = np.zeros(blocks, dtype=np.int64) if kinds is None else _indices("kinds", kinds, blocks)
    total = scores + price * costs
    best = np.empty((kind.max() + 1, units), dtype=np.int64)
    sums = np.empty((len(best), group.max() + 1))
    for each in range(len(best)):
        members = np.flatnonzero(kind == each)
        best[each] = members[total[:, members].argmin(axis=1)]
        sums[each] = np.bincount(group, weights=total[np.arange(units), best[each]])
    vector: np.ndarray = best[sums.argmin(axis=0)[group], np.arange(units)]
    return vector


def sweep(
    scores: np.ndarray,
    costs: np.ndarray,
    limits: np.ndarray,
    *,
    groups: np.ndarray | None = None,
    kinds: np.ndarray | None = None,
) -> np.ndarray:
    """For each limit the vector at the least price whose cost keeps to it.

    Parameters
    ----------
    scores, costs, groups, kinds
        As in :func:`at_price`.
    limits : ndarray of float64
        ``(n,)``: most that a vector may cost.

    Returns
    -------
    ndarray of int64
        ``(n, units)``; the same vector where no vector at a price lies between two limits.

    Raises
    ------
    ValueError
        A limit is below what the cheapest vector costs, or :func:`at_price` objects.
    """
    units, _ = _checked(scores, costs)
    vectors = []
    for limit in np.asarray(limits, dtype=np.float64).tolist():

        def tried(price: float) -> tuple[np.ndarray, bool]:
            vector = at_price(scores, costs, price, groups=groups, kinds=kinds)
            return vector, float(costs[np.arange(units), vector].sum()) <= limit  # noqa: B023

        vector, enough = tried(0.0)
        low, high = 0.0, _scale(scores, costs)
        if not enough:
            vector, enough = tried(high)
            if not enough:
                raise ValueError(f"limits must be at least what vectors cost, not {limit!r}")
            for _ in range(_HALVINGS):
                # Prices of all orders of magnitude: the first step from 0 is a small one.
                middle = (low * high) ** 0.5 if low > 0 else high * 1e-6
                candidate, enough = tried(middle)
                if enough:
                    vector, high = candidate, middle
                else:
                    low = middle
        vectors.append(vector)
    return np.array(vectors, dtype=np.int64).reshape(-1, units)


def _scale(scores: np.ndarray, costs: np.ndarray) -> float:
    """A price at which any difference of cost outweighs all scores."""
    finite = scores[np.isfinite(scores)]
    steps = np.unique(costs)
    least = np.diff(steps).min() if len(steps) > 1 else 1.0
    return float((np.abs(finite).sum() + 1.0) / least)


def _checked(scores: np.ndarray, costs: np.ndarray) -> tuple[int, int]:
    if scores.ndim != 2 or scores.shape != costs.shape or not scores.size:
        raise ValueError(
            f"scores and costs must be of one shape (units, blocks), not {scores.shape} and "
            f"{costs.shape}"
        )
    if np.isnan(scores).any() or not np.isfinite(scores).any(axis=1).all():
        raise ValueError("scores must leave every unit a block, and be no NaN")
    return scores.shape[0], scores.shape[1]


def _indices(name: str, values: np.ndarray, count: int) -> np.ndarray:
    array = np.asarray(values)
    if array.shape != (count,) or set(np.unique(array)) != set(range(int(array.max()) + 1)):
        raise ValueError(f"{name} must be {count} numbers from 0 on without gaps, not {values!r}")
    return array.astype(np.int64)
