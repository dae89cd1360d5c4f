"""Runs the most promising of some assignments, few at a time.

A curve from scores to accuracy with its uncertainty
(:class:`~hawx_hw.scores.predictor.AccuracyPredictor`) is fitted to what was run, and the next
is the one that is expected to enlarge the hypervolume most.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.scores.predictor import AccuracyPredictor, informative
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.front import fronts, gains

__all__ = ["run_promising"]

#: Runs before the curve is trusted.
_FIRST = 4
#: Quantiles of a normal distribution, each of the same weight: (-1.28, -0.52, 0, 0.52, 1.28).
_QUANTILES = (-1.2816, -0.5244, 0.0, 0.5244, 1.2816)
#: Share of the objectives' box below which nothing is expected to be gained.
_ENOUGH = 1e-5
#: One assignment of so many that were run is chosen at once; a curve is fitted to so many at most.
_TOGETHER, _FITTED = 32, 200


def run_promising(
    evaluator: Evaluator,
    vectors: np.ndarray,
    points: np.ndarray,
    reference: tuple[float, float],
    *,
    least: float = -100.0,
) -> None:
    """Run what may enlarge the front, until nothing is expected to.

    Parameters
    ----------
    evaluator : Evaluator
    vectors : ndarray of int64
        ``(n, units)``, n >= 1, no two the same.
    points : ndarray of float64
        ``(n, 2)``: their scores, from
        :func:`~hawx_hw.scores.predictor.expected_changes`, and costs.
    reference : tuple of float
        Points lost and cost that the hypervolume is measured from.
    least : float
        Points lost below this count as this: 0 where a gain of accuracy is worth nothing.

    Raises
    ------
    OutOfBudgetError
        No evaluation is left.
    """
    scores, costs = points.T
    # Nothing is more accurate than 100 %.
    least = max(least, -100 * (1 - evaluator.exact))
    lost = np.full(len(vectors), np.nan)
    ran = {vector.tobytes() for vector in evaluator.vectors}
    known_already = np.array([vector.tobytes() in ran for vector in vectors.astype(np.int64)])
    first = np.flatnonzero(known_already)
    if len(first) < _FIRST:
        front = np.flatnonzero(fronts(points, 1) == 0)
        if len(front) > 1:
            count = min(_FIRST, len(front))
            front = front[informative(scores[front], count, within=4 * reference[0])]
        first = np.union1d(first, front)
    lost[first] = evaluator.evaluate(vectors[first])[:, 0]
    if len(first) == 1 and len(vectors) > 1:
        # A curve needs two points at least.
        second = int(np.isnan(lost).argmax())
        lost[second] = evaluator.evaluate(vectors[[second]])[0, 0]
    enough = _ENOUGH * reference[0] * reference[1]
    while np.isnan(lost).any():
        drops = np.maximum(_drops(evaluator.exact, scores, lost), least)
        known = np.maximum(evaluator.points, [least, -np.inf])
        chosen: list[int] = []
        # The more is known, the less one more run changes the choice of the next.
        while len(chosen) < max(1, evaluator.evaluations // _TOGETHER):
            tried = ((np.stack([drop, costs], axis=1), known) for drop in drops)
            expected = np.mean([gains(t, k, reference) for t, k in tried], axis=0)
            expected[chosen] = expected[~np.isnan(lost)] = -1
            best = int(expected.argmax())
            if expected[best] < enough:
                break
            chosen.append(best)
            middle = drops[len(drops) // 2, best]
            known = np.concatenate([known, [[middle, costs[best]]]])
        if not chosen:
            return
        lost[chosen] = evaluator.evaluate(vectors[chosen])[:, 0]


def _drops(exact: float, scores: np.ndarray, lost: np.ndarray) -> np.ndarray:
    """Quantiles of the points that each assignment may lose: float64 ``(quantiles, n)``."""
    ran = np.flatnonzero(~np.isnan(lost))
    ran = ran[np.argsort(scores[ran], kind="stable")]
    fitted = ran[np.unique(np.linspace(0, len(ran) - 1, min(len(ran), _FITTED)).astype(int))]
    predictor = AccuracyPredictor(exact, scores[fitted], exact - lost[fitted] / 100)
    mean, deviation = predictor.predict(scores)
    found: np.ndarray = 100 * (exact - mean + np.outer(_QUANTILES, deviation))
    return found
