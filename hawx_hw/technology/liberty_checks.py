"""Checks what the cells of a liberty file mean, beyond what reading them finds.

A cell that passes is one that Yosys, ABC and OpenSTA read; ABC ends in a segmentation fault for
some that do not, without naming the library.
"""

from __future__ import annotations

import re
from collections.abc import Sequence

from hawx_hw.technology.cells import Cell
from hawx_hw.technology.functions import parse
from hawx_hw.technology.liberty_cells import SENSES, is_read, related_pins
from hawx_hw.technology.liberty_groups import Group, LibertyError
from hawx_hw.technology.liberty_tables import TABLES, TableReader, Unsupported

__all__ = ["EXPRESSIONS", "BadName", "check_cell", "check_cell_name", "check_delays"]

#: Names reach commands of Yosys, ABC, a shell and OpenSTA's Tcl, none of which interprets these.
_CELL = re.compile(r"[A-Za-z_][A-Za-z0-9_.]*")
#: With the index of a bit in a bus.
_PIN = re.compile(rf"{_CELL.pattern}(?:\[[0-9]+\])?")
#: Attributes that are Boolean functions of pins and states.
EXPRESSIONS = (
    "function", "when", "three_state", "clocked_on", "clocked_on_also", "next_state", "clear",
    "preset", "enable", "data_in",
)  # fmt: skip
#: Kinds of timing that end at an output.
_DELAYS = (
    "combinational", "combinational_rise", "combinational_fall", "rising_edge", "falling_edge",
    "clear", "preset", "three_state_enable", "three_state_enable_rise", "three_state_enable_fall",
    "three_state_disable", "three_state_disable_rise", "three_state_disable_fall",
)  # fmt: skip
_KINDS = (
    *_DELAYS, "min_pulse_width", "minimum_period", "max_clock_tree_path", "min_clock_tree_path",
    "clock_tree_path", "retaining_rise", "retaining_fall", "nochange_high_high",
    "nochange_high_low", "nochange_low_high", "nochange_low_low",
    *(
        f"{prefix}{kind}_{edge}"
        for prefix in ("", "non_seq_")
        for kind in ("setup", "hold", "recovery", "removal", "skew")
        for edge in ("rising", "falling")
    ),
)  # fmt: skip
_STATES = ("ff", "latch", "ff_bank", "latch_bank", "statetable")
_DIRECTIONS = ("input", "output", "inout", "internal")


class BadName(LibertyError):
    """A name that a tool would interpret."""


def check_cell_name(name: str, line: int) -> None:
    """Refuse the name of a cell that a tool would interpret.

    Raises
    ------
    BadName
    """
    if not _CELL.fullmatch(name):
        raise BadName(f"{name!r} is no name for a cell", line)


def check_cell(cell: Group, tables: TableReader) -> None:
    """Check the pins, functions, arcs and tables of a cell, those that only tools read too.

    Raises
    ------
    LibertyError
        With the line of the first thing that is wrong.
    Unsupported
        The cell has pins of several bits, or tables that are not read.
    """
    for several in cell.children("bus", "bundle", "ff_bank", "latch_bank"):
        raise Unsupported(f"it has a {several.kind}: several bits", several.line)
    pins: dict[str, Group] = {}
    for pin in cell.children("pin"):
        for name in pin.arguments:
            if not _PIN.fullmatch(name):
                raise BadName(f"{name!r} is no name for a pin of cell {cell.name}", pin.line)
            if name in pins:
                raise LibertyError(
                    f"pin {name} stands here twice, first in line {pins[name].line}", pin.line
                )
            pins[name] = pin
    states = {name for group in cell.children(*_STATES) for name in _states(group)}
    _check_expressions(cell, {*pins, *states})
    for name, pin in pins.items():
        try:
            _check_pin(pin, pins, tables)
        except LibertyError as error:
            error.what = f"pin {name}: {error.what}"
            raise


def check_delays(cell: Cell, line: int) -> None:
    """Refuse a cell for logic an output of which has no delay from a pin that it depends on.

    Raises
    ------
    Unsupported
    """
    for pin in cell.pins.values():
        if pin.direction != "output" or not pin.function:
            continue
        sources = {arc.source for arc in pin.arcs}
        if cell.sequential:
            missing = [] if any(arc.clocked for arc in pin.arcs) or _is_latch(cell) else ["a clock"]
        else:
            missing = [name for name in parse(pin.function).names if name not in sources]
        if missing:
            raise Unsupported(f"pin {pin.name} has no delay from {' or '.join(missing)}", line)


def _is_latch(cell: Cell) -> bool:
    return cell.flip_flop is None


def _states(group: Group) -> list[str]:
    """The names of a register's state and its inverse, or of the inputs and states of a table."""
    return " ".join(group.arguments).split()


def _check_expressions(group: Group, names: set[str]) -> None:
    for name in EXPRESSIONS:
        text = group.text(name)
        if not text:
            continue
        try:
            used = parse(text).names
        except ValueError:
            raise LibertyError(
                f"{name} must be a Boolean function, not {text!r}", group.line_of(name)
            ) from None
        for unknown in used:
            if unknown not in names:
                raise LibertyError(
                    f"{name} {text!r}: there is no pin {unknown}", group.line_of(name)
                )
    for inner in group.groups:
        # A test cell has pins and states of its own.
        if inner.kind != "test_cell":
            _check_expressions(inner, names)


def _check_pin(pin: Group, pins: dict[str, Group], tables: TableReader) -> None:
    direction = pin.text("direction")
    if direction not in _DIRECTIONS:
        raise LibertyError(
            f"direction must be one of {', '.join(_DIRECTIONS)}, not {direction!r}",
            pin.line_of("direction"),
        )
    for timing in pin.children("timing"):
        related = related_pins(timing)
        if not related and timing.text("timing_type") != "min_pulse_width":
            raise LibertyError("timing has no related_pin", timing.line)
        _check_related(timing, related, pins)
        kind = timing.text("timing_type", _KINDS[0])
        if kind not in _KINDS:
            raise LibertyError(
                f"timing_type {kind!r} is none that the format has", timing.line_of("timing_type")
            )
        if direction == "input" and kind in _DELAYS:
            raise LibertyError(f"{kind} timing ends at an input", timing.line)
        sense = timing.text("timing_sense", SENSES[0])
        if sense not in SENSES:
            raise LibertyError(
                f"timing_sense must be one of {', '.join(SENSES)}, not {sense!r}",
                timing.line_of("timing_sense"),
            )
        if not is_read(timing):
            for table in timing.children(*TABLES):
                tables.read(table, 1.0)
    for power in pin.children("internal_power"):
        _check_related(power, related_pins(power), pins)


def _check_related(group: Group, related: Sequence[str], pins: dict[str, Group]) -> None:
    for name in related:
        if name not in pins:
            raise LibertyError(
                f"related_pin {name!r} is no pin of the cell", group.line_of("related_pin")
            )
