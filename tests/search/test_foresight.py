import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.scores.measure import measure
from hawx_hw.search.foresight import Candidates, behind, foreseen, promising
from hawx_hw.search.scores import ImageScores
from tests.search.small import BLOCKS, small_graph, small_images

REFERENCE = 5.0, 10.0


def test_expectations_are_those_of_the_scores():
    graph = small_graph()
    images, labels = small_images(graph, 20)
    space = Space.by_filter(graph, BLOCKS)
    profile = measure(graph, BLOCKS, images, labels, threads=1)
    scores = ImageScores(profile, space, np.linspace(1, 3, 20))
    vectors = np.random.default_rng(1).integers(0, 3, (7, space.units))
    found = foreseen(scores, vectors, np.arange(7.0))
    assert found.lost == pytest.approx(scores.predict(vectors))
    right = scores.right(vectors)
    chance = 100 * np.sqrt((right * (1 - right)) @ scores.weights) / 40
    assert (found.spread >= chance * 0.999).all()
    assert found.spread == pytest.approx(np.hypot(chance, 0.2 * found.lost))


def test_distance_is_that_from_the_front_at_the_same_cost():
    lost = np.array([0.0, 1.0, 3.0, 2.0, 4.0])
    costs = np.array([8.0, 5.0, 2.0, 6.0, 5.0])
    found = behind(lost, np.full(5, 0.5), costs, REFERENCE)
    # The fourth may cost 6: the front loses 1 there; and so it does at 5.
    assert found.tolist() == [0, 0, 0, 2, 6]


def test_what_is_useless_even_with_luck_is_infinitely_far():
    lost = np.array([5.9, 6.1, 0.0])
    costs = np.array([1.0, 2.0, 10.0])
    found = behind(lost, np.full(3, 0.5), costs, REFERENCE)
    assert np.isfinite(found).tolist() == [True, False, False]


def test_promising_are_the_nearest():
    distance = np.array([3.0, 0.0, np.inf, 1.0, 0.0])
    assert promising(distance, 3).tolist() == [1, 3, 4]
    assert promising(distance, 9).tolist() == [0, 1, 3, 4]


def test_merged_candidates_are_there_once():
    def some(rows, lost):
        vectors = np.array(rows)
        return Candidates(vectors, np.array(lost), np.ones(2), vectors.sum(axis=1) * 1.0)

    found = some([[1, 0], [0, 1]], [1.0, 2.0]).merged(some([[1, 1], [1, 0]], [3.0, 4.0]))
    assert found.vectors.tolist() == [[0, 1], [1, 0], [1, 1]]
    assert found.lost.tolist() == [2, 1, 3]
    assert found.take(np.array([2])).costs.tolist() == [2]
