"""Runs of the images that are at risk: most of an evaluation for a small part of its price.

Where an assignment loses little, it loses images that the exact network is unsure of, and the
profile tells which these are. So many candidates are run on the few images at risk; of all other
images the expectation is taken. What that costs is counted in evaluations: so many assignments
times so many images as an evaluation has.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from hawx_hw.search.front import pareto
from hawx_hw.search.oracle import Oracle
from hawx_hw.search.scores import ImageScores

__all__ = ["Screening", "telling_images"]

#: Standard deviation of an expectation, as a share of what it says is lost: the first order errs.
_FIRST_ORDER = 0.2
#: Candidates to be run for each image that they are run on.
_RATIO = 6
#: Standard deviations by which a candidate may be better than it is expected to be.
_LUCK = 2.0


def telling_images(codes: np.ndarray, count: int) -> tuple[np.ndarray, np.ndarray]:
    """Images to profile: those that the exact network is least sure of, and some of the others.

    Parameters
    ----------
    codes : ndarray of int8
        What the exact network makes of all images: ``(images, classes)``, two classes or more.
    count : int
        How many to choose, >= 2; all where there are no more.

    Returns
    -------
    (ndarray of int64, ndarray of float64)
        Their indices, in ascending order, and for how many each stands: half of them are those of
        least distance between the two largest codes and stand for themselves; the others are
        evenly spaced among the rest, in the order of that distance.
    """
    if count < 2:
        raise ValueError(f"count must be at least 2, not {count!r}")
    if len(codes) <= count:
        return np.arange(len(codes)), np.ones(len(codes))
    largest = np.sort(codes.astype(np.int64), axis=1)[:, -2:]
    order = np.argsort(largest[:, 1] - largest[:, 0], kind="stable")
    half = count // 2
    rest = order[half:]
    spaced = rest[(2 * np.arange(count - half) + 1) * len(rest) // (2 * (count - half))]
    rows = np.concatenate([order[:half], spaced])
    weights = np.repeat([1.0, len(rest) / (count - half)], [half, count - half])
    sorted_ = np.argsort(rows, kind="stable")
    return rows[sorted_], weights[sorted_]


class Screening:
    """Foresees what candidates lose by runs of the images at risk.

    Parameters
    ----------
    oracle : callable
        Gives the oracle of some of the profile's images, by their indices int64 ``(n,)``.
    scores : ImageScores
    """

    def __init__(self, oracle: Callable[[np.ndarray], Oracle], scores: ImageScores):
        self._oracle = oracle
        self._scores = scores
        self._assignments = self._images = 0
        self._seconds = 0.0

    @property
    def scores(self) -> ImageScores:
        """Which images are at risk."""
        return self._scores

    @property
    def assignments(self) -> int:
        """Candidates that were run."""
        return self._assignments

    @property
    def images(self) -> int:
        """How many images each was run on."""
        return self._images

    @property
    def worth(self) -> float:
        """What that costs, in evaluations."""
        return self._assignments * self._images / float(self._scores.weights.sum())

    @property
    def seconds(self) -> float:
        """What the runs took."""
        return self._seconds

    def __call__(
        self, vectors: np.ndarray, costs: np.ndarray, reference: tuple[float, float], worth: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the most promising of some candidates on the images at risk.

        Parameters
        ----------
        vectors : ndarray of int64
            ``(n, units)``.
        costs : ndarray of float64
            ``(n,)``
        reference : tuple of float
            Points lost and cost that count as useless.
        worth : float
            Evaluations that this may cost at most, > 0.

        Returns
        -------
        (ndarray of int64, ndarray of float64)
            Indices of those that were run, and the points that they are expected to lose.
        """
        weights = self._scores.weights
        total = float(weights.sum())
        right, exact = self._scores.right(vectors), self._scores.exact
        lost = 100 * ((exact - right) @ weights) / total
        # Of an image that stands for many all vary by themselves.
        spread = 100 * np.sqrt((right * (1 - right)) @ weights) / total
        spread = np.hypot(spread, _FIRST_ORDER * lost)
        images = min(max(1, round(np.sqrt(worth * total / _RATIO))), len(weights))
        count = max(1, int(worth * total / images))
        chosen = _promising(lost, spread, costs, reference, count)
        near = np.exp(-np.maximum(lost[chosen], 0) / reference[0])
        risk = near @ (right[chosen] * (1 - right[chosen]))
        rows = np.sort(np.argsort(-risk, kind="stable")[:images])
        start = time.perf_counter()
        oracle = self._oracle(rows)
        counts = oracle(vectors[chosen])
        self._seconds += time.perf_counter() - start
        self._assignments, self._images = len(chosen), images
        left = weights.copy()
        left[rows] -= 1
        found: np.ndarray = oracle.exact - counts + (exact - right[chosen]) @ left
        return chosen, 100 * found / total


def _promising(
    lost: np.ndarray,
    spread: np.ndarray,
    costs: np.ndarray,
    reference: tuple[float, float],
    count: int,
) -> np.ndarray:
    """Indices of those that are fewest standard deviations behind the foreseen front."""
    points = np.stack([lost, costs], axis=1)
    # From the cheapest on.
    front = points[pareto(points)[::-1]]
    best = front[np.searchsorted(front[:, 1], costs, side="right") - 1, 0]
    spread = np.maximum(spread, np.finfo(np.float64).tiny)
    useful = (lost - _LUCK * spread < reference[0]) & (costs < reference[1])
    behind = np.where(useful, (lost - best) / spread, np.inf)
    found: np.ndarray = np.sort(np.argsort(behind, kind="stable")[:count])
    return found[useful[found]] if useful.any() else found[:1]
