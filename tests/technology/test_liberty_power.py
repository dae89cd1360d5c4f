"""Leakage, internal energy, supply and flip-flops of a liberty file, in the project's units."""

from __future__ import annotations

from pathlib import Path

import pytest

from hawx_hw.technology.liberty import Cell, Library, read_library

HEAD = """library (small) {
  time_unit : "1ps"; voltage_unit : "100mV"; leakage_power_unit : "10pW";
  capacitive_load_unit (2, ff); nom_voltage : 9; default_cell_leakage_power : 6;
  default_output_pin_cap : 5;
  operating_conditions (slow) { voltage : 8; }
  operating_conditions (fast) { voltage : 12; }
  %s
  power_lut_template (energy) { variable_1 : input_transition_time; index_1 ("0, 100"); }
  power_lut_template (both) { variable_1 : total_output_net_capacitance;
    variable_2 : input_transition_time; index_1 ("1, 3"); index_2 ("0, 100"); }
"""
GATE = """cell (GATE) {
  %s
  pin (A) { direction : input;
    internal_power () { when : "B"; rise_power (energy) { values ("1, 3"); }
      fall_power (energy) { values ("5, 7"); } }
    internal_power () { when : "!B"; power (scalar) { values ("-2"); } } }
  pin (B) { direction : input; }
  pin (Y) { direction : output; function : "A B";
    internal_power () { related_pin : "A B"; rise_power (both) { values ("1, 2", "3, 4"); }
      fall_power (scalar) { values ("9"); } } }
}
"""


def read(tmp_path: Path, cell: str = "", head: str = "") -> Library:
    path = tmp_path / "small.lib"
    path.write_text(HEAD % head + GATE % cell + "}\n")
    return read_library(path)


def gate(tmp_path: Path, cell: str = "") -> Cell:
    return read(tmp_path, cell).cells["GATE"]


def test_energy_is_capacitance_times_voltage_squared(tmp_path: Path) -> None:
    # 2 fF x (0.1 V)^2 = 0.02 fJ.
    high, low = gate(tmp_path).pins["A"].powers
    assert (high.related, high.when) == ("", "B")
    assert high.rise.at(0.05, 0.0) == pytest.approx(0.02 * 2)
    assert high.fall.at(0.1, 99.0) == pytest.approx(0.02 * 7)
    assert low.when == "!B"
    assert low.rise.at(0, 0) == low.fall.at(0, 0) == pytest.approx(-0.04)


def test_energy_of_an_output_by_related_pin(tmp_path: Path) -> None:
    first, second = gate(tmp_path).pins["Y"].powers
    assert (first.related, second.related) == ("A", "B")
    # Load 4 fF is halfway between 2 and 6, transition 0.1 ns at the end of its axis.
    assert first.rise.at(0.1, 4.0) == pytest.approx(0.02 * 3)
    assert second.fall.at(0.0, 0.0) == pytest.approx(0.02 * 9)


@pytest.mark.parametrize(
    ("cell", "default", "states"),
    [
        ("", 0.06, ()),
        ("cell_leakage_power : 3;", 0.03, ()),
        ("leakage_power () { value : 4; }", 0.04, ()),
        (
            'cell_leakage_power : 3; leakage_power () { when : "A"; value : 4; }',
            0.03,
            (("A", 0.04),),
        ),
        (
            'leakage_power () { value : 1; } leakage_power () { when : "A"; value : 4; '
            'related_pg_pin : VDD; } leakage_power () { when : "A"; value : 2; '
            "related_pg_pin : VBB; }",
            0.01,
            (("A", 0.06),),
        ),
    ],
)
def test_leakage(
    tmp_path: Path, cell: str, default: float, states: tuple[tuple[str, float], ...]
) -> None:
    result = gate(tmp_path, cell)
    assert result.leakage_nw == pytest.approx(default)
    assert [when for when, _ in result.leakages] == [when for when, _ in states]
    assert [nw for _, nw in result.leakages] == pytest.approx([nw for _, nw in states])


@pytest.mark.parametrize(
    ("head", "volts"),
    [("", 0.9), ("default_operating_conditions : fast;", 1.2)],
)
def test_supply(tmp_path: Path, head: str, volts: float) -> None:
    assert read(tmp_path, head=head).voltage == pytest.approx(volts)


def test_output_pins_have_their_own_default_capacitance(tmp_path: Path) -> None:
    assert gate(tmp_path).pins["Y"].capacitance == 10.0


def test_flip_flop(tmp_path: Path) -> None:
    result = gate(
        tmp_path, 'ff (IQ, IQN) { clocked_on : "!A"; next_state : "A B"; clear : "B\'"; }'
    )
    flop = result.flip_flop
    assert flop is not None
    assert (flop.state, flop.inverted_state) == ("IQ", "IQN")
    assert (flop.clocked_on, flop.next_state, flop.clear, flop.preset) == ("!A", "A B", "B'", "")
    assert gate(tmp_path).flip_flop is None
