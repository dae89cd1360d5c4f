"""Accuracy drops of what was evaluated, as they are to be expected on other images.

The drop that is counted on the images of the evaluations favors those that were lucky there, most
of all among many that lose next to nothing. What the outputs let expect
(:class:`~hawx_hw.search.oracle.ExpectingOracle`) hardly depends on luck, but has a scale of its
own: a network that is right nearly always is rarely as certain. So a curve from expected to counted
drops is fitted to all evaluations, and smoothed drops are on it.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.scores.predictor import AccuracyPredictor
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.tuning import SearchTuning

__all__ = ["smoothed_drops", "thinned"]


def smoothed_drops(evaluator: Evaluator, tuning: SearchTuning) -> np.ndarray:
    """An accuracy drop for each of the evaluator's vectors.

    Parameters
    ----------
    evaluator : Evaluator
    tuning : SearchTuning

    Returns
    -------
    ndarray of float64
        ``(evaluations,)``, in percentage points: of less expected drop never more. Counted drops
        where the oracle only counts, or where there are too few for a curve.
    """
    counted: np.ndarray = evaluator.points[:, 0]
    expected = evaluator.expected_drops
    if not evaluator.expects or len(counted) < tuning.curve_least:
        return counted
    fitted = thinned(expected, np.arange(len(expected)), tuning.curve_points)
    exact = evaluator.exact
    predictor = AccuracyPredictor(exact, expected[fitted], exact - counted[fitted] / 100)
    order = np.argsort(expected, kind="stable")
    drops = np.empty(len(counted))
    # The curve may bend back where chance did: it is no less wrong when it is level there.
    ascending = 100 * (exact - predictor.predict(expected[order])[0])
    drops[order] = np.maximum.accumulate(ascending)
    return drops


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
