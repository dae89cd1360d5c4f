"""Climbing on a learned model."""

import numpy as np
import pytest

from hawx_hw.search.algorithms.hill_climbing import search
from hawx_hw.search.algorithms.random import random_vectors
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.pareto import hypervolume
from tests.search.algorithms.additive import filters, problem


def test_half_of_the_budget_trains_and_the_rest_is_better():
    space, budget = filters(), 60
    given = problem(space, budget)
    with pytest.raises(OutOfBudgetError):
        search(given)
    drawn = random_vectors(np.random.default_rng(given.seed), space.units, 3, budget // 2)
    first = list(dict.fromkeys(map(tuple, drawn.tolist())))
    assert given.evaluator.vectors[: len(first)].tolist() == list(map(list, first))
    points, reference = given.evaluator.points, given.reference
    other = problem(space, None).evaluator
    at_random = random_vectors(np.random.default_rng(1), space.units, 3, budget)
    assert hypervolume(points, reference) > hypervolume(other.evaluate(at_random), reference)
