"""Candidates for a front: assignments that by their scores may lie on it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.search.pareto import pareto
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.tuning import SearchTuning

__all__ = ["Candidates", "distances", "nearest", "predicted"]

#: Vectors at a time: of each the probability of every image is in memory.
_BATCH = 4096


@dataclass(frozen=True, eq=False)
class Candidates:
    """Assignments, and what is predicted of them.

    Parameters
    ----------
    vectors : ndarray of int64
        ``(n, units)``.
    drops, deviations : ndarray of float64
        ``(n,)``: the accuracy drop that is expected of each, in percentage points, and its standard
        deviation.
    costs : ndarray of float64
        ``(n,)``
    """

    vectors: np.ndarray
    drops: np.ndarray
    deviations: np.ndarray
    costs: np.ndarray

    def take(self, indices: np.ndarray) -> Candidates:
        """Some of them."""
        return Candidates(
            self.vectors[indices],
            self.drops[indices],
            self.deviations[indices],
            self.costs[indices],
        )

    def merged(self, others: Candidates) -> Candidates:
        """These and the others, each once, vectors in ascending order."""
        vectors = np.concatenate([self.vectors, others.vectors])
        vectors, first = np.unique(vectors, axis=0, return_index=True)
        drops, deviations, costs = (
            np.concatenate([getattr(self, name), getattr(others, name)])[first]
            for name in ("drops", "deviations", "costs")
        )
        return Candidates(vectors, drops, deviations, costs)


def predicted(
    scores: ImageScores, vectors: np.ndarray, costs: np.ndarray, tuning: SearchTuning
) -> Candidates:
    """Candidates by their scores alone.

    Parameters
    ----------
    scores : ImageScores
    vectors : ndarray of int64
        ``(n, units)``.
    costs : ndarray of float64
        ``(n,)``.
    tuning : SearchTuning
    """
    weights, exact = scores.weights, scores.exact
    drops, variance = np.empty((2, len(vectors)))
    for start in range(0, len(vectors), _BATCH):
        part = slice(start, start + _BATCH)
        right = scores.right(vectors[part])
        drops[part] = (exact - right) @ weights
        # Of an image that stands for many all vary by themselves.
        variance[part] = (right * (1 - right)) @ weights
    share = 100 / weights.sum()
    deviations = np.hypot(share * np.sqrt(variance), tuning.first_order_share * share * drops)
    return Candidates(vectors, share * drops, deviations, costs)


def distances(
    drops: np.ndarray,
    deviations: np.ndarray,
    costs: np.ndarray,
    reference: tuple[float, float],
    tuning: SearchTuning,
) -> np.ndarray:
    """How far each candidate is expected to lie behind the front, in standard deviations.

    Parameters
    ----------
    drops, deviations, costs : ndarray of float64
        See :class:`Candidates`.
    reference : tuple of float
        The reference point: accuracy drop and cost.
    tuning : SearchTuning

    Returns
    -------
    ndarray of float64
        ``(n,)``, >= 0; infinite for those that lie beyond the reference point with luck, too.
    """
    points = np.stack([drops, costs], axis=1)
    # From the cheapest on.
    front = points[pareto(points)[::-1]]
    best = front[np.searchsorted(front[:, 1], costs, side="right") - 1, 0]
    possible = (drops - tuning.luck * deviations < reference[0]) & (costs < reference[1])
    # What is certain is on the front or never comes there.
    certain = np.finfo(np.float64).tiny
    behind: np.ndarray = np.where(
        possible, (drops - best) / np.maximum(deviations, certain), np.inf
    )
    return behind


def nearest(distance: np.ndarray, count: int) -> np.ndarray:
    """Indices of the ``count`` least finite distances at most, in ascending order."""
    indices: np.ndarray = np.sort(np.argsort(distance, kind="stable")[:count])
    return indices[np.isfinite(distance[indices])]
