"""Reads what synthesis, timing and power need from a liberty file."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.technology.cells import (
    Arc,
    Cell,
    FlipFlop,
    InternalPower,
    Library,
    Pin,
    Table,
)
from hawx_hw.technology.liberty_groups import Group, parse

__all__ = [
    "Arc",
    "Cell",
    "FlipFlop",
    "InternalPower",
    "Library",
    "Pin",
    "Table",
    "read_library",
]

#: Attributes of cells that are not for logic. Not all libraries mark them dont_use as well.
_SPECIAL_FLAGS = (
    "dont_use", "always_on", "is_isolation_cell", "is_level_shifter", "is_macro_cell", "pad_cell",
)  # fmt: skip
_SPECIAL_TEXTS = ("clock_gating_integrated_cell", "power_gating_cell", "retention_cell")
#: Names reach commands of Yosys, ABC, a shell and OpenSTA's Tcl, none of which interprets these.
_CELL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
#: With the index of a bit in a bus.
_PIN = re.compile(rf"{_CELL.pattern}(?:\[[0-9]+\])?")


def read_library(path: Path) -> Library:
    """Read a liberty file.

    Raises
    ------
    UserError
        The file is not liberty, has no cells, or names a cell or pin by more than a plain word.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"The liberty file cannot be read: {error}", where=str(path)) from error
    try:
        root = parse(text)
        library = _library(root)
    except (IndexError, ValueError, KeyError) as error:
        raise UserError(
            f"This is not a liberty file that can be read: {error}", where=str(path)
        ) from error
    if not library.cells:
        raise UserError("The liberty file has no cells", where=str(path))
    _check_names(library, path)
    return library


def _check_names(library: Library, path: Path) -> None:
    hint = (
        "Rename it in the liberty file, with letters, digits, _ and . only, "
        "the first a letter or _."
    )
    for name, cell in library.cells.items():
        if not _CELL.fullmatch(name):
            raise UserError(f"{name!r} is no name for a cell.", where=str(path), hint=hint)
        for pin in cell.pins:
            if not _PIN.fullmatch(pin):
                raise UserError(
                    f"{pin!r} is no name for a pin of cell {name}.", where=str(path), hint=hint
                )


@dataclass(frozen=True)
class _Units:
    """What one unit of the library is in ns, fF, fJ, nW; and the templates of its tables."""

    nanosecond: float
    femtofarad: float
    femtojoule: float
    nanowatt: float
    templates: dict[str, Group]


_TIMES = {"1ns": 1.0, "1ps": 1e-3, "10ps": 1e-2, "100ps": 0.1}
_POWERS = {"1pw": 1e-3, "10pw": 1e-2, "100pw": 0.1, "1nw": 1.0, "10nw": 10.0, "100nw": 100.0,
           "1uw": 1e3, "10uw": 1e4, "100uw": 1e5, "1mw": 1e6}  # fmt: skip
_VOLTAGES = {"1mv": 1e-3, "10mv": 1e-2, "100mv": 0.1, "1v": 1.0}


def _units(group: Group) -> _Units:
    amount, unit = (group.attributes.get("capacitive_load_unit") or ["1", "pf"])[:2]
    femtofarad = float(amount) * {"ff": 1.0, "pf": 1000.0}[unit.lower()]
    volt = _VOLTAGES[group.text("voltage_unit", "1V").lower()]
    return _Units(
        _TIMES[group.text("time_unit", "1ns")],
        femtofarad,
        # The format has no unit of energy of its own.
        femtofarad * volt * volt,
        # Without a unit there must be no leakage: OpenSTA takes it as zero as well.
        _POWERS[group.text("leakage_power_unit", "1nW").lower()],
        {
            template.arguments[0]: template
            for template in group.children("lu_table_template", "power_lut_template")
        },
    )


def _library(root: Group) -> Library:
    group = next(root.children("library"), None)
    if group is None:
        raise ValueError("there is no library group")
    units = _units(group)
    cells = {}
    for cell in group.children("cell"):
        name = cell.arguments[0]
        pins = {}
        buses = (pin for bus in cell.children("bus", "bundle") for pin in bus.children("pin"))
        for pin in (*cell.children("pin"), *buses):
            for pin_name in pin.arguments:
                direction = pin.text("direction")
                usual = (
                    "default_input_pin_cap" if direction == "input" else "default_output_pin_cap"
                )
                pins[pin_name] = Pin(
                    pin_name,
                    direction,
                    pin.number("capacitance", group.number(usual)) * units.femtofarad,
                    pin.text("function"),
                    tuple(_arcs(pin, units)),
                    tuple(_setups(pin, units)),
                    tuple(_powers(pin, units)),
                )
        cells[name] = Cell(
            name,
            cell.number("area"),
            _special(cell),
            any(cell.children("ff", "latch", "statetable")),
            pins,
            *_leakage(cell, group, units),
            _flip_flop(cell),
        )
    return Library(group.arguments[0] if group.arguments else "", cells, _voltage(group))


def _voltage(library: Group) -> float:
    conditions = {
        group.arguments[0]: group
        for group in library.children("operating_conditions")
        if group.arguments
    }
    chosen = conditions.get(library.text("default_operating_conditions"))
    nominal = library.number("nom_voltage", 1.0)
    return nominal if chosen is None else chosen.number("voltage", nominal)


def _leakage(
    cell: Group, library: Group, units: _Units
) -> tuple[float, tuple[tuple[str, float], ...]]:
    by_state: dict[str, float] = {}
    for group in cell.children("leakage_power"):
        # One group for each supply pin.
        when = group.text("when")
        by_state[when] = by_state.get(when, 0.0) + group.number("value") * units.nanowatt
    stated = "cell_leakage_power" in cell.attributes
    default = (
        cell.number("cell_leakage_power") * units.nanowatt
        if stated or "" not in by_state
        else by_state[""]
    )
    if not stated and not by_state:
        default = library.number("default_cell_leakage_power") * units.nanowatt
    return default, tuple((when, value) for when, value in by_state.items() if when)


def _flip_flop(cell: Group) -> FlipFlop | None:
    group = next(cell.children("ff"), None)
    if group is None:
        return None
    state, inverted = (*group.arguments, "", "")[:2]
    names = ("clocked_on", "next_state", "clear", "preset")
    return FlipFlop(state, inverted, *(group.text(name) for name in names))


def _special(cell: Group) -> bool:
    """Whether a cell is not for logic: clock gates, scan flip-flops, isolation of power domains."""
    return (
        any(cell.text(flag).lower() == "true" for flag in _SPECIAL_FLAGS)
        or any(cell.text(name) for name in _SPECIAL_TEXTS)
        or any(cell.children("test_cell", "statetable"))
    )


def _arcs(pin: Group, units: _Units) -> Iterator[Arc]:
    for timing in pin.children("timing"):
        kind = timing.text("timing_type", "combinational")
        if kind not in ("combinational", "rising_edge", "falling_edge"):
            continue
        delays = _pair(timing, "cell_rise", "cell_fall", units, units.nanosecond)
        transitions = _pair(timing, "rise_transition", "fall_transition", units, units.nanosecond)
        if delays and transitions:
            sense = timing.text("timing_sense", "non_unate")
            for source in timing.text("related_pin").split():
                yield Arc(source, kind != "combinational", sense, delays, transitions)


def _setups(pin: Group, units: _Units) -> Iterator[tuple[Table, Table]]:
    for timing in pin.children("timing"):
        if timing.text("timing_type").startswith("setup_"):
            limits = _pair(timing, "rise_constraint", "fall_constraint", units, units.nanosecond)
            if limits:
                yield limits


def _powers(pin: Group, units: _Units) -> Iterator[InternalPower]:
    for group in pin.children("internal_power"):
        tables = _pair(group, "rise_power", "fall_power", units, units.femtojoule) or _pair(
            group, "power", "power", units, units.femtojoule
        )
        if tables:
            for related in group.text("related_pin").split() or [""]:
                yield InternalPower(related, group.text("when"), *tables)


def _pair(
    group: Group, rise: str, fall: str, units: _Units, scale: float
) -> tuple[Table, Table] | None:
    """The tables for rise and fall; one stands for both where the other is left out."""
    tables = [
        _table(table, units, scale) for kind in (rise, fall) for table in group.children(kind)
    ]
    return (tables[0], tables[-1]) if tables else None


#: The variables that may span a table: a pin's own transition, then a load or that of the clock.
_FIRST = ("input_net_transition", "input_transition_time", "constrained_pin_transition")
_SECOND = ("total_output_net_capacitance", "related_pin_transition")


def _table(group: Group, units: _Units, scale: float) -> Table:
    template = units.templates.get(group.arguments[0]) if group.arguments else None
    variables, lengths = [], []
    axes = {"first": np.zeros(1), "second": np.zeros(1)}
    for number in ("1", "2"):
        variable = template.text(f"variable_{number}") if template else ""
        index = group.attributes.get(f"index_{number}") or (
            template.attributes.get(f"index_{number}") if template else None
        )
        if variable and index:
            axis = np.array([float(value) for value in " ".join(index).split()])
            if variable not in _FIRST + _SECOND:
                raise ValueError(f"unknown table variable {variable!r}")
            load = variable == "total_output_net_capacitance"
            unit = units.femtofarad if load else units.nanosecond
            place = "first" if variable in _FIRST else "second"
            axes[place] = axis * unit
            variables.append(place)
            lengths.append(len(axis))
    values = np.array([float(v) for v in " ".join(group.attributes["values"]).split()]) * scale
    shaped = values.reshape(lengths) if lengths else values.reshape(1, 1)
    if variables == ["second", "first"]:
        shaped = shaped.T
    return Table(
        axes["first"], axes["second"], shaped.reshape(len(axes["first"]), len(axes["second"]))
    )
