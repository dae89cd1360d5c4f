"""Candidates for a front: assignments that scores say may lie on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.search.front import pareto
from hawx_hw.search.scores import ImageScores

__all__ = ["Candidates", "behind", "foreseen", "promising"]

#: Standard deviation of an expectation, as a share of what it says is lost: the first order errs.
_FIRST_ORDER = 0.2
#: Standard deviations by which an assignment may be better than it is expected to be.
_LUCK = 2.0
#: Vectors at a time: of each the probability of every image is held.
_PART = 4096


@dataclass(frozen=True, eq=False)
class Candidates:
    """Assignments, and what is known of them without running them.

    Parameters
    ----------
    vectors : ndarray of int64
        ``(n, units)``.
    lost, spread : ndarray of float64
        ``(n,)``: points of accuracy that each is expected to lose, and their standard deviation.
    costs : ndarray of float64
        ``(n,)``
    """

    vectors: np.ndarray
    lost: np.ndarray
    spread: np.ndarray
    costs: np.ndarray

    def take(self, rows: np.ndarray) -> Candidates:
        """Some of them."""
        return Candidates(self.vectors[rows], self.lost[rows], self.spread[rows], self.costs[rows])

    def merged(self, others: Candidates) -> Candidates:
        """These and the others, each once, vectors in ascending order."""
        vectors = np.concatenate([self.vectors, others.vectors])
        vectors, first = np.unique(vectors, axis=0, return_index=True)
        lost, spread, costs = (
            np.concatenate([getattr(self, name), getattr(others, name)])[first]
            for name in ("lost", "spread", "costs")
        )
        return Candidates(vectors, lost, spread, costs)


def foreseen(scores: ImageScores, vectors: np.ndarray, costs: np.ndarray) -> Candidates:
    """What the scores say of vectors ``(n, units)`` of some costs ``(n,)``."""
    weights, exact = scores.weights, scores.exact
    lost, variance = np.empty((2, len(vectors)))
    for start in range(0, len(vectors), _PART):
        part = slice(start, start + _PART)
        right = scores.right(vectors[part])
        lost[part] = (exact - right) @ weights
        # Of an image that stands for many all vary by themselves.
        variance[part] = (right * (1 - right)) @ weights
    share = 100 / weights.sum()
    spread = np.hypot(share * np.sqrt(variance), _FIRST_ORDER * share * lost)
    return Candidates(vectors, share * lost, spread, costs)


def behind(
    lost: np.ndarray, spread: np.ndarray, costs: np.ndarray, reference: tuple[float, float]
) -> np.ndarray:
    """Standard deviations that each candidate is expected to lose more than the front does.

    Parameters
    ----------
    lost, spread, costs : ndarray of float64
        See :class:`Candidates`.
    reference : tuple of float
        Points lost and cost that count as useless.

    Returns
    -------
    ndarray of float64
        ``(n,)``, >= 0; infinite for those that would be useless with luck, too.
    """
    points = np.stack([lost, costs], axis=1)
    # From the cheapest on.
    front = points[pareto(points)[::-1]]
    best = front[np.searchsorted(front[:, 1], costs, side="right") - 1, 0]
    useful = (lost - _LUCK * spread < reference[0]) & (costs < reference[1])
    # What is certain is on the front or never comes there.
    certain = np.finfo(np.float64).tiny
    found: np.ndarray = np.where(useful, (lost - best) / np.maximum(spread, certain), np.inf)
    return found


def promising(distance: np.ndarray, count: int) -> np.ndarray:
    """Indices of the ``count`` least finite distances at most, in ascending order."""
    found: np.ndarray = np.sort(np.argsort(distance, kind="stable")[:count])
    return found[np.isfinite(distance[found])]
