"""Reads a cell of a liberty file, with what it needs of the library around it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from hawx_hw.technology.cells import Arc, Cell, ClockGate, FlipFlop, InternalPower, Pin, Table
from hawx_hw.technology.liberty_groups import Group, LibertyError
from hawx_hw.technology.liberty_tables import TableReader

__all__ = ["SENSES", "CellReader", "is_read", "is_special", "related_pins"]

#: Attributes of cells that are not for logic. Not all libraries mark them dont_use as well.
_SPECIAL_FLAGS = (
    "dont_use", "always_on", "is_isolation_cell", "is_level_shifter", "is_macro_cell", "pad_cell",
    "is_memory_cell",
)  # fmt: skip
_SPECIAL_TEXTS = ("clock_gating_integrated_cell", "power_gating_cell", "retention_cell")
_SPECIAL_GROUPS = ("test_cell", "statetable", "memory")
#: How an output follows an input.
SENSES = ("positive_unate", "negative_unate", "non_unate")
#: Gates of a clock's rising edge: with a latch, and with a test input before it.
_CLOCK_GATES = ("latch_posedge", "latch_posedge_precontrol")
#: The kinds of arcs that become delays.
_ARCS = ("combinational", "rising_edge", "falling_edge")
_SETUP = "setup_"


def is_special(cell: Group) -> bool:
    """Whether a cell is not for logic: clock gates, scan flip-flops, isolation of power domains."""
    return (
        any(cell.text(flag).lower() == "true" for flag in _SPECIAL_FLAGS)
        or any(cell.text(name) for name in _SPECIAL_TEXTS)
        or any(cell.children(*_SPECIAL_GROUPS))
    )


def related_pins(group: Group) -> list[str]:
    """The pins that an arc, or an energy, is related to."""
    return group.text("related_pin").replace(",", " ").split()


def is_read(timing: Group) -> bool:
    """Whether a timing group becomes a delay or a set-up time."""
    kind = timing.text("timing_type", _ARCS[0])
    return kind in _ARCS or kind.startswith(_SETUP)


@dataclass(frozen=True)
class CellReader:
    """Reads the cells of one library.

    Parameters
    ----------
    library : Group
    tables : TableReader
    """

    library: Group
    tables: TableReader

    def read(self, cell: Group) -> Cell:
        """A cell in our units.

        Raises
        ------
        LibertyError
            A number or a table is wrong.
        Unsupported
            A table is of a kind that is not read.
        """
        area = cell.number("area")
        if area < 0:
            raise LibertyError(f"area must not be negative, not {area:g}", cell.line_of("area"))
        buses = (pin for bus in cell.children("bus", "bundle") for pin in bus.children("pin"))
        pins = {
            name: self._pin(pin, name)
            for pin in (*cell.children("pin"), *buses)
            for name in pin.arguments
        }
        return Cell(
            cell.name,
            area,
            is_special(cell),
            any(cell.children("ff", "latch", "ff_bank", "latch_bank", "statetable")),
            pins,
            *self._leakage(cell),
            _flip_flop(cell),
            _clock_gate(cell),
        )

    def _pin(self, pin: Group, name: str) -> Pin:
        try:
            return Pin(
                name,
                pin.text("direction"),
                self._capacitance(pin),
                pin.text("function"),
                tuple(self._arcs(pin)),
                tuple(self._setups(pin)),
                tuple(self._powers(pin)),
            )
        except LibertyError as error:
            error.what = f"pin {name}: {error.what}"
            raise

    def _capacitance(self, pin: Group) -> float:
        side = "input" if pin.text("direction") == "input" else "output"
        usual = self.library.number(f"default_{side}_pin_cap")
        capacitance = pin.number("capacitance", usual)
        if capacitance < 0:
            raise LibertyError(
                f"capacitance must not be negative, not {capacitance:g}",
                pin.line_of("capacitance"),
            )
        return capacitance * self.tables.units.femtofarad

    def _leakage(self, cell: Group) -> tuple[float, tuple[tuple[str, float], ...]]:
        nanowatt = self.tables.units.nanowatt
        by_state: dict[str, float] = {}
        for group in cell.children("leakage_power"):
            # One group for each supply pin.
            when = group.text("when")
            by_state[when] = by_state.get(when, 0.0) + group.number("value") * nanowatt
        stated = "cell_leakage_power" in cell.attributes
        default = (
            cell.number("cell_leakage_power") * nanowatt
            if stated or "" not in by_state
            else by_state[""]
        )
        if not stated and not by_state:
            default = self.library.number("default_cell_leakage_power") * nanowatt
        return default, tuple((when, value) for when, value in by_state.items() if when)

    def _arcs(self, pin: Group) -> Iterator[Arc]:
        nanosecond = self.tables.units.nanosecond
        for timing in pin.children("timing"):
            kind = timing.text("timing_type", _ARCS[0])
            if kind not in _ARCS:
                continue
            sense = timing.text("timing_sense", "non_unate")
            delays = self._pair(timing, "cell_rise", "cell_fall", nanosecond)
            transitions = self._pair(timing, "rise_transition", "fall_transition", nanosecond)
            if delays and transitions:
                for source in related_pins(timing):
                    yield Arc(source, kind != _ARCS[0], sense, delays, transitions)

    def _setups(self, pin: Group) -> Iterator[tuple[Table, Table]]:
        nanosecond = self.tables.units.nanosecond
        for timing in pin.children("timing"):
            if timing.text("timing_type").startswith(_SETUP):
                limits = self._pair(timing, "rise_constraint", "fall_constraint", nanosecond)
                if limits:
                    yield limits

    def _powers(self, pin: Group) -> Iterator[InternalPower]:
        femtojoule = self.tables.units.femtojoule
        for group in pin.children("internal_power"):
            tables = self._pair(group, "rise_power", "fall_power", femtojoule) or self._pair(
                group, "power", "power", femtojoule
            )
            if tables:
                for related in related_pins(group) or [""]:
                    yield InternalPower(related, group.text("when"), *tables)

    def _pair(self, group: Group, rise: str, fall: str, scale: float) -> tuple[Table, Table] | None:
        """The tables for rise and fall; one stands for both where the other is left out."""
        kinds = (rise, fall) if rise != fall else (rise,)
        tables = [
            self.tables.read(table, scale) for kind in kinds for table in group.children(kind)
        ]
        return (tables[0], tables[-1]) if tables else None


def _flip_flop(cell: Group) -> FlipFlop | None:
    group = next(cell.children("ff"), None)
    if group is None:
        return None
    state, inverted = (*group.arguments, "", "")[:2]
    names = ("clocked_on", "next_state", "clear", "preset")
    return FlipFlop(state, inverted, *(group.text(name) for name in names))


def _clock_gate(cell: Group) -> ClockGate | None:
    """The pins of a gate of the rising edge; None for other cells, and where a pin is not named."""
    if cell.text("clock_gating_integrated_cell") not in _CLOCK_GATES:
        return None
    pins = {
        role: pin.name
        for role in ("clock", "enable", "out", "test")
        for pin in cell.children("pin")
        if pin.text(f"clock_gate_{role}_pin").lower() == "true"
    }
    if not {"clock", "enable", "out"} <= pins.keys():
        return None
    return ClockGate(pins["clock"], pins["enable"], pins["out"], pins.get("test", ""))
