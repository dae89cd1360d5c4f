"""Models of cells: what the C code reads, and cells that cannot be simulated."""

from __future__ import annotations

import re

import pytest

from hawx_hw.errors import UserError
from hawx_hw.netlist.cells import c_code, cell_model
from hawx_hw.technology import load
from hawx_hw.technology.liberty import Library, read_library

LIBRARY = """
library (odd) {
  time_unit : "1ns"; capacitive_load_unit (1, ff);
  cell (MUX) { area : 1; pin (A) { direction : input; } pin (B) { direction : input; }
    pin (S) { direction : input; }
    pin (Y) { direction : output; function : "(A !S) + (B S)"; }
    pin (N) { direction : output; function : "!A"; } }
  cell (FLOP) { area : 1; ff (I, J) { clocked_on : "C"; next_state : "D E"; clear : "!R"; }
    pin (C) { direction : input; clock : true; } pin (D) { direction : input; }
    pin (E) { direction : input; } pin (R) { direction : input; }
    pin (Q) { direction : output; function : "I"; }
    pin (P) { direction : output; function : "J"; } }
  cell (FALLING) { area : 1; ff (I, J) { clocked_on : "!C"; next_state : "D"; }
    pin (C) { direction : input; } pin (D) { direction : input; }
    pin (Q) { direction : output; function : "I"; } }
  cell (LATCH) { area : 1; latch (I, J) { enable : "C"; data_in : "D"; }
    pin (C) { direction : input; } pin (D) { direction : input; }
    pin (Q) { direction : output; function : "I"; } }
  cell (SILENT) { area : 1; pin (A) { direction : input; } pin (Y) { direction : output; } }
}
"""


@pytest.fixture(scope="module")
def library(tmp_path_factory: pytest.TempPathFactory) -> Library:
    path = tmp_path_factory.mktemp("odd") / "odd.lib"
    path.write_text(LIBRARY)
    return read_library(path)


def model(library: Library, kind: str):  # type: ignore[no-untyped-def]
    return cell_model(library.cells[kind], tuple(library.cells[kind].pins))


def test_a_gate_depends_on_what_its_outputs_name(library: Library) -> None:
    result = model(library, "MUX")
    assert set(result.inputs) == {"A", "B", "S"}
    assert [pin for pin, _ in result.outputs] == ["Y", "N"]
    assert result.next_state is None
    function = dict(result.outputs)["Y"]
    for s in (0, 1):
        assert [
            int(function.evaluate({"A": a, "B": 1 - a, "S": s})) & 1 for a in (0, 1)
        ] == ([0, 1] if s == 0 else [1, 0])  # fmt: skip


def test_a_flip_flop_depends_on_its_next_state(library: Library) -> None:
    result = model(library, "FLOP")
    assert result.inputs == ("D", "E")
    assert (result.clock, result.state, result.inverted) == ("C", "I", "J")
    (clear,) = result.asynchronous
    assert set(clear.names) == {"R"}


@pytest.mark.parametrize(
    ("kind", "reason"),
    [
        ("LATCH", "it is a latch"),
        ("FALLING", "its clock's falling edge counts"),
        ("SILENT", "its output Y has no function"),
    ],
)
def test_what_cannot_be_simulated(library: Library, kind: str, reason: str) -> None:
    with pytest.raises(UserError, match=f"^Cell {kind} cannot be simulated: {reason}"):
        model(library, kind)


def test_every_kind_has_its_place_in_the_tables() -> None:
    library = load("generic45").library
    models = [
        cell_model(library.cells[kind], tuple(library.cells[kind].pins))
        for kind in ("INV", "DFF", "NAND2")
    ]
    text = c_code(models)
    tables = {
        name: [entry.strip() for entry in entries.split(",")]
        for name, entries in re.findall(r"\(\*const (\w+)\[\]\).* = \{(.*)\};", text)
    }
    assert tables == {
        "gates": ["gate_0", "0", "gate_2"],
        "states": ["0", "state_1", "0"],
        "outputs": ["0", "output_1", "0"],
    }
    # Single outputs are numbered apart: two of gates, those of the flip-flop.
    gates, states = text.split("static inline word evaluate_state")
    assert gates.count("  case ") == 2
    assert states.count("  case ") == len(models[1].outputs)


def test_no_cells_are_still_valid_c() -> None:
    assert "gates[])(struct state *, const int32_t *, int64_t) = {0};" in c_code([])
