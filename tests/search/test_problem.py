"""A problem, and what it is completed with."""

from dataclasses import FrozenInstanceError

import pytest

from hawx_hw.search.problem import Problem
from hawx_hw.search.tuning import SearchTuning
from tests.search.algorithms.additive import layers, problem


def test_a_problem_without_scores_has_the_default_tuning_and_seed():
    given = problem(layers(), 5)
    plain = Problem(given.space, given.evaluator, given.reference)
    assert (plain.scores, plain.low_fidelity, plain.seed) == (None, None, 0)
    assert plain.tuning == SearchTuning()
    with pytest.raises(FrozenInstanceError):
        plain.seed = 1
