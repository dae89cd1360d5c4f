"""Reads what synthesis and timing need from a liberty file.

Liberty is a tree of groups ``name (arguments) { ... }`` with attributes ``name : value;`` and
``name (values);``. Groups that nobody asks for (noise, current source models) are skipped unread.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from hawx_hw.errors import UserError

__all__ = ["Arc", "Cell", "Library", "Pin", "Table", "read_library"]

_COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
_TOKEN = re.compile(r'"[^"]*"|[{}();:]|[^\s{}();:"]+')
_WANTED = frozenset(
    {
        "library", "cell", "pin", "bus", "bundle", "timing", "ff", "latch", "statetable",
        "test_cell", "lu_table_template",
        "cell_rise", "cell_fall", "rise_transition", "fall_transition",
        "rise_constraint", "fall_constraint",
    }
)  # fmt: skip

#: Attributes of cells that are not for logic. Not all libraries mark them dont_use as well.
_SPECIAL_FLAGS = (
    "dont_use", "always_on", "is_isolation_cell", "is_level_shifter", "is_macro_cell", "pad_cell",
)  # fmt: skip
_SPECIAL_TEXTS = ("clock_gating_integrated_cell", "power_gating_cell", "retention_cell")


@dataclass
class _Group:
    kind: str
    arguments: list[str]
    attributes: dict[str, list[str]] = field(default_factory=dict)
    groups: list[_Group] = field(default_factory=list)

    def text(self, name: str, default: str = "") -> str:
        return self.attributes.get(name, [default])[0]

    def number(self, name: str, default: float = 0.0) -> float:
        return float(self.attributes.get(name, [str(default)])[0])

    def children(self, *kinds: str) -> Iterator[_Group]:
        return (group for group in self.groups if group.kind in kinds)


@dataclass(frozen=True, eq=False)
class Table:
    """A table of delays or transition times in ns over input transition (ns) and load (fF)."""

    slews: np.ndarray
    loads: np.ndarray
    values: np.ndarray

    def at(self, slew: float, load: float) -> float:
        """Bilinear interpolation; linear extrapolation beyond the table, as sign-off tools do."""
        i, u = _position(self.slews, slew)
        j, v = _position(self.loads, load)
        t = self.values
        if len(self.slews) == 1:
            first = second = t[0]
        else:
            first, second = t[i], t[i + 1]
        if len(self.loads) == 1:
            low, high = first[0], second[0]
        else:
            low = first[j] + v * (first[j + 1] - first[j])
            high = second[j] + v * (second[j + 1] - second[j])
        return float(low + u * (high - low))


@dataclass(frozen=True, eq=False)
class Arc:
    """Delay and output transition from one input pin to one output pin.

    The tables of a pair are for the rising and the falling output. ``sense`` is ``positive_unate``,
    ``negative_unate`` or ``non_unate``; the output of a ``clocked`` arc follows a clock's edge.
    """

    source: str
    clocked: bool
    sense: str
    delays: tuple[Table, Table]
    transitions: tuple[Table, Table]


@dataclass(frozen=True, eq=False)
class Pin:
    """A pin: direction, input capacitance in fF, the arcs that end there, and its set-up times.

    A set-up time is a pair of tables, for the rising and the falling pin, over its transition and
    the clock's.
    """

    name: str
    direction: str
    capacitance: float
    function: str
    arcs: tuple[Arc, ...]
    setups: tuple[tuple[Table, Table], ...] = ()


@dataclass(frozen=True, eq=False)
class Cell:
    """A standard cell; area in the library's unit."""

    name: str
    area: float
    dont_use: bool
    sequential: bool
    pins: dict[str, Pin]


@dataclass(frozen=True, eq=False)
class Library:
    """The cells of a liberty file by name."""

    name: str
    cells: dict[str, Cell]

    def tie(self, value: str) -> tuple[str, str] | None:
        """Cell and pin of the smallest cell with the constant output ``"0"`` or ``"1"``."""
        ties = [
            (cell.area, cell.name, pin.name)
            for cell in self.cells.values()
            if not cell.dont_use
            for pin in cell.pins.values()
            if pin.direction == "output" and pin.function.strip("() ") == value
        ]
        return min(ties)[1:] if ties else None


def read_library(path: Path) -> Library:
    """Read a liberty file.

    Raises
    ------
    UserError
        Where the file is not liberty, or has no cells.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UserError(f"The liberty file cannot be read: {error}", where=str(path)) from error
    try:
        root = _parse(text)
        library = _library(root)
    except (IndexError, ValueError, KeyError) as error:
        raise UserError(
            f"This is not a liberty file that can be read: {error}", where=str(path)
        ) from error
    if not library.cells:
        raise UserError("The liberty file has no cells", where=str(path))
    return library


def _parse(text: str) -> _Group:
    text = _COMMENT.sub(" ", text).replace("\\\n", " ").replace("\\\r\n", " ")
    tokens = _TOKEN.finditer(text)
    root = _Group("", [])
    stack = [root]
    name = ""
    for match in tokens:
        token = match[0]
        if token == "(":
            arguments = []
            for inner in tokens:
                if inner[0] == ")":
                    break
                arguments += [part for part in inner[0].strip('"').split(",") if part.strip()]
            arguments = [argument.strip() for argument in arguments]
            stack[-1].attributes[name] = arguments or [""]
        elif token == ":":
            parts = []
            for inner in tokens:
                if inner[0] in (";", "}"):
                    break
                parts.append(inner[0].strip('"'))
            stack[-1].attributes[name] = [" ".join(parts)]
            if inner[0] == "}":
                stack.pop()
        elif token == "{":
            group = _Group(name, stack[-1].attributes.pop(name, []))
            if name in _WANTED:
                stack[-1].groups.append(group)
                stack.append(group)
            else:
                depth = 1
                for inner in tokens:
                    depth += {"{": 1, "}": -1}.get(inner[0], 0)
                    if depth == 0:
                        break
        elif token == "}":
            stack.pop()
        elif token != ";":
            name = token
    if len(stack) != 1:
        raise ValueError("the braces do not match")
    return root


def _library(root: _Group) -> Library:
    group = next(root.children("library"), None)
    if group is None:
        raise ValueError("there is no library group")
    amount, unit = (group.attributes.get("capacitive_load_unit") or ["1", "pf"])[:2]
    femtofarad = float(amount) * {"ff": 1.0, "pf": 1000.0}[unit.lower()]
    nanosecond = {"1ns": 1.0, "1ps": 1e-3, "10ps": 1e-2, "100ps": 0.1}[
        group.text("time_unit", "1ns")
    ]
    templates = {t.arguments[0]: t for t in group.children("lu_table_template")}
    cells = {}
    for cell in group.children("cell"):
        name = cell.arguments[0]
        pins = {}
        buses = (pin for bus in cell.children("bus", "bundle") for pin in bus.children("pin"))
        for pin in (*cell.children("pin"), *buses):
            for pin_name in pin.arguments:
                pins[pin_name] = Pin(
                    pin_name,
                    pin.text("direction"),
                    pin.number("capacitance", group.number("default_input_pin_cap")) * femtofarad,
                    pin.text("function"),
                    tuple(_arcs(pin, templates, nanosecond, femtofarad)),
                    tuple(_setups(pin, templates, nanosecond, femtofarad)),
                )
        cells[name] = Cell(
            name,
            cell.number("area"),
            _special(cell),
            any(cell.children("ff", "latch", "statetable")),
            pins,
        )
    return Library(group.arguments[0] if group.arguments else "", cells)


def _special(cell: _Group) -> bool:
    """Whether a cell is not for logic: clock gates, scan flip-flops, isolation of power domains."""
    return (
        any(cell.text(flag).lower() == "true" for flag in _SPECIAL_FLAGS)
        or any(cell.text(name) for name in _SPECIAL_TEXTS)
        or any(cell.children("test_cell", "statetable"))
    )


def _arcs(
    pin: _Group, templates: dict[str, _Group], nanosecond: float, femtofarad: float
) -> Iterator[Arc]:
    for timing in pin.children("timing"):
        kind = timing.text("timing_type", "combinational")
        if kind not in ("combinational", "rising_edge", "falling_edge"):
            continue
        units = templates, nanosecond, femtofarad
        delays = _pair(timing, "cell_rise", "cell_fall", *units)
        transitions = _pair(timing, "rise_transition", "fall_transition", *units)
        if delays and transitions:
            sense = timing.text("timing_sense", "non_unate")
            for source in timing.text("related_pin").split():
                yield Arc(source, kind != "combinational", sense, delays, transitions)


def _setups(
    pin: _Group, templates: dict[str, _Group], nanosecond: float, femtofarad: float
) -> Iterator[tuple[Table, Table]]:
    for timing in pin.children("timing"):
        if timing.text("timing_type").startswith("setup_"):
            units = templates, nanosecond, femtofarad
            limits = _pair(timing, "rise_constraint", "fall_constraint", *units)
            if limits:
                yield limits


def _pair(
    timing: _Group,
    rise: str,
    fall: str,
    templates: dict[str, _Group],
    nanosecond: float,
    femtofarad: float,
) -> tuple[Table, Table] | None:
    """The tables for rise and fall; one stands for both where the other is left out."""
    found = [
        _table(group, templates, nanosecond, femtofarad)
        for kind in (rise, fall)
        for group in timing.children(kind)
    ]
    return (found[0], found[-1]) if found else None


#: The variables that may span a table: a pin's own transition, then a load or that of the clock.
_FIRST = ("input_net_transition", "input_transition_time", "constrained_pin_transition")
_SECOND = ("total_output_net_capacitance", "related_pin_transition")


def _table(
    group: _Group, templates: dict[str, _Group], nanosecond: float, femtofarad: float
) -> Table:
    template = templates.get(group.arguments[0]) if group.arguments else None
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
            unit = femtofarad if variable == "total_output_net_capacitance" else nanosecond
            place = "first" if variable in _FIRST else "second"
            axes[place] = axis * unit
            variables.append(place)
            lengths.append(len(axis))
    values = np.array([float(v) for v in " ".join(group.attributes["values"]).split()]) * nanosecond
    shaped = values.reshape(lengths) if lengths else values.reshape(1, 1)
    if variables == ["second", "first"]:
        shaped = shaped.T
    return Table(
        axes["first"], axes["second"], shaped.reshape(len(axes["first"]), len(axes["second"]))
    )


def _position(axis: np.ndarray, value: float) -> tuple[int, float]:
    """Index of the interval and the fraction within it, which leaves [0, 1] beyond the ends."""
    if len(axis) == 1:
        return 0, 0.0
    index = min(max(int(np.searchsorted(axis, value)) - 1, 0), len(axis) - 2)
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])
