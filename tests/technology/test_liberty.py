"""The reader of liberty files: units, tables in either order, pairs, cells not for logic."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.technology.liberty import Cell, Library, Table, read_library

TEXT = """
/* comment { with ; braces */
library (odd_units) {
  time_unit : "10ps"; capacitive_load_unit (2, ff);
  define (nothing, library, string);
  lu_table_template (ab) { variable_1 : input_net_transition;
    variable_2 : total_output_net_capacitance; index_1 ("0, 10"); index_2 ("1, 2, 4"); }
  lu_table_template (ba) { variable_1 : total_output_net_capacitance;
    variable_2 : input_net_transition; index_1 ("1, 2, 4"); index_2 ("0, 10"); }
  cell (GATE) {
    area : 2.5;
    pin ("A") { direction : input; capacitance : 3; }
    pin (B) { direction : input }
    pin (Y) { direction : output; function : "!(A * B)";
      timing () { related_pin : "A"; timing_sense : negative_unate;
        cell_fall (ba) { values ("1, 4", \\
          "2, 5", "3, 6"); }
        cell_rise (ab) { index_2 ("1, 3, 5"); values ("1, 2, 3", "4, 5, 6"); }
        rise_transition (scalar) { values ("7"); }
        fall_transition (ab) { values ("1,1,1","2,2,2"); }
        output_current_rise () { vector (x) { values ("1"); } }
      }
      timing () { related_pin : "B"; cell_rise (scalar) { values ("1"); }
        rise_transition (scalar) { values ("1"); } }
      timing () { related_pin : "A"; timing_type : three_state_enable;
        cell_rise (scalar) { values ("1"); } }
    }
  }
  default_input_pin_cap : 4;
%s
}
"""
#: Where more text begins in it.
LINE = TEXT[: TEXT.index("%s")].count("\n") + 1
FLOP = """ cell (%s) { area : 4; %s ff (I, N) { clocked_on : CK; next_state : D; }
  pin (CK) { direction : input; }
  pin (D) { direction : input; timing () { related_pin : CK; timing_type : setup_rising;
    fall_constraint (scalar) { values ("2"); } rise_constraint (scalar) { values ("3"); } }
    timing () { related_pin : CK; timing_type : hold_rising;
      rise_constraint (scalar) { values ("9"); } } }
  pin (Q) { direction : output; function : I; timing () { related_pin : CK;
    timing_type : rising_edge; cell_rise (scalar) { values ("5"); }
    rise_transition (scalar) { values ("6"); } } } } """


def read(tmp_path: Path, more: str = "") -> Library:
    path = tmp_path / "odd.lib"
    path.write_text(TEXT % more)
    return read_library(path)


def test_units_are_nanoseconds_and_femtofarads(tmp_path: Path) -> None:
    gate = read(tmp_path).cells["GATE"]
    assert (gate.area, gate.sequential, gate.dont_use) == (2.5, False, False)
    assert gate.pins["A"].capacitance == 6.0
    assert gate.pins["B"].capacitance == 8.0
    assert gate.pins["Y"].function == "!(A * B)"


def test_tables_have_transition_first_whatever_the_order_in_the_file(tmp_path: Path) -> None:
    arc, other = read(tmp_path).cells["GATE"].pins["Y"].arcs
    assert other.source == "B"
    assert (arc.source, arc.clocked, arc.sense) == ("A", False, "negative_unate")
    rise, fall = arc.delays
    np.testing.assert_allclose(rise.slews, [0.0, 0.1])
    np.testing.assert_allclose(rise.loads, [2, 6, 10])
    np.testing.assert_allclose(rise.values, [[0.01, 0.02, 0.03], [0.04, 0.05, 0.06]])
    np.testing.assert_allclose(fall.loads, [2, 4, 8])
    np.testing.assert_allclose(fall.values, rise.values)
    assert arc.transitions[0].at(3.0, 100.0) == pytest.approx(0.07)
    assert arc.transitions[1].at(0.05, 100.0) == pytest.approx(0.015)


@pytest.mark.parametrize(
    ("slew", "load", "value"),
    [(0, 1, 1), (1, 3, 6), (0.5, 2, 3.5), (0, 2, 2), (2, 3, 9), (0, 5, 5), (-1, 1, -2)],
)  # fmt: skip
def test_interpolation_and_what_lies_beyond(slew: float, load: float, value: float) -> None:
    table = Table(
        np.array([0.0, 1.0]), np.array([1.0, 2.0, 3.0]), np.array([[1.0, 2, 3], [4, 5, 6]])
    )
    assert table.at(slew, load) == pytest.approx(value)


def test_flip_flops_have_setup_times_by_edge(tmp_path: Path) -> None:
    flop = read(tmp_path, FLOP % ("DFF", "")).cells["DFF"]
    assert flop.sequential
    ((rise, fall),) = flop.pins["D"].setups
    assert (rise.at(0, 0), fall.at(0, 0)) == (pytest.approx(0.03), pytest.approx(0.02))
    (arc,) = flop.pins["Q"].arcs
    assert arc.clocked
    assert arc.delays[0] is arc.delays[1]


@pytest.mark.parametrize("mark", ["dont_use : true;", "test_cell () { }"])
def test_cells_that_are_not_for_logic(tmp_path: Path, mark: str) -> None:
    cells = read(tmp_path, FLOP % ("PLAIN", "") + FLOP % ("SPECIAL", mark)).cells
    assert not cells["PLAIN"].dont_use
    assert cells["SPECIAL"].dont_use


def test_tie_cells(tmp_path: Path) -> None:
    text = "cell (%s) { area : %d; %s pin (%s) { direction : output; function : %s; } }"
    library = read(
        tmp_path,
        "\n".join(
            [
                text % ("BIG", 3, "", "Z", '"0"'),
                text % ("SMALL", 1, "", "L", '"(0)"'),
                text % ("BANNED", 0, "dont_use : true;", "Z", '"0"'),
            ]
        ),
    )
    assert library.tie("0") == ("SMALL", "L")
    assert library.tie("1") is None


@pytest.mark.parametrize(
    ("more", "what"),
    [
        ("cell (X) { area : large; }", "cell X: area must be a finite number, not 'large'."),
        (
            "} }",
            "This is not a liberty file that can be read: a brace is closed that was not opened.",
        ),
        (
            "cell (X) { pin (A) { direction : input; } pin (Y) { direction : output; timing () { "
            'related_pin : "A"; cell_rise (ab) { values ("1, 2"); } } } }',
            "cell X: pin Y: values of cell_rise must be 2 x 3 numbers, not 2.",
        ),
    ],
)
def test_damage_is_a_user_error_with_file_and_line(tmp_path: Path, more: str, what: str) -> None:
    with pytest.raises(UserError) as caught:
        read(tmp_path, more)
    assert caught.value.what == what
    assert caught.value.where == f"{tmp_path / 'odd.lib'}:{LINE}"


#: A name with each divider of lines, and what Yosys, ABC, a shell or Tcl would interpret.
INTERPRETED = [
    *(f"x{c}!touch made #" for c in map(chr, range(0x2100)) if len(f"a{c}b".splitlines()) > 1),
    "$(touch made)", "`touch made`", "x;touch", "x'y", "x|y", "x&y", "x>y", "x y", "x\\y",
    "[exit]", "x[exit]", "x{y", "x}y", "$x", "!x", "#x", "-x", "x\xe9", "x\0y", "0x",
]  # fmt: skip


@pytest.mark.parametrize("name", INTERPRETED)
@pytest.mark.parametrize("kind", ["cell", "pin"])
def test_names_that_a_tool_would_interpret_are_refused(
    tmp_path: Path, kind: str, name: str
) -> None:
    names = ("BAD", name) if kind == "pin" else (name, "A")
    with pytest.raises(UserError) as caught:
        read(tmp_path, f'cell ("{names[0]}") {{ pin ("{names[1]}") {{ direction : input; }} }}')
    error = caught.value
    assert (error.exit_status, error.where) == (2, f"{tmp_path / 'odd.lib'}:{LINE}")
    # A file's line ends are read as one.
    assert repr(name.replace("\r", "\n")) in error.what
    assert names[0] in error.what or kind == "cell"
    assert "Rename it" in str(error.hint)


@pytest.mark.parametrize("name", ["A", "_a", "sky130_fd_sc_hd__a21o_1", "A.b", "NAND2X1"])
def test_names_that_no_tool_interprets(tmp_path: Path, name: str) -> None:
    text = 'cell ("%s") { pin ("%s[12]") { direction : input; } pin (%s) { direction : input; } }'
    cell = read(tmp_path, text % (name, name, name)).cells[name]
    assert list(cell.pins) == [f"{name}[12]", name]


def test_cells_are_found_by_name(tmp_path: Path) -> None:
    assert isinstance(read(tmp_path).cells["GATE"], Cell)
    assert read(tmp_path).name == "odd_units"
