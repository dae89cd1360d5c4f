"""The smallest gates of libraries that write their functions in different ways."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.technology.gates import smallest_gates
from hawx_hw.technology.liberty import read_library

TEXT = """library (small) {
  time_unit : "1ns"; capacitive_load_unit (1, ff); leakage_power_unit : "1nW"; nom_voltage : 2.0;
  cell (BIG) { area : 4; cell_leakage_power : 9; pin (A) { direction : input; capacitance : 4; }
    pin (Y) { direction : output; function : "!A"; } }
  cell (SLOW) { area : 2; cell_leakage_power : 5; pin (A) { direction : input; capacitance : 3; }
    pin (Y) { direction : output; function : "(A')"; } }
  cell (INV) { area : 2; cell_leakage_power : 1; pin (A) { direction : input; capacitance : 2; }
    pin (Y) { direction : output; function : "!(A)"; } }
  cell (LEFT) { area : 1; dont_use : true; pin (A) { direction : input; capacitance : 1; }
    pin (Y) { direction : output; function : "!A"; } }
  EXTRA
}
"""
NAND = """cell (ND) { area : 3; cell_leakage_power : 2;
  pin (A) { direction : input; capacitance : 2; } pin (B) { direction : input; capacitance : 2; }
  pin (Y) { direction : output; function : "FUNCTION"; } }"""
FLIP_FLOP = """cell (FF) { area : 20; cell_leakage_power : 7;
  ff (IQ, IQN) { clocked_on : "C"; next_state : "D"; }
  pin (C) { direction : input; capacitance : 1; } pin (D) { direction : input; capacitance : 1; }
  pin (Q) { direction : output; function : "IQ"; } }"""


def gates(folder: Path, extra: str, supply: float = 2.0):
    path = folder / "small.lib"
    path.write_text(TEXT.replace("EXTRA", extra))
    return smallest_gates(read_library(path), supply)


@pytest.mark.parametrize("function", ["!(A & B)", "(A B)'", "!A + !B", "(!A) | (!B)"])
def test_smallest_of_each(tmp_path: Path, function: str) -> None:
    result = gates(tmp_path, NAND.replace("FUNCTION", function) + FLIP_FLOP)
    assert (result.inverter_area, result.inverter_leakage_nw) == (2.0, 1.0)
    assert (result.nand_area, result.nand_leakage_nw) == (3.0, 2.0)
    assert (result.flip_flop_area, result.flip_flop_leakage_nw) == (20.0, 7.0)
    # Half of three inputs of 2 fF at 2 V.
    assert result.net_fj == 12.0
    # 1 fF at 2 V, up and down.
    assert result.flip_flop_clock_fj == 4.0


def test_what_is_missing_is_taken_from_the_inverter(tmp_path: Path) -> None:
    result = gates(tmp_path, NAND.replace("FUNCTION", "!(A | B)"), supply=1.0)
    assert result.nand_area == pytest.approx(8 / 3)
    assert result.flip_flop_area == 16.0
    assert result.net_fj == 3.0
    assert result.flip_flop_clock_fj == 9.0


def test_what_the_clock_switches_inside_a_flip_flop_counts(tmp_path: Path) -> None:
    edges = (
        'internal_power () { rise_power (scalar) { values ("A"); }'
        ' fall_power (scalar) { values ("B"); } }'
    )
    # In units of the supply's square times that of capacitances: fJ.
    pin = "pin (C) { direction : input; capacitance : 1; "
    power = edges.replace("A", "2.0").replace("B", "1.5")
    result = gates(tmp_path, FLIP_FLOP.replace("pin (C) { direction : input; capacitance : 1; ",
                                               pin + power))  # fmt: skip
    assert result.flip_flop_clock_fj == pytest.approx(4.0 + 3.5)


def test_a_library_without_inverter(tmp_path: Path) -> None:
    path = tmp_path / "none.lib"
    path.write_text("library (none) { " + NAND.replace("FUNCTION", "A & B") + " }")
    with pytest.raises(ValueError, match="'none' has no inverter"):
        smallest_gates(read_library(path), 1.0)


@pytest.mark.parametrize(
    ("cell", "area"), [("INV", "area : 2"), ("ND", "area : 3"), ("FF", "area : 20")]
)
def test_gates_without_area_are_refused(tmp_path: Path, cell: str, area: str) -> None:
    text = TEXT.replace("EXTRA", NAND.replace("FUNCTION", "!(A & B)") + FLIP_FLOP)
    path = tmp_path / "small.lib"
    path.write_text(text.replace(f"({cell}) {{ {area};", f"({cell}) {{ area : 0;"))
    with pytest.raises(ValueError, match=f"Cell {cell} of library 'small' has no area"):
        smallest_gates(read_library(path), 1.0)
