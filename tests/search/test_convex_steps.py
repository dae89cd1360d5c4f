"""The convex front of sums, against every assignment."""

import itertools

import numpy as np
import pytest

from hawx_hw.search.convex_steps import convex_steps


@pytest.mark.parametrize("seed", range(5))
def test_steps_are_best_at_every_price(seed):
    rng = np.random.default_rng(seed)
    scores, costs = rng.random((4, 3)), rng.random((4, 3))
    units = np.arange(4)
    every = np.array(list(itertools.product(range(3), repeat=4)))
    steps = convex_steps(scores, costs)
    for price in (0, 0.1, 0.5, 1.0, 2.0, 10.0, 1e6):
        weighed = scores + price * costs
        best = weighed[units, every].sum(axis=1).min()
        assert weighed[units, steps].sum(axis=1).min() == pytest.approx(best)


def test_each_step_changes_one_unit_to_a_cheaper_block():
    rng = np.random.default_rng(7)
    scores, costs = rng.random((6, 4)), rng.random((6, 4))
    steps = convex_steps(scores, costs)
    np.testing.assert_array_equal(steps[0], scores.argmin(axis=1))
    np.testing.assert_array_equal(steps[-1], costs.argmin(axis=1))
    assert (np.count_nonzero(np.diff(steps, axis=0), axis=1) == 1).all()
    assert (np.diff(costs[np.arange(6), steps].sum(axis=1)) < 0).all()


def test_of_blocks_with_equal_scores_the_cheapest_is_first():
    assert convex_steps(np.zeros((1, 3)), np.array([[3.0, 1.0, 2.0]])).tolist() == [[1]]
