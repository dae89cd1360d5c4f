"""Evaluates the assignments that are expected to enlarge the hypervolume most, few at a time.

A curve from scores to accuracy with its uncertainty
(:class:`~hawx_hw.scores.predictor.AccuracyPredictor`) is fitted to what was evaluated, and the next
is the one of the largest expected improvement of the hypervolume. Accuracy drops are those that are
expected on other images (:mod:`~hawx_hw.search.smoothing`): the luckiest of the evaluations must
not hide what is better.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.scores.predictor import AccuracyPredictor, informative
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.pareto import fronts, gains
from hawx_hw.search.smoothing import smoothed_drops, thinned
from hawx_hw.search.tuning import SearchTuning

__all__ = ["evaluate_promising"]


def evaluate_promising(
    evaluator: Evaluator,
    vectors: np.ndarray,
    points: np.ndarray,
    reference: tuple[float, float],
    tuning: SearchTuning,
    *,
    least: float = -100.0,
) -> None:
    """Evaluate what may enlarge the front, until nothing is expected to.

    Parameters
    ----------
    evaluator : Evaluator
    vectors : ndarray of int64
        ``(n, units)``, n >= 1, no two the same.
    points : ndarray of float64
        ``(n, 2)``: their scores, from
        :func:`~hawx_hw.scores.predictor.expected_changes`, and costs.
    reference : tuple of float
        The reference point: accuracy drop and cost.
    tuning : SearchTuning
    least : float
        Accuracy drops below this count as this: 0 where a gain of accuracy is worth nothing.

    Raises
    ------
    OutOfBudgetError
        No evaluation is left.
    """
    scores, costs = points.T
    # Nothing is more accurate than 100 %.
    least = max(least, -100 * (1 - evaluator.exact))
    first = _first(evaluator, vectors, points, reference, tuning)
    evaluator.evaluate(vectors[first])
    if len(first) == 1 and len(vectors) > 1:
        # A curve needs two points at least.
        second = 1 if first[0] == 0 else 0
        evaluator.evaluate(vectors[[second]])
    enough = tuning.least_gain * reference[0] * reference[1]
    while np.isnan(drops := _known_drops(evaluator, vectors, tuning)).any():
        possible = np.maximum(_possible(evaluator.exact, scores, drops, tuning), least)
        front = np.stack([smoothed_drops(evaluator, tuning), evaluator.points[:, 1]], axis=1)
        front = np.maximum(front, [least, -np.inf])
        chosen: list[int] = []
        while len(chosen) < max(1, evaluator.evaluations // tuning.evaluations_per_choice):
            expected = np.mean(
                [gains(np.stack([p, costs], axis=1), front, reference) for p in possible], axis=0
            )
            expected[chosen] = expected[~np.isnan(drops)] = -1
            best = int(expected.argmax())
            if expected[best] < enough:
                break
            chosen.append(best)
            middle = possible[len(possible) // 2, best]
            front = np.concatenate([front, [[middle, costs[best]]]])
        if not chosen:
            return
        evaluator.evaluate(vectors[chosen])


def _known_drops(evaluator: Evaluator, vectors: np.ndarray, tuning: SearchTuning) -> np.ndarray:
    """Estimated accuracy drops of vectors; NaN for those that were not evaluated."""
    known = zip(evaluator.vectors, smoothed_drops(evaluator, tuning), strict=True)
    drops = {vector.tobytes(): drop for vector, drop in known}
    return np.array([drops.get(vector.tobytes(), np.nan) for vector in vectors.astype(np.int64)])


def _first(
    evaluator: Evaluator,
    vectors: np.ndarray,
    points: np.ndarray,
    reference: tuple[float, float],
    tuning: SearchTuning,
) -> np.ndarray:
    """Indices of what the first curve is fitted to: what was evaluated, else some of the front."""
    done = {vector.tobytes() for vector in evaluator.vectors}
    first = np.flatnonzero([vector.tobytes() in done for vector in vectors.astype(np.int64)])
    if len(first) < tuning.first_evaluations:
        front = np.flatnonzero(fronts(points, 1) == 0)
        if len(front) > 1:
            count = min(tuning.first_evaluations, len(front))
            within = tuning.first_within * reference[0]
            front = front[informative(points[front, 0], count, within=within)]
        first = np.union1d(first, front)
    return first


def _possible(
    exact: float, scores: np.ndarray, drops: np.ndarray, tuning: SearchTuning
) -> np.ndarray:
    """Quantiles of each assignment's accuracy drop: float64 ``(quantiles, n)``."""
    fitted = thinned(scores, np.flatnonzero(~np.isnan(drops)), tuning.curve_points)
    predictor = AccuracyPredictor(exact, scores[fitted], exact - drops[fitted] / 100)
    mean, deviation = predictor.predict(scores)
    quantiles: np.ndarray = 100 * (exact - mean + np.outer(tuning.quantiles, deviation))
    return quantiles
