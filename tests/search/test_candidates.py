import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.scores.measure import measure
from hawx_hw.search.candidates import Candidates, distances, nearest, predicted
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.tuning import SearchTuning
from tests.search.small import BLOCKS, small_graph, small_images

REFERENCE = 5.0, 10.0
TUNING = SearchTuning()


def test_expectations_are_those_of_the_scores():
    graph = small_graph()
    images, labels = small_images(graph, 20)
    space = Space.by_filter(graph, BLOCKS)
    profile = measure(graph, BLOCKS, images, labels, threads=1)
    scores = ImageScores(profile, space, np.linspace(1, 3, 20))
    vectors = np.random.default_rng(1).integers(0, 3, (7, space.units))
    candidates = predicted(scores, vectors, np.arange(7.0), TUNING)
    assert candidates.drops == pytest.approx(scores.predict(vectors))
    right = scores.right(vectors)
    chance = 100 * np.sqrt((right * (1 - right)) @ scores.weights) / 40
    assert (candidates.deviations >= chance * 0.999).all()
    assert candidates.deviations == pytest.approx(
        np.hypot(chance, TUNING.first_order_share * candidates.drops)
    )


def test_distance_is_that_from_the_front_at_the_same_cost():
    drops = np.array([0.0, 1.0, 3.0, 2.0, 4.0])
    costs = np.array([8.0, 5.0, 2.0, 6.0, 5.0])
    distance = distances(drops, np.full(5, 0.5), costs, REFERENCE, TUNING)
    # The fourth may cost 6: the front loses 1 there; and so it does at 5.
    assert distance.tolist() == [0, 0, 0, 2, 6]


def test_what_lies_beyond_the_reference_point_even_with_luck_is_infinitely_far():
    drops = np.array([5.9, 6.1, 0.0])
    costs = np.array([1.0, 2.0, 10.0])
    distance = distances(drops, np.full(3, 0.5), costs, REFERENCE, TUNING)
    assert np.isfinite(distance).tolist() == [True, False, False]


def test_nearest_are_those_of_least_finite_distance():
    distance = np.array([3.0, 0.0, np.inf, 1.0, 0.0])
    assert nearest(distance, 3).tolist() == [1, 3, 4]
    assert nearest(distance, 9).tolist() == [0, 1, 3, 4]


def test_merged_candidates_are_there_once():
    def some(vectors, drops):
        vectors = np.array(vectors)
        return Candidates(vectors, np.array(drops), np.ones(2), vectors.sum(axis=1) * 1.0)

    merged = some([[1, 0], [0, 1]], [1.0, 2.0]).merged(some([[1, 1], [1, 0]], [3.0, 4.0]))
    assert merged.vectors.tolist() == [[0, 1], [1, 0], [1, 1]]
    assert merged.drops.tolist() == [2, 1, 3]
    assert merged.take(np.array([2])).costs.tolist() == [2]
