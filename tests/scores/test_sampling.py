"""Random assignments: reproducible, by layer and by unit, from nearly exact to all approximate."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.scores.sampling import random_choices
from tests.scores.networks import profiled

PROFILE = profiled(3)


def test_the_same_seed_draws_the_same_and_fewer_are_the_first() -> None:
    many = random_choices(PROFILE, 40)
    assert many.shape == (40, PROFILE.units)
    np.testing.assert_array_equal(random_choices(PROFILE, 25), many[:25])
    assert (random_choices(PROFILE, 40, seed=2) != many).any()
    assert PROFILE.checked(many).max() == len(PROFILE.blocks) - 1


def test_every_second_one_is_by_layer() -> None:
    choices = random_choices(PROFILE, 60)
    mixed = 0
    for number, choice in enumerate(choices):
        layers = [np.unique(choice[PROFILE.unit_layer == k]) for k in range(len(PROFILE.layers))]
        if number % 2 == 0:
            assert all(len(used) == 1 for used in layers)
        else:
            mixed += any(len(used) > 1 for used in layers)
    assert mixed > 20


def test_shares_spread() -> None:
    shares = (random_choices(PROFILE, 200, exact=2) != 2).mean(axis=1)
    assert shares.min() < 0.1
    assert shares.max() > 0.9
    assert 0.35 < shares.mean() < 0.65


def test_what_is_refused() -> None:
    with pytest.raises(ValueError, match=r"exact must be in \[0, 4\), not 4"):
        random_choices(PROFILE, 1, exact=4)
