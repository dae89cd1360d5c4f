"""Accuracies that scores and evaluations predict."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.scores.predictor import AccuracyPredictor
from hawx_hw.search import accuracy
from hawx_hw.search.accuracy import accuracy_curve, predicted_points, with_predictions
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import DesignPoint, PredictedPoints
from tests.search.small import BLOCKS, small_graph

SPACE = Space.by_layer(small_graph(), BLOCKS)
WEIGHTS = np.array([9, 5, 3, 1])
VECTORS = np.array([[0, 0, 0, 0], [1, 0, 0, 2], [0, 2, 1, 0], [1, 1, 1, 1], [2, 2, 2, 2]])


class Counted:
    """Accuracy on 200 images: every step to a coarser block misclassifies more of them."""

    key, images, exact = "counted", 200, 190

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        return 190 - vectors @ WEIGHTS


class Scores:
    """The accuracy drop but for a factor."""

    table = np.zeros((4, 3))

    def predict(self, vectors: np.ndarray) -> np.ndarray:
        return 0.75 * (vectors @ WEIGHTS)


def problem(evaluated: np.ndarray, scores: Scores | None = None) -> Problem:
    evaluator = Evaluator(Counted(), MultiplierEnergy(SPACE, (3.0, 2.0, 1.0)))
    evaluator.evaluate(evaluated)
    return Problem(SPACE, evaluator, (5.0, 10.0), scores)


def point(vector: np.ndarray) -> DesignPoint:
    return DesignPoint(tuple(vector.tolist()), 0.9, 1.0, {}, {"blocks": {}, "layers": {}})


def curve(vectors: np.ndarray) -> AccuracyPredictor:
    return AccuracyPredictor(0.95, 0.75 * (vectors @ WEIGHTS), 0.95 - vectors @ WEIGHTS / 200)


def test_a_point_is_predicted_from_the_other_evaluations_alone() -> None:
    (known,) = with_predictions([point(VECTORS[2])], problem(VECTORS, Scores()))
    others = curve(np.delete(VECTORS, 2, axis=0))
    scores = 0.75 * (VECTORS[[2]] @ WEIGHTS)
    interval = known.predicted_accuracy
    assert interval is not None
    assert interval.value == pytest.approx(others.predict(scores)[0][0])
    low, high = others.interval(scores, deviations=1.645)
    assert (interval.low, interval.high) == (pytest.approx(low[0]), pytest.approx(high[0]))


def test_what_was_not_evaluated_is_predicted_from_all_that_was() -> None:
    left = np.array([[2, 0, 0, 0], [0, 0, 2, 1]])
    points = predicted_points(problem(VECTORS, Scores()), np.concatenate([left, VECTORS[:2]]))
    accuracies, _ = curve(VECTORS).predict(0.75 * (left @ WEIGHTS))
    assert points.accuracy_drops == pytest.approx(100 * (0.95 - accuracies), abs=1e-4)
    energies = MultiplierEnergy(SPACE, (3.0, 2.0, 1.0))(left)["energy_pj"]
    assert points.objectives == pytest.approx(energies, rel=1e-5)


@pytest.mark.parametrize(
    ("evaluated", "scores"),
    [(VECTORS, None), (VECTORS[:3], Scores())],
    ids=["no scores", "too few"],
)
def test_nothing_is_predicted_from_too_little(evaluated: np.ndarray, scores: Scores | None) -> None:
    given = problem(evaluated, scores)
    assert with_predictions([point(VECTORS[1])], given) == (point(VECTORS[1]),)
    assert predicted_points(given, np.array([[2, 0, 0, 0]])) == PredictedPoints()


def test_nothing_is_predicted_of_what_was_evaluated() -> None:
    assert predicted_points(problem(VECTORS, Scores()), VECTORS[1:3]) == PredictedPoints()


def spread(count: int) -> np.ndarray:
    """Vectors of different scores, by chance."""
    vectors = np.random.default_rng(3).integers(0, 3, (count, 4))
    return np.unique(vectors, axis=0)


def test_the_curve_shows_every_evaluation_with_its_score() -> None:
    vectors = spread(30)
    shown = accuracy_curve(problem(vectors, Scores()))
    assert shown is not None
    assert shown.assignments == len(vectors) == len(shown.scores)
    known = sorted(zip(shown.scores, shown.accuracy_drops, strict=True))
    weighted = sorted((vectors @ WEIGHTS).tolist())
    assert known == [(0.75 * each, 0.5 * each) for each in weighted]


def test_the_fit_is_that_of_all_evaluations_and_follows_them() -> None:
    vectors = spread(30)
    shown = accuracy_curve(problem(vectors, Scores()))
    assert shown is not None
    scores = [line[0] for line in shown.fit]
    assert scores == sorted(scores)
    assert (scores[0], scores[-1]) == (0.0, max(shown.scores))
    accuracies, _ = curve(vectors).predict(np.array(scores))
    drops = [line[1] for line in shown.fit]
    assert drops == pytest.approx(100 * (0.95 - accuracies), abs=0.01)
    assert all(low <= drop <= high for _, drop, low, high in shown.fit)


def test_the_error_is_that_of_predictions_from_others() -> None:
    vectors = spread(30)
    shown = accuracy_curve(problem(vectors, Scores()))
    assert shown is not None
    errors, inside = [], 0
    for part in range(10):
        left_out = vectors[part::10]
        others = curve(np.delete(vectors, np.arange(part, len(vectors), 10), axis=0))
        own, accuracies = 0.75 * (left_out @ WEIGHTS), 0.95 - left_out @ WEIGHTS / 200
        errors += np.abs(others.predict(own)[0] - accuracies).tolist()
        low, high = others.interval(own, deviations=1.645)
        inside += int(((low <= accuracies) & (accuracies <= high)).sum())
    assert shown.error == pytest.approx(100 * np.mean(errors), rel=1e-3)
    assert shown.inside == inside > 0


def test_of_many_evaluations_some_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(accuracy, "_SHOWN", 5)
    shown = accuracy_curve(problem(spread(30), Scores()))
    assert shown is not None
    assert len(shown.scores) == len(shown.accuracy_drops) == 5 < shown.assignments
    assert shown.inside <= 5


@pytest.mark.parametrize(("evaluated", "scores"), [(VECTORS, None), (VECTORS[:3], Scores())])
def test_there_is_no_curve_of_too_little(evaluated: np.ndarray, scores: Scores | None) -> None:
    assert accuracy_curve(problem(evaluated, scores)) is None
