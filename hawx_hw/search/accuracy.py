"""Accuracies that scores and evaluations predict, for what was evaluated and for what was not."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hawx_hw.scores.predictor import AccuracyPredictor
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import (
    AccuracyCurve,
    AccuracyInterval,
    DesignPoint,
    PredictedPoints,
)
from hawx_hw.search.smoothing import thinned

__all__ = ["accuracy_curve", "predicted_points", "with_predictions"]

#: Assignments that a curve is drawn and judged with, at most.
_SHOWN = 400
#: Parts of them; each is predicted from the others.
_PARTS = 10
#: Points of the drawn fit, and the score below which they are evenly spaced.
_FIT_POINTS, _LINEAR = 48, 0.3


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


def accuracy_curve(problem: Problem) -> AccuracyCurve | None:
    """What was evaluated by its hawx(model), and the fit through it.

    Parameters
    ----------
    problem : Problem
        Whose evaluator evaluated.

    Returns
    -------
    AccuracyCurve or None
        None without scores, or with too few evaluations.
    """
    vectors, exact = problem.evaluator.vectors, problem.evaluator.exact
    if problem.scores is None or len(vectors) < problem.tuning.curve_least:
        return None
    scores, accuracies = problem.scores.predict(vectors), _accuracies(problem)
    every = np.arange(len(vectors))
    shown = np.sort(thinned(scores, every, _SHOWN))
    errors, inside = np.empty(len(shown)), 0
    for part in range(min(_PARTS, len(shown))):
        # Every tenth by place: neighbors in score are in different parts.
        own = np.arange(part, len(shown), _PARTS)
        left_out = shown[own]
        predictor = _predictor(problem, scores, accuracies, np.setdiff1d(every, left_out))
        errors[own] = predictor.predict(scores[left_out])[0] - accuracies[left_out]
        low, high = predictor.interval(
            scores[left_out], deviations=problem.tuning.interval_deviations
        )
        inside += int(((low <= accuracies[left_out]) & (accuracies[left_out] <= high)).sum())
    grid = _LINEAR * np.sinh(
        np.linspace(0, np.arcsinh(max(scores.max(), 0) / _LINEAR), _FIT_POINTS)
    )
    return AccuracyCurve(
        assignments=len(vectors),
        scores=_rounded(scores[shown]),
        accuracy_drops=_rounded(100 * (exact - accuracies[shown])),
        fit=_fit(problem, _predictor(problem, scores, accuracies, every), grid),
        error=float(f"{100 * np.abs(errors).mean():.4g}"),
        inside=inside,
    )


def _fit(
    problem: Problem, predictor: AccuracyPredictor, grid: np.ndarray
) -> tuple[tuple[float, float, float, float], ...]:
    """Accuracy drops at some scores, with their bounds."""
    exact = problem.evaluator.exact
    worst, best = predictor.interval(grid, deviations=problem.tuning.interval_deviations)
    drops = [100 * (exact - each) for each in (predictor.predict(grid)[0], best, worst)]
    lines = zip(*(map(_rounded, (grid, *drops))), strict=True)
    return tuple((score, value, low, high) for score, value, low, high in lines)


def _rounded(values: np.ndarray) -> tuple[float, ...]:
    return tuple(round(value, 4) for value in values.tolist())


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
