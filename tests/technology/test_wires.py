"""Wires estimated by their fan-out."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.technology import load
from hawx_hw.technology.wires import WireModel
from tests import material

MODEL = WireModel(0.2, 4.0, (2.0, 5.0, 6.0), 1.5, "invented")


def test_lengths_are_those_of_the_table_and_grow_beyond_it() -> None:
    np.testing.assert_array_equal(MODEL.lengths([0, 1, 2, 3, 4, 10]), [0, 2, 5, 6, 7.5, 16.5])


def test_capacitances() -> None:
    np.testing.assert_allclose(MODEL.capacitances([0, 1, 4]), [0, 0.4, 1.5])


def test_delays_are_those_of_a_balanced_tree() -> None:
    # Two branches, each of 10 ohm with 0.5 fF of its own and a pin of 1.5 fF.
    (delay,) = MODEL.delays([2], [3.0])
    assert delay == pytest.approx(10 * (0.5 + 1.5) * 1e-6)
    assert MODEL.delays([0], [3.0]).tolist() == [0.0]


@pytest.mark.parametrize("name", ["generic45", "ihp-sg13g2", "sky130hd"])
def test_built_in_technologies_state_theirs(name: str) -> None:
    """Lengths never fall with the fan-out, and a wire to one pin has some fF."""
    model = material.technology(name).wires
    assert model is not None
    assert np.all(np.diff(model.lengths(range(60))) >= 0)
    assert 0.2 < model.capacitances([1])[0] < 5.0


def test_generic45_has_the_wires_of_its_kind_of_library() -> None:
    model = load("generic45").wires
    assert model is not None
    # Wire load 5K_hvratio_1_1 of the Nangate 45 nm Open Cell Library.
    assert model.capacitances([4])[0] == pytest.approx(0.1774 * 9.2201)
    assert model.lengths([13])[0] == pytest.approx(27.0320 + 2 * 5.0)
