"""What the cells of a library mean: names, functions, related pins, delays."""

from __future__ import annotations

import pytest

from hawx_hw.technology.liberty_cells import CellReader
from hawx_hw.technology.liberty_checks import BadName, check_cell, check_cell_name, check_delays
from hawx_hw.technology.liberty_groups import Group, LibertyError, parse
from hawx_hw.technology.liberty_tables import TableReader, Unsupported, templates_of
from hawx_hw.technology.liberty_units import read_units

VALUES = 'cell_rise (scalar) { values ("1"); } rise_transition (scalar) { values ("2"); }'
GATE = """pin (A) { direction : input; }
pin (B) { direction : input; }
pin (Y) { direction : output; function : "%s";
%s
}"""


def group(cell: str) -> tuple[Group, TableReader]:
    (library,) = parse(f"library (l) {{ cell (C) {{\n{cell}\n}} }}").groups
    return next(library.children("cell")), TableReader(read_units(library), templates_of(library))


def check(cell: str) -> None:
    check_cell(*group(cell))


def delays(cell: str) -> None:
    made, tables = group(cell)
    check_delays(CellReader(made, tables).read(made), made.line)


def arc(pin: str, more: str = "") -> str:
    return f"timing () {{ related_pin : {pin}; {more} {VALUES} }}"


@pytest.mark.parametrize(
    "cell",
    [
        GATE % ("!(A & B)", arc("A") + arc("B")),
        GATE % ("A B'", 'internal_power () { related_pin : "A"; when : "!B"; }'),
        GATE % ("IQ", "ff_ () { }") + 'ff (IQ, IQN) { clocked_on : "A"; next_state : "B IQN"; }',
        GATE % ("IQ", "") + 'latch ("IQ", "IQN") { enable : A; data_in : (B); }',
        GATE % ("", "timing () { timing_type : min_pulse_width; }"),
        "pin (A[3]) { direction : inout; }",
        'pin (A) { direction : input; } test_cell () { ff (X, XN) { clocked_on : "T"; } }',
    ],
)
def test_cells_that_pass(cell: str) -> None:
    check(cell)


@pytest.mark.parametrize("name", ["$(touch x)", "a b", "", "0x", "a;b", "\xe9", "a\nb", "a-b"])
def test_names(name: str) -> None:
    with pytest.raises(BadName, match="is no name for a cell"):
        check_cell_name(name, 1)


@pytest.mark.parametrize(
    ("cell", "what", "line"),
    [
        (GATE % ("A & C", ""), "function 'A & C': there is no pin C", 4),
        (GATE % ("A &", ""), "function must be a Boolean function, not 'A &'", 4),
        (GATE % ("(" * 5000 + "A", ""), "function must be a Boolean function, not ", 4),
        (GATE % ("A", 'internal_power () { when : "C"; }'), "when 'C': there is no pin C", 5),
        (GATE % ("A", arc("A", "when : C;")), "when 'C': there is no pin C", 5),
        (
            GATE % ("IQ", "") + 'ff (IQ, IQN) { clear : "!RN"; }',
            "clear '!RN': there is no pin RN",
            6,
        ),
        (GATE % ("A", arc("C")), "pin Y: related_pin 'C' is no pin of the cell", 5),
        (
            GATE % ("A", "timing () { related_pin : A; timing_type : clear; timing_sense : up; }"),
            "pin Y: timing_sense must be one of positive_unate, negative_unate, non_unate, "
            "not 'up'",
            5,
        ),
        (
            GATE % ("A", "timing () { related_pin : A; timing_type : rising; }"),
            "pin Y: timing_type 'rising' is none that the format has",
            5,
        ),
        (
            f"pin (A) {{ direction : input; {arc('A')} }}",
            "pin A: combinational timing ends at an input",
            2,
        ),
        (GATE % ("A", f"timing () {{ {VALUES} }}"), "pin Y: timing has no related_pin", 5),
        (
            GATE % ("A", "timing () { related_pin : A; timing_type : hold_rising; "
                    'rise_constraint (none) { values ("1"); } }'),
            "pin Y: rise_constraint: there is no template 'none'",
            5,
        ),
        (
            "pin (A) { direction : up; }",
            "pin A: direction must be one of input, output, inout, internal, not 'up'",
            2,
        ),
        (
            "pin (A) { direction : input; }\npin (A) { direction : input; }",
            "pin A stands here twice, first in line 2",
            3,
        ),
    ],
)  # fmt: skip
def test_cells_that_are_wrong(cell: str, what: str, line: int) -> None:
    with pytest.raises(LibertyError) as caught:
        check(cell)
    assert not isinstance(caught.value, Unsupported)
    assert caught.value.what.startswith(what)
    assert caught.value.line == line


@pytest.mark.parametrize("kind", ["bus", "bundle", "ff_bank", "latch_bank"])
def test_several_bits_are_not_read(kind: str) -> None:
    with pytest.raises(Unsupported, match=f"it has a {kind}: several bits"):
        check(f"{kind} (A) {{ }}")


@pytest.mark.parametrize(
    "cell",
    [
        GATE % ("A & B", arc("A") + arc("B")),
        GATE % ("A", arc("A")),
        GATE % ("1", ""),
        GATE % ("", ""),
        GATE % ("IQ", arc("A", "timing_type : rising_edge;")) + "ff (IQ, IQN) { }",
        GATE % ("IQ", arc("B")) + "latch (IQ, IQN) { }",
    ],
)
def test_cells_with_all_delays(cell: str) -> None:
    delays(cell)


@pytest.mark.parametrize(
    ("cell", "what"),
    [
        (GATE % ("A & B", arc("A")), "pin Y has no delay from B"),
        (GATE % ("A & B", ""), "pin Y has no delay from A or B"),
        (GATE % ("IQ", arc("A")) + "ff (IQ, IQN) { }", "pin Y has no delay from a clock"),
    ],
)
def test_cells_without_a_delay(cell: str, what: str) -> None:
    with pytest.raises(Unsupported) as caught:
        delays(cell)
    assert caught.value.what == what
