import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.search.algorithms import ALGORITHMS, algorithm
from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.pareto import hypervolume, pareto
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import points_of
from hawx_hw.search.tuning import SearchTuning
from tests.search.small import BLOCKS, small_graph

IMAGES = 1000


#: Fewer estimates: for what does not depend on how good a search is.
QUICK = SearchTuning(estimates=2000, trees=10, scored=2000)


class Additive:
    """Units lose accuracy by themselves; losses add up, and a little noise depends on all."""

    images, exact, key = IMAGES, 900, "additive"

    def __init__(self, space, seed=3, noise=2):
        rng = np.random.default_rng(seed)
        each = rng.exponential(1, space.units)
        self.table = each[:, None] * np.array([0.0, 8.0, 30.0])
        self._space, self._noise = space, noise

    def loss(self, vectors):
        return self.table[np.arange(self._space.units), vectors].sum(axis=1)

    def predict(self, vectors):
        return self.loss(vectors) / 10

    def __call__(self, vectors):
        jitter = np.sin(vectors @ np.arange(1, self._space.units + 1) * 7.3) * self._noise
        return np.rint(self.exact - self.loss(vectors) + jitter).astype(np.int64)


def problem(space, budget, seed=0, state=None, tuning=QUICK):
    oracle = Additive(space)
    cost = MultiplierEnergy(space, (3.0, 2.0, 1.0))
    evaluator = Evaluator(oracle, cost, budget=budget, state=state)
    reference = 10.0, float(cost(space.uniform(0)[None])["energy_pj"][0])
    return Problem(space, evaluator, reference, scores=oracle, seed=seed, tuning=tuning)


def layers():
    return Space.by_layer(small_graph(), BLOCKS)


def filters():
    return Space.by_filter(small_graph(), BLOCKS)


def true_hypervolume(space):
    given = problem(space, None)
    vectors = space.vectors(np.arange(space.size))
    return hypervolume(given.evaluator.evaluate(vectors), given.reference)


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_budget_bounds_the_evaluations(name):
    result = search_assignments(name, problem(filters(), 30))
    assert 4 <= result.evaluations <= 30
    assert result.algorithm == name
    assert result.hypervolume > 0


@pytest.mark.parametrize("name", ALGORITHMS)
def test_the_same_seed_finds_the_same(name):
    results = [search_assignments(name, problem(filters(), 25)) for _ in range(2)]
    assert results[0].front == results[1].front
    assert results[0].evaluations == results[1].evaluations


@pytest.mark.parametrize("name", ["random", "nsga2", "hill_climbing"])
def test_another_seed_finds_others(name):
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
    assert result.hypervolume >= 0.99 * true_hypervolume(space)
    if name in ("exhaustive", "random"):
        assert result.evaluations == space.size


def test_hawx_comes_near_the_optimum_of_a_small_space_with_few_evaluations():
    space = layers()
    result = search_assignments("hawx", problem(space, 20))
    assert result.hypervolume >= 0.98 * true_hypervolume(space)


def test_hawx_needs_a_tenth_of_what_others_need():
    space = filters()
    hypervolume = search_assignments("hawx", problem(space, 40)).hypervolume
    others = [search_assignments(n, problem(space, 400)).hypervolume for n in ("random", "nsga2")]
    assert hypervolume > 0.99 * max(others)


def test_hawx_refuses_to_search_without_scores():
    given = problem(layers(), 5)
    given = Problem(given.space, given.evaluator, given.reference)
    with pytest.raises(ValueError, match="needs scores"):
        search_assignments("hawx", given)


def test_greedy_runs_every_unit_alone_and_then_the_combinations():
    space = layers()
    given = problem(space, None)
    search_assignments("greedy", given)
    vectors = given.evaluator.vectors
    alone = vectors[:9]
    assert (np.count_nonzero(alone, axis=1) <= 1).all()
    assert len(np.unique(alone, axis=0)) == 9
    assert vectors[-1].tolist() == [2, 2, 2, 2]
    # A step at a time: costs fall.
    assert (np.diff(given.evaluator.points[9:, 1]) < 0).all()


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
