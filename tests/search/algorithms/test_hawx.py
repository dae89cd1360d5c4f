"""The search that goes by scores."""

import pytest

from hawx_hw.search.algorithms.hawx import search
from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.problem import Problem
from hawx_hw.search.tuning import SearchTuning
from tests.search.algorithms.additive import exhaustive_hypervolume, filters, layers, problem


def test_few_evaluations_come_near_the_front_of_all_assignments():
    space = layers()
    result = search_assignments("hawx", problem(space, 20))
    assert result.hypervolume >= 0.98 * exhaustive_hypervolume(space)


def test_a_tenth_of_the_evaluations_of_others_is_enough():
    space = filters()
    own = search_assignments("hawx", problem(space, 40)).hypervolume
    others = [search_assignments(n, problem(space, 400)).hypervolume for n in ("random", "nsga2")]
    assert own > 0.99 * max(others)


def test_there_must_be_scores():
    given = problem(layers(), 5)
    given = Problem(given.space, given.evaluator, given.reference)
    with pytest.raises(ValueError, match="needs scores"):
        search_assignments("hawx", given)


def test_it_ends_by_itself_where_nothing_is_expected_to_be_gained():
    space = filters()
    content = problem(space, None, tuning=SearchTuning(least_gain=1.0, scored=500))
    search(content)
    # The first curve needs some evaluations; after these nothing gains as much as the whole box.
    assert content.evaluator.evaluations == 4


def test_a_budget_is_passed_on():
    with pytest.raises(OutOfBudgetError):
        search(problem(filters(), 5))
