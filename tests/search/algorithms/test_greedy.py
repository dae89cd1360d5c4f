"""Units one at a time, then combined."""

import numpy as np

from hawx_hw.search.algorithms.greedy import search
from tests.search.algorithms.additive import layers, problem


def test_every_unit_is_evaluated_alone_and_then_combinations():
    space = layers()
    given = problem(space, None)
    search(given)
    vectors = given.evaluator.vectors
    alone = vectors[:9]
    assert (np.count_nonzero(alone, axis=1) <= 1).all()
    assert len(np.unique(alone, axis=0)) == 9
    assert vectors[-1].tolist() == [2, 2, 2, 2]
    # A step at a time: costs fall.
    assert (np.diff(given.evaluator.points[9:, 1]) < 0).all()


def test_steps_are_taken_in_the_order_of_loss_for_what_they_save():
    given = problem(layers(), None)
    real, requests = given.evaluator.evaluate, []
    given.evaluator.evaluate = lambda vectors: (requests.append(vectors.copy()), real(vectors))[1]
    search(given)
    (start,), alone, *rest = requests
    steps = np.concatenate(rest)
    # A step changes one unit, always to a cheaper block.
    changes = np.diff(np.concatenate([[start], steps]), axis=0)
    assert (np.count_nonzero(changes, axis=1) == 1).all()
    assert (changes >= 0).all()
    # The unit that loses least for what it saves comes first, by the single evaluations.
    lost, saved = (real(alone) - real(start[None])).T
    cheaper = saved < 0
    slopes = np.maximum(lost[cheaper], 0) / -saved[cheaper]
    assert steps[0].tolist() == alone[cheaper][slopes.argmin()].tolist()
