"""What a search of assignments returns, whatever its algorithm."""

import numpy as np
import pytest

from hawx_hw.search.assignment_search import search_assignments
from hawx_hw.search.oracle import space_key
from hawx_hw.search.result import points_of
from tests.search.algorithms.additive import layers, problem


@pytest.fixture(scope="module")
def searched():
    given = problem(layers(), None)
    return given, search_assignments("exhaustive", given)


def test_the_front_is_that_of_all_evaluations(searched):
    given, result = searched
    points = given.evaluator.points
    front = {
        tuple(point)
        for point in points.tolist()
        if not ((points <= point).all(axis=1) & (points < point).any(axis=1)).any()
    }
    assert {tuple(point) for point in points_of(result).tolist()} == front
    drops = [point.accuracy_drop for point in result.front]
    assert drops == sorted(drops)


def test_points_are_what_was_evaluated(searched):
    given, result = searched
    for point in (*result.front, *result.uniform):
        (drop, energy) = given.evaluator.evaluate(np.array([point.vector]))[0]
        assert (point.accuracy_drop, dict(point.metrics)) == (drop, {"energy_pj": energy})
        assert point.accuracy == pytest.approx(given.evaluator.exact - drop / 100)
        assert point.accelerator is None


def test_one_block_everywhere_is_listed_in_the_order_of_the_blocks(searched):
    _, result = searched
    assert [set(point.vector) for point in result.uniform] == [{0}, {1}, {2}]
    assert [point.blocks[0] for point in result.uniform] == list(result.blocks)
    assert [point.exact for point in result.uniform] == [True, False, False]


def test_the_result_names_what_was_searched(searched):
    given, result = searched
    assert (result.algorithm, result.seed, result.space) == (
        "exhaustive",
        given.seed,
        space_key(given.space),
    )
    assert (result.evaluations, result.images, result.exact_accuracy) == (81, 1000, 0.9)
    assert result.reference == given.reference
    assert result.low_fidelity == ()


def test_evaluations_are_saved_even_if_the_search_fails(tmp_path):
    state = tmp_path / "state.npz"
    given = problem(layers(), None, state=state)
    oracle = given.evaluator._oracle
    calls = []

    class Failing:
        key, images, exact = oracle.key, oracle.images, oracle.exact

        def __call__(self, vectors):
            calls.append(len(vectors))
            if len(calls) > 1:
                raise KeyboardInterrupt
            return oracle(vectors)

    given.evaluator._oracle = Failing()
    with pytest.raises(KeyboardInterrupt):
        search_assignments("greedy", given)
    assert problem(layers(), None, state=state).evaluator.cached == calls[0]
