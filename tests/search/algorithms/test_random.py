"""Random assignments that spread over the costs."""

import numpy as np

from hawx_hw.search.algorithms.random import random_vectors, search
from hawx_hw.search.tuning import SearchTuning
from tests.search.algorithms.additive import layers, problem


def test_shares_of_the_blocks_are_drawn_too():
    vectors = random_vectors(np.random.default_rng(0), 200, 3, 2000)
    assert vectors.shape == (2000, 200)
    assert set(np.unique(vectors)) == {0, 1, 2}
    shares = np.stack([(vectors == block).mean(axis=1) for block in range(3)])
    # All blocks alike in the mean, and any share of each; single draws would all be near a third.
    assert np.abs(shares.mean(axis=1) - 1 / 3).max() < 0.03
    assert (np.quantile(shares, 0.1, axis=1) < 0.05).all()
    assert (np.quantile(shares, 0.9, axis=1) > 0.7).all()


def test_it_ends_when_all_was_drawn_or_nothing_new_is():
    space = layers()
    given = problem(space, None)
    search(given)
    assert given.evaluator.evaluations == space.size
    impatient = problem(space, None, tuning=SearchTuning(random_batch=1, random_patience=1))
    search(impatient)
    assert impatient.evaluator.evaluations < space.size
