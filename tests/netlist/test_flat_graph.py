"""The flat graph: loads across modules, joined wires, names of ends."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.flat_graph import CLOCK, flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.technology import load


@pytest.fixture(scope="module")
def netlist() -> Netlist:
    """Two parts, each an inverter and a register behind it; one input drives both inverters."""
    part = Module(
        "part",
        {"a": ("input", [2]), "clk": ("input", [3]), "q": ("output", [5])},
        [
            Instance("gate", "INV", {"A": [2], "ZN": [4]}, {}),
            Instance("flop", "DFF", {"D": [4], "CK": [3], "Q": [5]}, {}),
        ],
    )
    top = Module(
        "top",
        {"clk": ("input", [2]), "i": ("input", [3]), "o": ("output", [4, 5])},
        [
            Instance("one", "part", {"a": [3], "clk": [2], "q": [4]}, {}),
            Instance("two", "part", {"a": [3], "clk": [2], "q": [5]}, {}),
        ],
    )
    return Netlist("top", {"part": part, "top": top}, load("generic45").library)


def test_loads_add_up_across_modules(netlist: Netlist) -> None:
    graph = flatten(netlist)
    loads = np.sort(graph.loads[graph.loads > 0])
    np.testing.assert_allclose(loads, [1.140, 1.140, 2 * 0.950, 2 * 1.700])


def test_arcs_and_ends_of_every_instance(netlist: Netlist) -> None:
    graph = flatten(netlist)
    # An inverter: fall to rise, rise to fall. A register: the clock's rise to both.
    assert len(graph.arcs) == 2 * (2 + 2)
    assert np.count_nonzero(graph.arcs[:, 0] == 2 * CLOCK) == 4
    gates = graph.arcs[graph.arcs[:, 0] > 1]
    assert np.all((gates[:, 0] ^ gates[:, 1]) & 1)
    assert [graph.place_of_end(end) for end in range(len(graph.ends))] == [
        *[("part", "one/flop/D")] * 2,
        *[("part", "two/flop/D")] * 2,
        *[("top", "o[0]")] * 2,
        *[("top", "o[1]")] * 2,
    ]
    assert list(graph.ends[:, 1] >= 0) == [True] * 4 + [False] * 4


def test_tables_are_shared_by_instances(netlist: Netlist) -> None:
    one_each = {id(table) for table in flatten(netlist).tables}
    # Two delays and two transitions of each cell, and two set-up times.
    assert len(one_each) == len(flatten(netlist).tables) == 4 + 4 + 2


def test_inputs_start_paths(netlist: Netlist) -> None:
    graph = flatten(netlist)
    driven = graph.loads[graph.starts]
    np.testing.assert_allclose(np.sort(driven), [1.900, 3.400])
