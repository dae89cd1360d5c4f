"""Every assignment, once."""

import numpy as np
import pytest

from hawx_hw.search.algorithms.exhaustive import search
from hawx_hw.search.evaluator import OutOfBudgetError
from tests.search.algorithms.additive import layers, problem


def test_all_assignments_are_evaluated_in_the_order_of_their_numbers():
    space = layers()
    given = problem(space, None)
    search(given)
    np.testing.assert_array_equal(given.evaluator.vectors, space.vectors(np.arange(space.size)))


def test_a_budget_cuts_it_short():
    space = layers()
    given = problem(space, 7)
    with pytest.raises(OutOfBudgetError):
        search(given)
    np.testing.assert_array_equal(given.evaluator.vectors, space.vectors(np.arange(7)))
