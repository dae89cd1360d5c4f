"""Evaluation of netlists."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np

from hawx_hw.flows.fpga.netlist import UNKNOWN, Cell, Netlist, Values

MODULE = {
    "ports": {
        "clk": {"direction": "input", "bits": [2]},
        "led": {"direction": "output", "bits": [5, "0"]},
    },
    "netnames": {"a": {"bits": [3, 4]}, "out": {"bits": [5, 6, 7, "1", "x", 99]}},
    "cells": {
        name: {
            "type": kind,
            "port_directions": {"I": "input", "O": "output"},
            "connections": {"I": inputs, "O": [output]},
        }
        for name, kind, inputs, output in (
            ("inverter", "NOT", [3], 5),
            ("loop", "NOT", [6], 6),
            ("other", "NEVER_SEEN", [3], 7),
            ("second", "NOT", [5], 8),
        )
    },
}


def inverted(cell: Cell, port: str, index: int, read: Callable[[str, int], Values]) -> Values:
    values = read("I", 0)
    return np.where(values == UNKNOWN, UNKNOWN, 1 - values).astype(np.uint8)


def test_what_follows_is_computed_and_all_else_is_unknown() -> None:
    netlist = Netlist(MODULE)
    given = {3: np.array([0, 1, 0], np.uint8)}
    values = netlist.evaluate([*netlist.nets["out"], 8], given, 3, {"NOT": inverted})
    unknown = [UNKNOWN] * 3
    assert values.tolist() == [
        [1, 0, 1],  # an inverter
        unknown,  # a loop
        unknown,  # a cell without a model
        [1, 1, 1],  # constants
        unknown,
        unknown,  # a net that nothing drives
        [0, 1, 0],  # an inverter of an inverter
    ]


def test_an_input_that_is_not_connected_is_unknown() -> None:
    cells = {"x": {"type": "NOT", "port_directions": {"O": "output"}, "connections": {"O": [5]}}}
    values = Netlist({"cells": cells}).evaluate([5], {}, 1, {"NOT": inverted})
    assert values.tolist() == [[UNKNOWN]]


def test_it_is_read_from_a_file_with_its_ports(tmp_path: Path) -> None:
    path = tmp_path / "x.json"
    path.write_text(json.dumps({"modules": {"top": MODULE}}))
    netlist = Netlist.read(path, "top")
    assert netlist.port_bits() == ["clk", "led[0]", "led[1]"]
    assert [cell.name for cell in netlist.cells] == ["inverter", "loop", "other", "second"]


def test_parameters_are_numbers_in_base_two() -> None:
    cell = Cell("c", "LUT", {"INIT": "10x1"}, {})
    assert cell.number("INIT") == 0b1001
    assert cell.number("WIDTH", 18) == 18


def test_a_chain_may_be_as_long_as_the_design() -> None:
    length = 5000
    cells = {
        str(bit): {
            "type": "NOT",
            "port_directions": {"I": "input", "O": "output"},
            "connections": {"I": [bit], "O": [bit + 1]},
        }
        for bit in range(2, 2 + length)
    }
    limit = sys.getrecursionlimit()
    given = {2: np.array([0, 1], np.uint8)}
    values = Netlist({"cells": cells}).evaluate([2 + length], given, 2, {"NOT": inverted})
    assert values.tolist() == [[0, 1]]
    assert sys.getrecursionlimit() == limit
