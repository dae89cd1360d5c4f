"""Transitions and delays of nets of which they can be worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.arcs import loads
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.netlist.slews import delays, slews
from hawx_hw.technology import load

LIBRARY = load("generic45").library
INVERTER = LIBRARY.cells["INV"].pins["ZN"].arcs[0]
REGISTER = LIBRARY.cells["DFF"].pins["Q"].arcs[0]


def chain(first: int | str) -> FlatNetlist:
    """Two inverters, the second one on the first; a register takes what comes out."""
    instances = [
        Instance("a", "INV", {"A": [first], "ZN": [4]}, {}),
        Instance("b", "INV", {"A": [4], "ZN": [5]}, {}),
        Instance("f", "DFF", {"D": [5], "CK": [3], "Q": [6]}, {}),
    ]
    ports = {"i": ("input", [2]), "clk": ("input", [3]), "o": ("output", [4, 5, 6])}
    return flatten(Netlist("top", {"top": Module("top", ports, instances)}, LIBRARY))  # type: ignore[arg-type]


def expected_slews() -> list[list[float]]:
    """Rising and falling edge at the two inverters and the register."""
    first = [table.at(0.0, 1.700) for table in INVERTER.transitions]
    # What rises at the second inverter falls at the first.
    second = [INVERTER.transitions[edge].at(first[1 - edge], 1.140) for edge in (0, 1)]
    return [first, second, [table.at(0.0, 0.0) for table in REGISTER.transitions]]


def test_a_transition_bends_with_that_before_it() -> None:
    flat = chain(2)
    nets = flat.ports["o"][1]
    assert slews(flat)[nets].tolist() == [pytest.approx(pair) for pair in expected_slews()]
    assert slews(flat).shape == (flat.nets, 2)


def test_clock_and_inputs_change_at_once() -> None:
    flat = chain(2)
    for port in ("i", "clk"):
        assert slews(flat)[flat.ports[port][1]].tolist() == [[0.0, 0.0]]


def test_what_never_changes_counts_as_if_it_could() -> None:
    flat = chain("0")
    first, second, _ = flat.ports["o"][1]
    assert slews(flat)[first].tolist() == [0.0, 0.0]
    assert slews(flat)[second].tolist() == [
        pytest.approx(table.at(0.0, 1.140)) for table in INVERTER.transitions
    ]


def test_a_delay_is_the_mean_of_both_edges() -> None:
    flat = chain(2)
    slew = expected_slews()
    first = [table.at(0.0, 1.700) for table in INVERTER.delays]
    second = [INVERTER.delays[edge].at(slew[0][1 - edge], 1.140) for edge in (0, 1)]
    third = [table.at(0.0, 0.0) for table in REGISTER.delays]
    expected = [sum(pair) / 2 for pair in (first, second, third)]
    assert delays(flat)[flat.ports["o"][1]] == pytest.approx(expected)
    assert delays(flat)[flat.ports["i"][1]] == [0.0]


def test_wires_are_part_of_the_load() -> None:
    """As much wire as pin slows a cell down as twice the pins do."""
    flat = chain(2)
    pins = loads(flat)
    assert slews(flat, np.zeros(flat.nets)).tolist() == slews(flat).tolist()
    assert delays(flat, np.zeros(flat.nets)).tolist() == delays(flat).tolist()
    slower = delays(flat, pins) - delays(flat)
    driven = (delays(flat) > 0) & (pins > 0)
    assert np.all(slower[driven] > 0)
    assert np.all(slower[~driven] == 0)
    assert np.all(slews(flat, pins) >= slews(flat))
