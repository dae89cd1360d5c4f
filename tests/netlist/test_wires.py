"""Wires of a design by a table, and by lengths that were measured in layouts."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.arcs import fan_outs, loads
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.wires import wires_of
from hawx_hw.technology.wires import LengthFit, MeasuredWireModel, WireModel
from tests.netlist.test_surroundings import LIBRARY, design, ref_surroundings

TABLE = WireModel(0.2, 4.0, (2.0, 5.0), 1.5, "invented")
FIT = LengthFit(0.5, 0.75, 0.25, (10, 1000), 5, 0.1, "invented")
MEASURED = MeasuredWireModel(0.3, 6.0, FIT, "invented")


def test_a_table_goes_by_the_fan_out_alone() -> None:
    flat = flatten(design())
    wires = wires_of(flat, TABLE)
    np.testing.assert_array_equal(wires.fan_out, fan_outs(flat))
    np.testing.assert_allclose(wires.length_um, TABLE.lengths(fan_outs(flat)))
    np.testing.assert_allclose(wires.capacitance_ff, 0.2 * wires.length_um)
    np.testing.assert_allclose(wires.delays(loads(flat)), TABLE.delays(fan_outs(flat), loads(flat)))


def test_measured_lengths_go_by_the_module_around_a_net_too() -> None:
    flat = flatten(design())
    wires = wires_of(flat, MEASURED)
    pitch = LIBRARY.cells["INV"].area ** 0.5
    sizes = {"": 16, "left/": 7, "right/": 7}
    pins = fan_outs(flat)
    for net, path in ref_surroundings(flat).items():
        cells = sizes.get(path, 3)
        expected = pitch * 0.5 * max(pins[net], 1) ** 0.75 * cells**0.25 if pins[net] else 0.0
        assert wires.length_um[net] == pytest.approx(expected), path
    np.testing.assert_allclose(wires.capacitance_ff, 0.3 * wires.length_um)


def test_delays_are_those_of_branches_of_the_measured_length() -> None:
    flat = flatten(design())
    wires = wires_of(flat, MEASURED)
    load = loads(flat)
    for net in np.flatnonzero(wires.fan_out):
        pins, length = wires.fan_out[net], wires.length_um[net]
        branch = (0.3 * length + load[net]) / pins
        assert wires.delays(load)[net] == pytest.approx(6.0 * length / pins * branch * 1e-6)
