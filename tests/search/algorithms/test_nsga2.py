"""NSGA-II: populations within the budget, and without pymoo a hint."""

import sys

import pytest

from hawx_hw.errors import UserError
from hawx_hw.search.algorithms.nsga2 import search
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.tuning import SearchTuning
from tests.search.algorithms.additive import filters, layers, problem


def requests(given):
    """How many vectors each call of the evaluator asks for."""
    sizes = []
    real = given.evaluator.evaluate
    given.evaluator.evaluate = lambda vectors: (sizes.append(len(vectors)), real(vectors))[1]
    return sizes


@pytest.mark.parametrize(("budget", "size"), [(400, 50), (40, 10), (8, 4)])
def test_a_population_is_a_quarter_of_the_budget_at_most(budget, size):
    given = problem(filters(), budget)
    sizes = requests(given)
    with pytest.raises(OutOfBudgetError):
        search(given)
    # Equal ones of the first population count once.
    assert 0.9 * size <= sizes[0] <= size
    assert given.evaluator.left == 0


def test_it_ends_when_generations_bring_nothing_new():
    given = problem(layers(), None, tuning=SearchTuning(population=8, patience=1))
    sizes = requests(given)
    search(given)
    assert given.evaluator.evaluations <= sum(sizes)
    assert len(sizes) < 81


def test_without_pymoo_there_is_a_hint(monkeypatch):
    monkeypatch.setitem(sys.modules, "pymoo.algorithms.moo.nsga2", None)
    with pytest.raises(UserError, match=r"search.algorithm: nsga2 needs pymoo.*hawx_hw\[search\]"):
        search(problem(layers(), 5))
