"""Runs of the images that are at risk: most of an evaluation for a small part of its price.

Where an assignment loses little, it loses images that the exact network is unsure of, and the
profile tells which these are. So many candidates are run on the few images at risk; of all other
images the expectation is taken. What that costs is counted in evaluations: so many assignments
times so many images as an evaluation has.

Candidates are taken in rounds. After each, what the runs say beyond the scores is learned for each
block in each unit (a ridge regression), and the next round takes those that then look best.
"""

from __future__ import annotations

import time
from collections.abc import Callable

import numpy as np

from hawx_hw.search.foresight import Candidates, behind, promising
from hawx_hw.search.oracle import Oracle
from hawx_hw.search.scores import ImageScores

__all__ = ["Screening", "telling_images"]

_ROUNDS = 4
#: Candidates to be run for each image that they are run on.
_RATIO = 6
#: Points of accuracy, and share of what is lost, that runs are taken to differ by from the scores.
_POINTS, _SHARE = 0.2, 0.2
#: Of the ridge regression, for residuals in these deviations; and the least deviation left, points.
_RIDGE, _LEAST = 3.0, 0.02


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
    unsure, some = count // 2, count - count // 2
    rest = order[unsure:]
    spaced = rest[(2 * np.arange(some) + 1) * len(rest) // (2 * some)]
    rows = np.concatenate([order[:unsure], spaced])
    weights = np.repeat([1.0, len(rest) / some], [unsure, some])
    ascending = np.argsort(rows)
    return rows[ascending], weights[ascending]


class Screening:
    """Foresees what candidates lose by runs of the images at risk.

    Parameters
    ----------
    oracle : callable
        Gives the oracle of some of the profile's images, by their indices int64 ``(n,)``.
    scores : ImageScores
    trust : float or None
        What the first order overstates on images that are run, it is taken to overstate on all
        others: by how many images' worth it is trusted against that, > 0. None: altogether.
    """

    def __init__(
        self,
        oracle: Callable[[np.ndarray], Oracle],
        scores: ImageScores,
        *,
        trust: float | None = None,
    ):
        self._oracle = oracle
        self._scores = scores
        self._trust = trust
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

    @property
    def told(self) -> dict[str, float]:
        """All of that by name, for search.json."""
        names = ("assignments", "images", "worth", "seconds")
        return {name: getattr(self, name) for name in names}

    def __call__(
        self, candidates: Candidates, reference: tuple[float, float], worth: float
    ) -> tuple[np.ndarray, np.ndarray]:
        """Run the most promising candidates on the images at risk.

        Parameters
        ----------
        candidates : Candidates
            At least one.
        reference : tuple of float
            Points lost and cost that count as useless.
        worth : float
            Evaluations that this may cost at most, > 0; a single run is made in any case.

        Returns
        -------
        (ndarray of int64, ndarray of float64)
            Indices of those that were run, and the points that they are expected to lose.
        """
        start = time.perf_counter()
        weights = self._scores.weights
        total = float(weights.sum())
        images = min(max(1, round(np.sqrt(worth * total / _RATIO))), len(weights))
        count = max(1, int(worth * total / images))
        each = -(-count // _ROUNDS)
        lost, spread = candidates.lost.copy(), candidates.spread.copy()
        ran = np.zeros(len(lost), dtype=bool)
        oracle = rows = None
        while (left := count - int(ran.sum())) > 0:
            distance = behind(lost, spread, candidates.costs, reference)
            distance[ran] = np.inf
            chosen = promising(distance, min(each, left))
            if not len(chosen):
                if ran.any():
                    break
                chosen = np.array([lost.argmin()])
            right = self._scores.right(candidates.vectors[chosen])
            if oracle is None or rows is None:
                rows = _at_risk(right, lost[chosen] / reference[0], images)
                oracle = self._oracle(rows)
                unseen = weights.copy()
                unseen[rows] -= 1
            counts = oracle(candidates.vectors[chosen])
            foreseen = self._scores.exact - right
            expected = foreseen @ unseen
            if self._trust is not None:
                seen = np.maximum(oracle.exact - counts, 0) + self._trust
                expected *= seen / (np.maximum(foreseen[:, rows].sum(axis=1), 0) + self._trust)
            lost[chosen] = 100 * (oracle.exact - counts + expected) / total
            ran[chosen] = True
            _learn(candidates, lost, spread, ran)
        self._assignments, self._images = int(ran.sum()), images
        self._seconds = time.perf_counter() - start
        found = np.flatnonzero(ran)
        return found, lost[found]


def _at_risk(right: np.ndarray, losses: np.ndarray, images: int) -> np.ndarray:
    """The images that vary most under candidates; those that lose little count more."""
    risk = np.exp(-np.maximum(losses, 0)) @ (right * (1 - right))
    found: np.ndarray = np.sort(np.argsort(-risk, kind="stable")[:images])
    return found


def _learn(candidates: Candidates, lost: np.ndarray, spread: np.ndarray, ran: np.ndarray) -> None:
    """Correct what candidates that were not run are expected to lose, and by how much it varies."""
    kinds = int(candidates.vectors.max()) + 1
    features = np.eye(kinds)[candidates.vectors].reshape(len(lost), -1)
    deviation = _POINTS + _SHARE * np.maximum(candidates.lost, 0)
    known = features[ran] / deviation[ran, None]
    wanted = (lost - candidates.lost)[ran] / deviation[ran]
    squares = known.T @ known + _RIDGE * np.eye(known.shape[1])
    learned = np.linalg.solve(squares, known.T @ wanted)
    remaining = float((wanted - known @ learned).std())
    others = ~ran
    lost[others] = candidates.lost[others] + features[others] @ learned
    spread[others] = np.maximum(deviation[others] * remaining, _LEAST)
