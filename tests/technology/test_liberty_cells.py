"""Cells: which are not for logic, what is read of their arcs, and wrong numbers in them."""

from __future__ import annotations

import pytest

from hawx_hw.technology.cells import Cell
from hawx_hw.technology.liberty_cells import CellReader, is_read, is_special, related_pins
from hawx_hw.technology.liberty_groups import Group, LibertyError, parse
from hawx_hw.technology.liberty_tables import TableReader, templates_of
from hawx_hw.technology.liberty_units import read_units


def group(text: str) -> Group:
    (made,) = parse(text).groups
    return made


def cell_of(text: str) -> Group:
    (made,) = group(f"library (l) {{ cell (C) {{ {text} }} }}").groups
    return made


def timing_of(text: str) -> Group:
    (pin,) = cell_of(f"pin (Y) {{ timing () {{ {text} }} }}").groups
    return pin.groups[0]


def read(cell: str, head: str = "") -> Cell:
    library = group(f"library (l) {{ {head}\ncell (C) {{ {cell} }} }}")
    tables = TableReader(read_units(library), templates_of(library))
    return CellReader(library, tables).read(next(library.children("cell")))


@pytest.mark.parametrize(
    ("text", "special"),
    [
        ("", False),
        ("dont_use : true;", True),
        ('dont_use : "TRUE"', True),
        ("dont_use : false;", False),
        ("clock_gating_integrated_cell : latch_posedge;", True),
        ("is_memory_cell : true;", True),
        ("memory () { }", True),
        ("test_cell () { }", True),
    ],
)
def test_cells_that_are_not_for_logic(text: str, special: bool) -> None:
    assert is_special(cell_of(text)) == special


@pytest.mark.parametrize("written", ['"A B"', '"A, B"', '"A,B"', "A B"])
def test_related_pins(written: str) -> None:
    assert related_pins(timing_of(f"related_pin : {written};")) == ["A", "B"]
    assert related_pins(timing_of("")) == []


@pytest.mark.parametrize(
    ("kind", "expected"),
    [("", True), ("rising_edge", True), ("setup_falling", True), ("hold_rising", False)],
)
def test_kinds_of_timing(kind: str, expected: bool) -> None:
    text = f"timing_type : {kind};" if kind else ""
    assert is_read(timing_of(text)) == expected


def test_an_arc_for_each_related_pin() -> None:
    values = 'cell_rise (scalar) { values ("1"); } rise_transition (scalar) { values ("2"); }'
    cell = read(
        f'area : 2; pin (Y) {{ direction : output; timing () {{ related_pin : "A, B"; {values} }} '
        f"timing () {{ related_pin : C; timing_type : three_state_enable; {values} }} }}"
    )
    assert [arc.source for arc in cell.pins["Y"].arcs] == ["A", "B"]
    assert cell.area == 2


def test_one_group_for_several_pins() -> None:
    cell = read(
        "pin (A, B) { direction : input; capacitance : 2; }", "capacitive_load_unit (1, ff);"
    )
    assert [pin.capacitance for pin in cell.pins.values()] == [2.0, 2.0]


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        ("area : -1;", "area must not be negative, not -1"),
        ("area : nan;", "area must be a finite number, not 'nan'"),
        ("cell_leakage_power : inf;", "cell_leakage_power must be a finite number, not 'inf'"),
        ("leakage_power () { value : x; }", "value must be a finite number, not 'x'"),
        ("pin (A) { capacitance : -1; }", "pin A: capacitance must not be negative, not -1"),
        ("pin (A) { capacitance : inf; }", "pin A: capacitance must be a finite number, not 'inf'"),
    ],
)
def test_wrong_numbers(cell: str, what: str) -> None:
    with pytest.raises(LibertyError) as caught:
        read(cell)
    assert (caught.value.what, caught.value.line) == (what, 2)
