"""A problem whose losses nearly add up, to search without a network."""

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.search.cost import MultiplierEnergy
from hawx_hw.search.evaluator import Evaluator
from hawx_hw.search.pareto import hypervolume
from hawx_hw.search.problem import Problem
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


def exhaustive_hypervolume(space):
    given = problem(space, None)
    vectors = space.vectors(np.arange(space.size))
    return hypervolume(given.evaluator.evaluate(vectors), given.reference)
