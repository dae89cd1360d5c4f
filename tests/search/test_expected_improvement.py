"""Which assignments are evaluated next, and when nothing more is."""

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator, OutOfBudgetError
from hawx_hw.search.expected_improvement import evaluate_promising
from hawx_hw.search.pareto import hypervolume
from hawx_hw.search.tuning import SearchTuning
from tests.search.small import BLOCKS, small_graph

SPACE = Space.by_layer(small_graph(), BLOCKS)
COST = MultiplierEnergy(SPACE, (3.0, 2.0, 1.0))
EVERY = SPACE.vectors(np.arange(SPACE.size))
REFERENCE = 8.0, float(COST(SPACE.uniform(0)[None])["energy_pj"][0])
TUNING = SearchTuning()


class Counted:
    """Every step to a coarser block loses some of 1000 images."""

    key, images, exact = "counted", 1000, 950

    def __call__(self, vectors):
        return 950 - vectors @ np.array([20, 9, 4, 1])


def drops(vectors):
    return vectors @ np.array([2.0, 0.9, 0.4, 0.1])


def searched(vectors, budget=None, evaluated=(), tuning=TUNING, **options):
    """An evaluator after the search of vectors, whose scores are their accuracy drops."""
    evaluator = Evaluator(Counted(), COST, budget=budget)
    if len(evaluated):
        evaluator.evaluate(evaluated)
    points = np.stack([drops(vectors), COST(vectors)["energy_pj"]], axis=1)
    evaluate_promising(evaluator, vectors, points, REFERENCE, tuning, **options)
    return evaluator


def test_few_evaluations_reach_most_of_the_hypervolume():
    evaluator = searched(EVERY, tuning=SearchTuning(least_gain=0.005))
    whole = Evaluator(Counted(), COST).evaluate(EVERY)
    assert evaluator.evaluations < SPACE.size / 3
    share = hypervolume(evaluator.points, REFERENCE) / hypervolume(whole, REFERENCE)
    assert share > 0.97


def test_it_stops_at_once_where_no_gain_is_large_enough():
    evaluator = searched(EVERY, tuning=SearchTuning(least_gain=1.0))
    assert evaluator.evaluations == TUNING.first_evaluations


def test_what_was_evaluated_before_is_what_the_first_curve_is_fitted_to():
    before = EVERY[:4]
    evaluator = searched(EVERY, evaluated=before, tuning=SearchTuning(least_gain=1.0))
    assert evaluator.vectors.tolist() == before.tolist()


def test_a_single_assignment_is_evaluated():
    assert searched(EVERY[[5]]).vectors.tolist() == [EVERY[5].tolist()]
    assert searched(EVERY[[80, 0]]).evaluations == 2


def test_a_gain_of_accuracy_may_be_worth_nothing():
    class Better(Counted):
        def __call__(self, vectors):
            return 950 + vectors.sum(axis=1) * 4

    def points(least):
        evaluator = Evaluator(Better(), COST)
        scores = np.stack([np.zeros(len(EVERY)), COST(EVERY)["energy_pj"]], axis=1)
        evaluate_promising(evaluator, EVERY, scores, REFERENCE, TUNING, least=least)
        return evaluator.evaluations

    assert points(0.0) <= points(-100.0)


def test_a_budget_is_passed_on():
    with pytest.raises(OutOfBudgetError):
        searched(EVERY, budget=3)
