"""The regret of a search, by hand."""

import numpy as np
import pytest
from ground_truth.regret import regret


def test_regret_is_relative_to_the_cheapest_point():
    front = np.array([[0, 10], [1, 5], [2, 4]])
    assert regret(np.array([[0.5, 6], [1.5, 4.5]]), front, 1) == pytest.approx(0.2)
    assert regret(front, front, 2) == 0
    assert regret(np.array([[3, 1]]), front, 2) == np.inf
    with pytest.raises(ValueError, match="at most -1"):
        regret(front, front, -1)
