"""Cells in Verilog: the texts of gates, for all inputs; test_verilator_netlists.py runs them."""

from __future__ import annotations

import itertools
import re
from functools import cache

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.cell_verilog import cell_verilog
from hawx_hw.technology import load
from hawx_hw.technology.cells import Cell, FlipFlop, Library, Pin
from tests import material
from tests.netlist.netlists import exact_function, inputs, outputs, usable

LIBRARIES = (
    "generic45", "osu018", "ihp-sg13g2", pytest.param("sky130hd", marks=pytest.mark.slow),
)  # fmt: skip
#: Of more inputs, so many random combinations are tried.
MOST = 512


@cache
def library_of(name: str) -> Library:
    technology = load(name) if name == "generic45" else material.technology(name)
    return technology.library


def pin(name: str, direction: str, function: str = "") -> Pin:
    return Pin(name, direction, 1.0, function, ())


def cell(name: str, *pins: Pin, sequential: bool = False, flop: FlipFlop | None = None) -> Cell:
    return Cell(name, 1.0, False, sequential, {each.name: each for each in pins}, flip_flop=flop)


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_gate_computes_the_librarys_function(name: str) -> None:
    """Its text means in Python what it means in Verilog, but for the constants."""
    rng = np.random.default_rng(0)
    gates = usable(library_of(name))
    assert len(gates) > 15
    for gate in gates:
        text = cell_verilog([gate])
        assert re.search(rf"^module {gate.name}\(", text, re.MULTILINE)
        assigned = dict(re.findall(r"^  assign (\w+) = (.*);$", text, re.MULTILINE))
        assert sorted(assigned) == sorted(outputs(gate))
        names = inputs(gate)
        values = list(itertools.product((0, 1), repeat=len(names)))
        if len(values) > MOST:
            values = [values[index] for index in rng.integers(len(values), size=MOST)]
        for output, expression in assigned.items():
            code = compile(expression.replace("1'b", ""), gate.name, "eval")
            expected = exact_function(gate.pins[output].function)
            for bits in values:
                known = dict(zip(names, bits, strict=True))
                assert eval(code, {}, known) & 1 == expected(known), (gate.name, output, known)


@pytest.mark.parametrize("name", LIBRARIES)
def test_every_cell_that_synthesis_may_use_has_a_model(name: str) -> None:
    cells = [
        each
        for each in library_of(name).cells.values()
        if each.clock_gate
        or (
            not each.dont_use
            and (each.flip_flop or not each.sequential)
            and any(pin.function for pin in each.pins.values())
        )
    ]
    text = cell_verilog(cells)
    assert text.count("\nmodule ") == text.count("\nendmodule\n")
    assert "hawx_clock" in text


def test_cells_stand_in_the_order_of_their_names() -> None:
    library = load("generic45").library.cells
    texts = [
        cell_verilog([library[name] for name in names])
        for names in (("INV", "AND2", "DFF"), ("DFF", "INV", "AND2"))
    ]
    assert texts[0] == texts[1]
    assert re.findall(r"^module (\w+)", texts[0], re.MULTILINE) == ["AND2", "DFF", "INV"]


def test_a_falling_edge_counts_where_the_library_states_it() -> None:
    flop = FlipFlop("IQ", "", "!CKN", "D", "", "")
    text = cell_verilog(
        [cell("F", pin("CKN", "input"), pin("D", "input"), pin("Q", "output", "IQ"),
              sequential=True, flop=flop)]
    )  # fmt: skip
    assert "wire hawx_clock = (~CKN);" in text
    assert "always @(posedge hawx_clock)" in text


@pytest.mark.parametrize(
    ("bad", "reason"),
    [
        (cell("L", pin("D", "input"), pin("Q", "output", "IQ"), sequential=True), "is a latch"),
        (cell("X", pin("A", "input"), pin("Z", "output")), "output Z has no function"),
        (cell("Y", pin("A", "input"), pin("Z", "output", "A ? 1")), "function must be Boolean"),
    ],
)
def test_a_cell_without_a_model_is_refused(bad: Cell, reason: str) -> None:
    with pytest.raises(UserError, match=rf"^Cell {bad.name} has no model in Verilog: .*{reason}"):
        cell_verilog([bad])
