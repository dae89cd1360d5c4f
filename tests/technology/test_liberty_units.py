"""Units and supply of a library, in all spellings, and what is none."""

from __future__ import annotations

import pytest

from hawx_hw.technology.liberty_groups import Group, LibertyError, parse
from hawx_hw.technology.liberty_units import Units, read_units, read_voltage


def library(text: str) -> Group:
    (group,) = parse(f"library (l) {{\n{text}\n}}").groups
    return group


def units(text: str) -> Units:
    return read_units(library(text))


@pytest.mark.parametrize("written", ['"10ps"', "10ps", '"10 ps"', '"10PS"', '" 10.0 Ps "'])
def test_one_unit_in_many_spellings(written: str) -> None:
    made = units(f"time_unit : {written};")
    assert made.nanosecond == 0.01
    assert made.attributes["time_unit"] == ': "10ps"'


@pytest.mark.parametrize("written", ["(2, ff)", '("2", "FF")', "(2.0,fF)", "(2 ff)", "( 2 , ff )"])
def test_one_load_in_many_spellings(written: str) -> None:
    made = units(f"capacitive_load_unit {written};")
    assert made.femtofarad == 2.0
    assert made.attributes["capacitive_load_unit"] == "(2, ff)"


def test_what_the_format_takes_where_nothing_is_stated() -> None:
    made = units("")
    assert (made.nanosecond, made.femtofarad, made.volt, made.nanowatt) == (1.0, 1000.0, 1.0, 1.0)
    assert made.missing == (
        "time_unit", "voltage_unit", "leakage_power_unit", "capacitive_load_unit",
    )  # fmt: skip
    assert units('time_unit : "1ns"; capacitive_load_unit (1, pf);').missing == (
        "voltage_unit", "leakage_power_unit",
    )  # fmt: skip


def test_energy_has_no_unit_of_its_own() -> None:
    made = units('voltage_unit : "100mV"; capacitive_load_unit (2, pf);')
    assert made.femtojoule == pytest.approx(2000 * 0.01)


@pytest.mark.parametrize(
    ("written", "nanowatt"), [("1fW", 1e-6), ("100pw", 0.1), ("10 uW", 1e4), ("1MW", 1e6)]
)
def test_power(written: str, nanowatt: float) -> None:
    assert units(f'leakage_power_unit : "{written}";').nanowatt == pytest.approx(nanowatt)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ('time_unit : "10ns";', "time_unit must be one of 1ps, 10ps, 100ps, 1ns, not '10ns'"),
        ("time_unit : ps;", "time_unit must be one of 1ps, 10ps, 100ps, 1ns, not 'ps'"),
        ('voltage_unit : "1kV";', "voltage_unit must be one of 1mV, 10mV, 100mV, 1V, not '1kV'"),
        (
            "capacitive_load_unit (1);",
            "capacitive_load_unit must be a number and ff or pf, not (1)",
        ),
        (
            "capacitive_load_unit (-1, ff);",
            "capacitive_load_unit must be a number and ff or pf, not (-1, ff)",
        ),
        (
            "capacitive_load_unit (x, ff);",
            "capacitive_load_unit must be a finite number, not 'x'",
        ),
    ],
)
def test_what_is_no_unit(text: str, what: str) -> None:
    with pytest.raises(LibertyError) as caught:
        units(text)
    assert (caught.value.what, caught.value.line) == (what, 2)


CONDITIONS = "operating_conditions (%s) { voltage : %s; }"


@pytest.mark.parametrize(
    ("text", "volts"),
    [
        ("", None),
        ("nom_voltage : 0.9;", 0.9),
        ('voltage_unit : "1mV"; nom_voltage : 1100;', 1.1),
        (CONDITIONS % ("a", 0.8), 0.8),
        (CONDITIONS % ("a", 0.8) + "nom_voltage : 0.9;", 0.9),
        (CONDITIONS % ("a", 0.8) + CONDITIONS % ("b", 0.7), None),
        (CONDITIONS % ("a", 0.8) + CONDITIONS % ("b", 0.7) + "nom_voltage : 0.9;", 0.9),
        (
            CONDITIONS % ("a", 0.8)
            + CONDITIONS % ("b", 0.7)
            + "nom_voltage : 0.9; default_operating_conditions : b;",
            0.7,
        ),
        (CONDITIONS % ("a", 0.8) + "default_operating_conditions : c;", 0.8),
    ],
)
def test_supply(text: str, volts: float | None) -> None:
    group = library(text)
    assert read_voltage(group, read_units(group)) == pytest.approx(volts)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("nom_voltage : 1100;", "the supply must be 0.05 to 50 V, not 1100 V: check nom_voltage"),
        ("nom_voltage : 0;", "the supply must be 0.05 to 50 V, not 0 V: check nom_voltage"),
        (CONDITIONS % ("a", -1), "the supply must be 0.05 to 50 V, not -1 V: check voltage"),
    ],
)
def test_what_is_no_supply(text: str, what: str) -> None:
    group = library(text)
    with pytest.raises(LibertyError) as caught:
        read_voltage(group, read_units(group))
    assert (caught.value.what, caught.value.line) == (f"{what} and voltage_unit", 2)
