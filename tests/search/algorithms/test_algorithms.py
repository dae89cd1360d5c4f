"""What all searches have in common."""

import numpy as np
import pytest

from hawx_hw.search.algorithms import ALGORITHMS, algorithm
from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.pareto import pareto
from hawx_hw.search.result import points_of
from tests.search.algorithms.additive import exhaustive_hypervolume, filters, layers, problem


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_budget_bounds_the_evaluations(name):
    result = search_assignments(name, problem(filters(), 30))
    assert 4 <= result.evaluations <= 30
    assert result.algorithm == name
    assert result.hypervolume > 0


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_same_seed_gives_the_same_front(name):
    results = [search_assignments(name, problem(filters(), 25)) for _ in range(2)]
    assert results[0].front == results[1].front
    assert results[0].evaluations == results[1].evaluations


@pytest.mark.parametrize("name", ["random", "nsga2", "hill_climbing"])
def test_another_seed_gives_another_front(name):
    fronts = [search_assignments(name, problem(filters(), 25, seed)).front for seed in (0, 1)]
    assert fronts[0] != fronts[1]


@pytest.mark.parametrize("name", ALGORITHMS)
def test_a_front_is_what_was_evaluated(name):
    space = filters()
    result = search_assignments(name, problem(space, 30))
    points = points_of(result)
    assert len(pareto(points)) == len(points)
    vectors = np.array([point.vector for point in result.front])
    fresh = problem(space, None).evaluator
    assert (fresh.evaluate(vectors) == points).all()
    accuracies = [point.accuracy for point in result.front]
    assert accuracies == pytest.approx(0.9 - points[:, 0] / 100)


@pytest.mark.parametrize("name", ["exhaustive", "random", "nsga2", "hill_climbing"])
def test_without_a_budget_a_small_space_is_searched_until_nothing_is_new(name):
    space = layers()
    result = search_assignments(name, problem(space, None))
    assert result.hypervolume >= 0.99 * exhaustive_hypervolume(space)
    if name in ("exhaustive", "random"):
        assert result.evaluations == space.size


@pytest.mark.parametrize("name", ALGORITHMS)
def test_an_interrupted_search_continues_as_it_would_have(name, tmp_path):
    state = tmp_path / "state.npz"
    whole = search_assignments(name, problem(filters(), 30))
    interrupted = problem(filters(), 30, state=state)
    oracle = interrupted.evaluator._oracle
    calls = []

    class Failing:
        key, images, exact = oracle.key, oracle.images, oracle.exact

        def __call__(self, vectors):
            calls.append(vectors)
            if len(calls) > 1:
                raise KeyboardInterrupt
            return oracle(vectors)

    interrupted.evaluator._oracle = Failing()
    try:
        search_assignments(name, interrupted)
    except KeyboardInterrupt:
        assert state.is_file()
    again = search_assignments(name, problem(filters(), 30, state=state))
    assert again.front == whole.front
    assert again.evaluations == whole.evaluations


def test_unknown_algorithms_are_refused():
    with pytest.raises(ValueError, match="not 'annealing'"):
        algorithm("annealing")
