"""Low-fidelity evaluations: most of what an evaluation shows, for a small part of its price.

Where an assignment loses little accuracy, it loses images that the exact network is unsure of, and
the profile shows which these are. So many candidates are run on the few images at risk; of all
other images the expectation is taken. Of those that are run, too, the outputs say how likely they
are right (:class:`~hawx_hw.search.oracle.ExpectingOracle`): whether they are is luck. The price is
counted in evaluations: assignments times images, over the images of an evaluation.

Candidates are taken in rounds. After each, what the runs show beyond the scores is learned for each
block in each unit (a ridge regression), and the next round takes those that then look best.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from hawx_hw.search.candidates import Candidates, distances, nearest
from hawx_hw.search.evaluator import Price
from hawx_hw.search.oracle import ExpectingOracle
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.tuning import SearchTuning

__all__ = ["LowFidelity", "LowFidelityEvaluations"]


@dataclass(frozen=True, eq=False)
class LowFidelityEvaluations:
    """Candidates that were run on the images at risk.

    Parameters
    ----------
    indices : ndarray of int64
        Which of the candidates, ascending.
    drops : ndarray of float64
        The accuracy drop that is expected of each, in percentage points.
    price : Price
    """

    indices: np.ndarray
    drops: np.ndarray
    price: Price


class LowFidelity:
    """Evaluates candidates on the images at risk.

    Parameters
    ----------
    oracle : callable
        Gives the oracle of some of the profile's images, by their indices int64 ``(n,)``.
    scores : ImageScores
        They decide which images are at risk.
    prior_images : float or None
        What the first order overstates on images that are run, it is taken to overstate on all
        others: by how many images' worth it is trusted against that, > 0. None: altogether.
    tuning : SearchTuning
    """

    def __init__(
        self,
        oracle: Callable[[np.ndarray], ExpectingOracle],
        scores: ImageScores,
        *,
        prior_images: float | None = None,
        tuning: SearchTuning | None = None,
    ):
        self._oracle = oracle
        self._scores = scores
        self._prior_images = prior_images
        self._tuning = tuning or SearchTuning()

    @property
    def scores(self) -> ImageScores:
        """Which images are at risk."""
        return self._scores

    def __call__(
        self, candidates: Candidates, reference: tuple[float, float], budget: float
    ) -> LowFidelityEvaluations:
        """Run the most promising candidates on the images at risk.

        Parameters
        ----------
        candidates : Candidates
            At least one.
        reference : tuple of float
            The reference point: accuracy drop and cost.
        budget : float
            Evaluations that this may cost at most, > 0; a single run is made in any case.
        """
        start = time.perf_counter()
        tuning, weights = self._tuning, self._scores.weights
        total = float(weights.sum())
        ratio = tuning.low_fidelity_ratio
        images = min(max(1, round(np.sqrt(budget * total / ratio))), len(weights))
        count = max(1, int(budget * total / images))
        each = -(-count // tuning.low_fidelity_rounds)
        # What is expected of each candidate, corrected after every round.
        drops, deviations = candidates.drops.copy(), candidates.deviations.copy()
        ran = np.zeros(len(drops), dtype=bool)
        sample: _Sample | None = None
        while (left := count - int(ran.sum())) > 0:
            distance = distances(drops, deviations, candidates.costs, reference, tuning)
            distance[ran] = np.inf
            chosen = nearest(distance, min(each, left))
            if not len(chosen):
                if ran.any():
                    break
                chosen = np.array([drops.argmin()])
            right = self._scores.right(candidates.vectors[chosen])
            if sample is None:
                sample = self._sample(_at_risk(right, drops[chosen] / reference[0], images))
            drops[chosen] = self._measured(sample, candidates.vectors[chosen], right)
            ran[chosen] = True
            _learn(candidates, drops, deviations, ran, tuning)
        indices = np.flatnonzero(ran)
        assignments = len(indices)
        price = Price(
            assignments, images, assignments * images / total, time.perf_counter() - start
        )
        return LowFidelityEvaluations(indices, drops[indices], price)

    def _sample(self, indices: np.ndarray) -> _Sample:
        others = self._scores.weights.copy()
        others[indices] -= 1
        return _Sample(indices, self._oracle(indices), others)

    def _measured(self, sample: _Sample, vectors: np.ndarray, right: np.ndarray) -> np.ndarray:
        """Accuracy drops of vectors: as run on the sample, as expected on all other images."""
        oracle = sample.oracle
        measured_loss = oracle.exact_expected - oracle.measure(vectors)[1]
        lost = self._scores.exact - right
        expected = lost @ sample.others
        if self._prior_images is not None:
            prior = self._prior_images
            measured = np.maximum(measured_loss, 0) + prior
            expected *= measured / (np.maximum(lost[:, sample.indices].sum(axis=1), 0) + prior)
        total = float(self._scores.weights.sum())
        drops: np.ndarray = 100 * (measured_loss + expected) / total
        return drops


@dataclass(frozen=True, eq=False)
class _Sample:
    """The images that all candidates are run on.

    Parameters
    ----------
    indices : ndarray of int64
        Which of the profile's.
    oracle : ExpectingOracle
        Of these.
    others : ndarray of float64
        For how many images that are not run each of the profile's stands.
    """

    indices: np.ndarray
    oracle: ExpectingOracle
    others: np.ndarray


def _at_risk(right: np.ndarray, losses: np.ndarray, images: int) -> np.ndarray:
    """The images that vary most under candidates; those that lose little count more."""
    risk = np.exp(-np.maximum(losses, 0)) @ (right * (1 - right))
    indices: np.ndarray = np.sort(np.argsort(-risk, kind="stable")[:images])
    return indices


def _learn(
    candidates: Candidates,
    drops: np.ndarray,
    deviations: np.ndarray,
    ran: np.ndarray,
    tuning: SearchTuning,
) -> None:
    """Correct what is expected of candidates that were not run, and by how much it varies.

    The first order overstates in proportion, the more the larger the drop: logarithms are learned,
    of each block in each unit and of the drop itself.
    """
    least = tuning.residual_drop
    logs, expected = (np.log(np.maximum(d + least, least / 4)) for d in (drops, candidates.drops))
    kinds = int(candidates.vectors.max()) + 1
    features = np.eye(kinds)[candidates.vectors].reshape(len(drops), -1)
    features = np.concatenate([features, expected[:, None] - expected[ran].mean()], axis=1)
    targets = (logs - expected)[ran] / tuning.residual_share
    inputs = features[ran]
    squares = inputs.T @ inputs + tuning.residual_ridge * np.eye(inputs.shape[1])
    learned = np.linalg.solve(squares, inputs.T @ targets)
    remaining = tuning.residual_share * float((targets - inputs @ learned).std())
    others = ~ran
    corrected = np.exp(expected[others] + tuning.residual_share * (features[others] @ learned))
    drops[others] = corrected - least
    deviations[others] = np.maximum(corrected * remaining, tuning.residual_least)
