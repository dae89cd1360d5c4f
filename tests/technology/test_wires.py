"""Wires estimated by their fan-out."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.technology import load
from hawx_hw.technology.wires import (
    STEINER,
    LengthFit,
    MeasuredWireModel,
    WireModel,
    measured_lengths,
    wire_delays,
)
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


FIT = LengthFit(2.0, 0.5, 0.25, (16, 256), 3, 0.1, "invented")


def test_fitted_lengths_are_in_pitches() -> None:
    # A net of four pins among 256 cells: 2 * 2 * 4; one that leads nowhere has no wire.
    np.testing.assert_allclose(FIT.pitches([4, 1, 0], [256, 16, 16]), [16.0, 4.0, 0.0])


def test_no_wire_is_longer_than_a_tree_in_its_module() -> None:
    # 0.5 * 1000 * 4 would be more than a tree of 1,001 points on 16 by 16 cells.
    fit = LengthFit(0.5, 1.0, 0.25, (16, 256), 3, 0.1, "invented")
    (many,) = fit.pitches([1000], [256])
    assert many == pytest.approx(STEINER * (1001 * 256) ** 0.5)
    assert fit.pitches([10], [256])[0] == pytest.approx(0.5 * 10 * 4)


def test_measured_lengths_scale_with_the_side_of_a_cell() -> None:
    model = MeasuredWireModel(0.2, 4.0, FIT, "invented")
    np.testing.assert_allclose(model.lengths([4, 4], [256, 256], [1.0, 25.0]), [16.0, 80.0])


def test_delays_are_of_one_branch_a_pin() -> None:
    (delay,) = wire_delays([5.0], [2], [3.0], capacitance_ff_um=0.2, resistance_ohm_um=4.0)
    assert delay == pytest.approx(10 * (0.5 + 1.5) * 1e-6)


def test_the_fit_of_the_package_is_one_of_layouts() -> None:
    fit = measured_lengths()
    assert fit.layouts >= 10
    assert fit.cells[0] < 200 < 2000 < fit.cells[1]
    assert 0.0 < fit.error < 0.2
    # A wire to one pin is some cells long, one to ten is longer, and none is as long as the layout.
    one, ten = fit.pitches([1, 10], [1000, 1000])
    assert 1 < one < ten < 1000**0.5 * 3
    assert 0.8 < fit.by_fan_out < 1.5
    assert 0.0 < fit.by_cells < 0.5


@pytest.mark.parametrize("name", ["generic45", "osu018"])
def test_technologies_that_state_what_a_measured_wire_has(name: str) -> None:
    model = material.technology(name).measured_wires
    assert model is not None
    assert model.fit == measured_lengths()
    assert 0.05 < model.capacitance_ff_um < 0.3


def test_models_state_where_lengths_come_from_and_their_error() -> None:
    measured = MeasuredWireModel(0.2, 4.0, FIT, "metal")
    assert (measured.lengths_source, measured.error) == ("invented", 0.1)
    assert (MODEL.lengths_source, MODEL.error) == ("invented", None)
