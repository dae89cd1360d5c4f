"""Accuracies that scores and evaluations predict, for what was evaluated and for what was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hawx_hw.scores.predictor import AccuracyPredictor
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import AccuracyInterval, DesignPoint, PredictedPoints
from hawx_hw.search.smoothing import thinned

__all__ = ["predicted_points", "with_predictions"]


def with_predictions(front: Sequence[DesignPoint], problem: Problem) -> tuple[DesignPoint, ...]:
    """The front with the accuracies that scores and all *other* evaluations predict.

    Parameters
    ----------
    front : sequence of DesignPoint
    problem : Problem
        Whose evaluator evaluated the front; without scores nothing is predicted.
    """
    evaluator, tuning = problem.evaluator, problem.tuning
    vectors = evaluator.vectors
    if problem.scores is None or len(vectors) < tuning.curve_least:
        return tuple(front)
    scores, accuracies = problem.scores.predict(vectors), _accuracies(problem)
    predicted = []
    for point in front:
        (own,) = np.flatnonzero((vectors == np.array(point.vector)).all(axis=1))
        predictor = _predictor(problem, scores, accuracies, np.delete(np.arange(len(vectors)), own))
        value, _ = predictor.predict(scores[[own]])
        low, high = predictor.interval(scores[[own]], deviations=tuning.interval_deviations)
        interval = AccuracyInterval(float(value[0]), float(low[0]), float(high[0]))
        predicted.append(replace(point, predicted_accuracy=interval))
    return tuple(predicted)


def predicted_points(problem: Problem, vectors: np.ndarray) -> PredictedPoints:
    """What was looked at and not evaluated, with the accuracies that all evaluations predict.

    Parameters
    ----------
    problem : Problem
    vectors : ndarray of int64
        ``(n, units)``: what was looked at.
    """
    evaluator = problem.evaluator
    known = evaluator.vectors
    done = {vector.tobytes() for vector in known}
    left = np.array([vector.tobytes() not in done for vector in vectors], dtype=bool)
    if problem.scores is None or not left.any() or len(known) < problem.tuning.curve_least:
        return PredictedPoints()
    scores = problem.scores.predict(known)
    predictor = _predictor(problem, scores, _accuracies(problem), np.arange(len(known)))
    accuracies, _ = predictor.predict(problem.scores.predict(vectors[left]))
    objectives = evaluator.cost(vectors[left])[evaluator.cost.objective]
    return PredictedPoints.rounded(100 * (evaluator.exact - accuracies), objectives)


def _accuracies(problem: Problem) -> np.ndarray:
    """Accuracies of all evaluations: float64 ``(evaluations,)``, in [0, 1]."""
    evaluator = problem.evaluator
    accuracies: np.ndarray = evaluator.exact - evaluator.points[:, 0] / 100
    return accuracies


def _predictor(
    problem: Problem, scores: np.ndarray, accuracies: np.ndarray, indices: np.ndarray
) -> AccuracyPredictor:
    """The curve through some evaluations; scores and accuracies are those of all."""
    some = np.sort(thinned(scores, indices, problem.tuning.curve_points))
    return AccuracyPredictor(
        problem.evaluator.exact, scores[some].tolist(), accuracies[some].tolist()
    )
