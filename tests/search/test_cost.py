"""Energy of the multiplications, counted by hand."""

import numpy as np
import pytest

from hawx_hw.assignment.space import Space
from hawx_hw.search.cost import MultiplierEnergy
from tests.search.small import BLOCKS, small_graph


def test_energy_is_multiplications_times_that_of_the_block():
    space = Space.by_layer(small_graph(), BLOCKS)
    cost = MultiplierEnergy(space, (3.0, 2.0, 1.5), rest=1000, rest_fj=7.0)
    macs = [2 * 9 * 64, 3 * 18 * 4, 15, 20]
    expected = (macs[0] * 2.0 + macs[1] * 3.0 + macs[2] * 1.5 + macs[3] * 2.0 + 7000) / 1000
    assert cost(np.array([1, 0, 2, 1]))["energy_pj"] == pytest.approx([expected])
    assert cost.table[0].tolist() == [macs[0] * e / 1000 for e in (3.0, 2.0, 1.5)]
    with pytest.raises(ValueError, match="3 numbers of at least 0, not all 0, not"):
        MultiplierEnergy(space, (3.0, 2.0))
    for wrong in ((3.0, 2.0, -1.0), (0.0, 0.0, 0.0), (1.0, float("nan"), 1.0)):
        with pytest.raises(ValueError, match="numbers of at least 0"):
            MultiplierEnergy(space, wrong)
    with pytest.raises(ValueError, match="The rest must be at least 0"):
        MultiplierEnergy(space, (3.0, 2.0, 1.0), rest=-1)


def test_what_is_skipped_takes_nothing():
    space = Space.by_layer(small_graph(), BLOCKS)
    cost = MultiplierEnergy(space, (3.0, 2.0, 0.0))
    expected = 3.0 * space.macs[:2].sum() / 1000
    assert cost(np.array([[0, 0, 2, 2], [2, 2, 2, 2]]))["energy_pj"].tolist() == [expected, 0]
