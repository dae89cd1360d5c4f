"""Evaluates the assignments that are expected to enlarge the hypervolume most, few at a time.

A curve from scores to accuracy with its uncertainty
(:class:`~hawx_hw.scores.predictor.AccuracyPredictor`) is fitted to what was evaluated, and the next
is the one of the largest expected improvement of the hypervolume.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.scores.predictor import AccuracyPredictor, informative
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.pareto import fronts, gains
from hawx_hw.search.tuning import SearchTuning

__all__ = ["evaluate_promising", "thinned"]


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
    drops = np.full(len(vectors), np.nan)
    first = _first(evaluator, vectors, points, reference, tuning)
    drops[first] = evaluator.evaluate(vectors[first])[:, 0]
    if len(first) == 1 and len(vectors) > 1:
        # A curve needs two points at least.
        second = int(np.isnan(drops).argmax())
        drops[second] = evaluator.evaluate(vectors[[second]])[0, 0]
    enough = tuning.least_gain * reference[0] * reference[1]
    while np.isnan(drops).any():
        possible = np.maximum(_possible(evaluator.exact, scores, drops, tuning), least)
        front = np.maximum(evaluator.points, [least, -np.inf])
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
        drops[chosen] = evaluator.evaluate(vectors[chosen])[:, 0]


def thinned(scores: np.ndarray, indices: np.ndarray, most: int) -> np.ndarray:
    """At most ``most`` of some indices, evenly spaced by score: a curve needs no more.

    Parameters
    ----------
    scores : ndarray of float64
        ``(n,)``
    indices : ndarray of int64
        Of scores.
    most : int

    Returns
    -------
    ndarray of int64
        In ascending order of score.
    """
    indices = indices[np.argsort(scores[indices], kind="stable")]
    return indices[np.unique(np.linspace(0, len(indices) - 1, min(len(indices), most)).astype(int))]


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
