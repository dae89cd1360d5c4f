"""Regret of searches by layer against an exhaustive ground truth."""

import numpy as np
import pytest
from ground_truth.exhaustive import GroundTruth
from maxdnn_regret import by_nsga2, by_random, by_scores, regrets

from hawx_hw.assignment.space import Space
from hawx_hw.search.cost import MultiplierEnergy
from tests.search.small import BLOCKS, small_graph

LOSS = np.array([[0, 1, 9], [0, 4, 40], [0, 2, 20], [0, 1, 3]])


@pytest.fixture(scope="module")
def case():
    """Losses of layers that add up, so that scores are perfect."""
    space = Space.by_layer(small_graph(), BLOCKS)
    vectors = space.vectors(np.arange(space.size))
    lost = LOSS[np.arange(4), vectors].sum(axis=1)
    ground_truth = GroundTruth(space, "", 100, 90, (90 - lost).astype(np.int32), 0.0)
    return ground_truth, MultiplierEnergy(space, (3.0, 2.0, 1.0))


def test_perfect_scores_have_the_convex_front(case):
    ground_truth, cost = case
    vectors = by_scores(LOSS.astype(float), cost, 40)
    _, front = ground_truth.front(cost)
    points = ground_truth.points(cost)[ground_truth.space.numbers(vectors)]
    for point in points:
        assert (front == point).all(axis=1).any()
    assert len(np.unique(vectors, axis=0)) == len(vectors)
    assert len(by_scores(LOSS.astype(float), cost, 5)) <= 5


def test_regret_is_the_share_of_the_least_energy(case):
    ground_truth, cost = case
    space = ground_truth.space
    everything = space.vectors(np.arange(space.size))
    assert regrets(ground_truth, cost, everything, (0.0, 5.0)) == [0.0, 0.0]
    exact = space.uniform(0)[None]
    _, front = ground_truth.front(cost)
    least = front[front[:, 0] <= 5, 1].min()
    expected = float(cost(exact)["energy_pj"][0]) / least - 1
    assert regrets(ground_truth, cost, exact, (5.0,)) == pytest.approx([expected])
    assert expected > 0.1
    assert regrets(ground_truth, cost, space.uniform(2)[None], (5.0,)) == [float("inf")]
    # No assignment gains so much.
    assert np.isnan(regrets(ground_truth, cost, exact, (-1.0,))).all()


def test_searches_keep_to_their_runs_and_differ_by_seed(case):
    ground_truth, cost = case
    few = by_nsga2(ground_truth, cost, 8, 0)
    assert len(few) == len(np.unique(few, axis=0)) <= 8
    assert len(by_random(ground_truth, 8, 0)) == 8
    assert (by_random(ground_truth, 8, 0) != by_random(ground_truth, 8, 1)).any()
    many = by_nsga2(ground_truth, cost, 70, 0)
    assert (
        regrets(ground_truth, cost, many, (5.0,))[0] <= regrets(ground_truth, cost, few, (5.0,))[0]
    )
