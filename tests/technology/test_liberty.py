"""The reader of liberty files: units, tables in either order, pairs, cells not for logic."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.technology.liberty import Cell, Library, Table, plain_liberty, read_library
from tests.technology import variants

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


@pytest.fixture(scope="module")
def plain(tmp_path_factory: pytest.TempPathFactory) -> str:
    return plain_liberty(variants.write(tmp_path_factory.mktemp("base"), "base", variants.BASE))


@pytest.mark.parametrize("name", variants.SAME)
def test_ways_to_write_the_same_library(tmp_path: Path, plain: str, name: str) -> None:
    path = variants.write(tmp_path, name, variants.SAME[name])
    assert path.read_bytes() != variants.BASE.encode()
    assert plain_liberty(path) == plain
    assert read_library(path).notes == ()


@pytest.mark.parametrize("name", variants.ACCEPTED)
def test_libraries_that_say_something_else(tmp_path: Path, name: str) -> None:
    library = read_library(variants.write(tmp_path, name, variants.ACCEPTED[name]))
    assert {"INV", "NAND2", "DFF"} <= set(library.cells)
    assert library.voltage == pytest.approx(1.1)
    assert library.notes == ()


@pytest.mark.parametrize("name", variants.LEFT_OUT)
def test_cells_are_left_out_and_that_is_said_once(tmp_path: Path, name: str) -> None:
    text, expected = variants.LEFT_OUT[name]
    path = variants.write(tmp_path, name, text)
    library = read_library(path)
    assert not set(expected) & set(library.cells)
    assert len(set(library.cells) | set(expected)) >= 25
    (note,) = library.notes
    assert note.startswith(f"{path}: {len(expected)} cell")
    for cell, reason in expected.items():
        assert re.search(rf"{cell} \(line \d+: {re.escape(reason)}\)", note)
        assert f"cell ({cell})" not in plain_liberty(path)


@pytest.mark.parametrize("name", variants.REFUSED)
def test_what_is_wrong_is_refused_with_file_line_cell_and_pin(tmp_path: Path, name: str) -> None:
    refused = variants.REFUSED[name]
    path = variants.write(tmp_path, name, refused.text)
    with pytest.raises(UserError) as caught:
        read_library(path)
    assert caught.value.exit_status == 2
    assert caught.value.what == refused.what
    assert ("take the cell out" in str(caught.value)) == refused.what.startswith("cell ")
    file, line = str(caught.value.where).rsplit(":", 1)
    assert file == str(path)
    assert refused.line in refused.text.split("\n")[int(line) - 1]


def test_a_note_names_three_cells(tmp_path: Path) -> None:
    cell = "cell (R%d) { bus (A) { } }"
    (note,) = read(tmp_path, " ".join(cell % number for number in range(5))).notes
    assert note.endswith(f"R2 (line {LINE}: it has a bus: several bits) and 2 more.")
    assert note.count("R") == 3


def test_a_library_without_delays_keeps_its_cells(tmp_path: Path) -> None:
    path = tmp_path / "areas.lib"
    path.write_text(
        "library (areas) { cell (INV) { area : 1; pin (A) { direction : input; } pin (Y) { "
        'direction : output; function : "!A"; } } }'
    )
    library = read_library(path)
    assert list(library.cells) == ["INV"]
    assert not library.states_voltage
    assert [note.rsplit("states no ")[1] for note in library.notes] == [
        'time_unit; "1ns" is taken.', "capacitive_load_unit; (1, pf) is taken.",
    ]  # fmt: skip


def test_a_library_all_of_whose_cells_are_left_out_says_why(tmp_path: Path) -> None:
    path = tmp_path / "wide.lib"
    path.write_text("library (wide) { cell (RAM) { bus (A) { } } }")
    with pytest.raises(UserError, match="cell RAM: it has a bus: several bits") as caught:
        read_library(path)
    assert caught.value.where == f"{path}:1"


PARTS = """library (part) { time_unit : "1ns"; capacitive_load_unit (1, pf); nom_voltage : %s;
  lu_table_template (t) { variable_1 : input_net_transition; index_1 ("0, %s"); }
  cell (%s) { area : 1; pin (A) { direction : input; capacitance : 1; }
    pin (Y) { direction : output; function : "!A"; timing () { related_pin : A;
      cell_rise (t) { values ("%s, 2"); } rise_transition (t) { values ("1, 2"); } } } } }
"""


def parts(tmp_path: Path, *contents: tuple[str, str, str, str]) -> list[Path]:
    paths = [tmp_path / f"{number}.lib" for number in range(len(contents))]
    for path, content in zip(paths, contents, strict=True):
        path.write_text(PARTS % content)
    return paths


def test_several_files_are_one_library(tmp_path: Path) -> None:
    paths = parts(tmp_path, ("1.2", "10", "INV", "1"), ("1.2", "20", "BUF", "1.5"))
    library = read_library(*paths)
    assert list(library.cells) == ["INV", "BUF"]
    # Each file's tables have its own templates, under whatever name.
    together = tmp_path / "together.lib"
    together.write_text(plain_liberty(*paths))
    for read in (library, read_library(together)):
        delays = [read.cells[name].pins["Y"].arcs[0].delays[0] for name in ("INV", "BUF")]
        assert [delay.slews.tolist() for delay in delays] == [[0, 10], [0, 20]]
        assert [delay.values.ravel().tolist() for delay in delays] == [[1, 2], [1.5, 2]]


@pytest.mark.parametrize(
    ("second", "what"),
    [
        (("1.2", "10", "INV", "1"), "cell INV stands in {first} too."),
        (("1.1", "10", "BUF", "1"), "The supply differs from that of {first}."),
    ],
)
def test_files_that_do_not_belong_together(
    tmp_path: Path, second: tuple[str, str, str, str], what: str
) -> None:
    paths = parts(tmp_path, ("1.2", "10", "INV", "1"), second)
    with pytest.raises(UserError) as caught:
        read_library(*paths)
    assert caught.value.what == what.format(first=paths[0])
    assert caught.value.where == str(paths[1])
    assert "of one corner" in str(caught.value.hint)


@pytest.mark.parametrize(
    ("old", "new", "what"),
    [
        ('"1ns"', '"1ps"', "time_unit"),
        ("nom_voltage", "slew_derate_from_library : 0.5; nom_voltage", "slew_derate_from_library"),
        ("nom_voltage", "default_input_pin_cap : 2; nom_voltage", "default_input_pin_cap"),
    ],
)
def test_files_whose_numbers_mean_something_else(
    tmp_path: Path, old: str, new: str, what: str
) -> None:
    paths = parts(tmp_path, ("1.2", "10", "INV", "1"), ("1.2", "10", "BUF", "1"))
    paths[1].write_text(paths[1].read_text().replace(old, new))
    with pytest.raises(UserError, match=f"{what} differs from that of"):
        read_library(*paths)


def test_files_whose_numbers_are_written_in_two_ways(tmp_path: Path) -> None:
    paths = parts(tmp_path, ("1.2", "10", "INV", "1"), ("1.20", "10", "BUF", "1"))
    for path, one in zip(paths, ("1", "1.0"), strict=True):
        path.write_text(path.read_text().replace("nom_", f"default_input_pin_cap : {one}; nom_"))
    assert list(read_library(*paths).cells) == ["INV", "BUF"]


def test_no_file_is_no_library() -> None:
    with pytest.raises(ValueError, match="paths must be at least one file, not none"):
        read_library()
