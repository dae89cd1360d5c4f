"""Accuracy drops that depend less on luck than counts do."""

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.smoothing import smoothed_drops, thinned
from hawx_hw.search.tuning import SearchTuning
from tests.search.small import BLOCKS, small_graph

SPACE = Space.by_layer(small_graph(), BLOCKS)
COST = MultiplierEnergy(SPACE, (3.0, 2.0, 1.0))
VECTORS = SPACE.vectors(np.arange(40))


class Lucky:
    """Counts err by chance around real drops; what is expected of images is twice the drop."""

    key, images, exact, exact_expected = "lucky", 1000, 900, 880.0

    def real(self, vectors):
        return vectors @ np.array([0.9, 0.7, 0.4, 0.1])

    def measure(self, vectors):
        real = 10 * self.real(vectors)
        luck = 5 * np.sin(vectors @ np.array([3.1, 7.7, 1.3, 9.1]))
        return np.rint(900 - real - luck).astype(np.int64), 880 - 2 * real

    def __call__(self, vectors):
        return self.measure(vectors)[0]


class Counted:
    """The same without what is expected."""

    key, images, exact = "counted", 1000, 900

    def __call__(self, vectors):
        return Lucky()(vectors)


def evaluated(oracle, vectors=VECTORS):
    evaluator = Evaluator(oracle, COST)
    evaluator.evaluate(vectors)
    return evaluator


def test_luck_is_smoothed_away_and_the_scale_is_that_of_counts():
    evaluator = evaluated(Lucky())
    real = Lucky().real(VECTORS)
    smoothed = smoothed_drops(evaluator, SearchTuning())
    by_count = np.abs(evaluator.points[:, 0] - real)
    assert np.abs(smoothed - real).mean() < 0.4 * by_count.mean()
    # In the order of what is expected, which is free of luck.
    order = np.argsort(evaluator.expected_drops)
    assert (np.diff(smoothed[order]) >= 0).all()


def test_counts_stay_where_nothing_else_is_known():
    evaluator = evaluated(Counted())
    assert not evaluator.expects
    assert (smoothed_drops(evaluator, SearchTuning()) == evaluator.points[:, 0]).all()
    few = evaluated(Lucky(), VECTORS[:3])
    assert (smoothed_drops(few, SearchTuning()) == few.points[:, 0]).all()
    assert len(smoothed_drops(Evaluator(Lucky(), COST), SearchTuning())) == 0


@pytest.mark.parametrize(("most", "expected"), [(9, [4, 2, 0, 3]), (3, [4, 2, 3]), (2, [4, 3])])
def test_thinned_evaluations_are_evenly_spaced_by_score(most, expected):
    scores = np.array([5.0, 1.0, 3.0, 9.0, 2.0])
    assert thinned(scores, np.array([0, 2, 3, 4]), most).tolist() == expected
