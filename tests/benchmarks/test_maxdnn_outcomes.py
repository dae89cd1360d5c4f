"""Outcomes of every assignment, part by part."""

import numpy as np
import pytest
from maxdnn_outcomes import enumerated

from hawx_hw.assignment.space import Space
from tests.search.small import BLOCKS, small_graph

EXACT = np.array([True, True, False, True, True])


@pytest.fixture(scope="module")
def space():
    return Space.by_layer(small_graph(), BLOCKS)


def some(numbers):
    """Which of five images are right, made up."""
    return (numbers[:, None] * np.array([1, 3, 5, 7, 11]) + 2) % 13 < 8


class Counted:
    """Evaluates, and stops after some parts."""

    def __init__(self, parts):
        self.left, self.asked = parts, []

    def __call__(self, numbers):
        if not self.left:
            raise KeyboardInterrupt
        self.left -= 1
        self.asked.append(numbers.tolist())
        return some(numbers)


def test_an_interrupted_enumeration_continues(space, tmp_path):
    with pytest.raises(KeyboardInterrupt):
        enumerated(space, "key", EXACT, Counted(2), tmp_path, part=30)
    assert enumerated(space, "key", EXACT, Counted(0), tmp_path, part=30, stored=True) is None
    rest = Counted(9)
    outcomes = enumerated(space, "key", EXACT, rest, tmp_path, part=30)
    assert rest.asked == [list(range(60, 81))]
    assert (outcomes.right == some(np.arange(81))).all()
    # Of another key, all parts are computed again.
    again = Counted(9)
    enumerated(space, "other", EXACT, again, tmp_path, part=30)
    assert len(again.asked) == 3


def test_counts_and_pairs_are_those_of_the_images(space, tmp_path):
    outcomes = enumerated(space, "key", EXACT, some, tmp_path, part=81)
    ground_truth = outcomes.ground_truth()
    assert (ground_truth.images, ground_truth.exact) == (5, 4)
    assert ground_truth.right.tolist() == some(np.arange(81)).sum(axis=1).tolist()
    (vector,) = space.vectors(np.array([1]))
    paired, right = outcomes.paired(vector), some(np.array([1]))[0]
    assert paired.images == 5
    assert paired.lost == (EXACT & ~right).sum() == 1
    assert paired.gained == (~EXACT & right).sum() == 1


def test_a_part_has_an_assignment(space, tmp_path):
    with pytest.raises(ValueError, match="part must be at least 1"):
        enumerated(space, "key", EXACT, some, tmp_path, part=0)
