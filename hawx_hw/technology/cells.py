"""Cells of a liberty file: functions, loads, delays, energies."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Arc", "Cell", "ClockGate", "FlipFlop", "InternalPower", "Library", "Pin", "Table"]


@dataclass(frozen=True, eq=False)
class Table:
    """A table over input transition (ns) and load (fF): times in ns, or energies in fJ."""

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
class InternalPower:
    """Energy that a cell takes when a pin switches, in fJ, without that of the load.

    Parameters
    ----------
    related : str
        The input pin that makes an output switch; "" where the library names none.
    when : str
        The state of other pins in which this holds, a Boolean function; "" for any.
    rise, fall : Table
        Energies of the pin's rising and falling edge. An input's does not depend on the load. May
        be negative.
    """

    related: str
    when: str
    rise: Table
    fall: Table


@dataclass(frozen=True, eq=False)
class FlipFlop:
    """The content of an ``ff`` group; every text is a Boolean function of pins, "" where left out.

    Parameters
    ----------
    state, inverted_state : str
        Names for the state, which the functions of output pins use.
    clocked_on, next_state : str
    clear, preset : str
        Asynchronous.
    """

    state: str
    inverted_state: str
    clocked_on: str
    next_state: str
    clear: str
    preset: str


@dataclass(frozen=True)
class ClockGate:
    """The pins of an integrated clock gate: a latch that is open while the clock is 0, and an AND.

    A pulse of ``clock`` comes out at ``output`` where ``enable`` (or ``test``, "" where there is
    none) was 1 before the rising edge.
    """

    clock: str
    enable: str
    output: str
    test: str = ""


@dataclass(frozen=True, eq=False)
class Pin:
    """A pin: direction, input capacitance in fF, the arcs that end there, and its set-up times.

    A set-up time is a pair of tables, for the rising and the falling pin, over its transition and
    the clock's. ``powers`` are the energies of its switching; of those for one related pin at most
    one holds in each state.
    """

    name: str
    direction: str
    capacitance: float
    function: str
    arcs: tuple[Arc, ...]
    setups: tuple[tuple[Table, Table], ...] = ()
    powers: tuple[InternalPower, ...] = ()


@dataclass(frozen=True, eq=False)
class Cell:
    """A standard cell; area in the library's unit.

    ``leakage_nw`` is its leakage where none of ``leakages``, pairs of a Boolean function of pins
    and nW, holds. ``flip_flop`` is None for cells without state and for latches; ``clock_gate`` is
    None for all but gates of a clock's rising edge.
    """

    name: str
    area: float
    dont_use: bool
    sequential: bool
    pins: dict[str, Pin]
    leakage_nw: float = 0.0
    leakages: tuple[tuple[str, float], ...] = ()
    flip_flop: FlipFlop | None = None
    clock_gate: ClockGate | None = None


@dataclass(frozen=True, eq=False)
class Library:
    """The cells of a library by name.

    ``voltage`` is the supply in V, and ``states_voltage`` whether the library states it; ``notes``
    say what was left out or assumed.
    """

    name: str
    cells: dict[str, Cell]
    voltage: float
    states_voltage: bool = True
    notes: tuple[str, ...] = ()

    def smallest_clock_gate(self) -> tuple[str, ClockGate] | None:
        """The smallest clock gate, and its pins; one without a test input where there is one.

        That libraries mark these cells ``dont_use`` is to keep them out of logic.
        """
        gates = [
            (bool(cell.clock_gate.test), cell.area, cell.name, cell.clock_gate)
            for cell in self.cells.values()
            if cell.clock_gate is not None
        ]
        return min(gates, key=lambda gate: gate[:3])[2:] if gates else None

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


def _position(axis: np.ndarray, value: float) -> tuple[int, float]:
    """Index of the interval and the fraction within it, which leaves [0, 1] beyond the ends."""
    if len(axis) == 1:
        return 0, 0.0
    index = min(max(int(np.searchsorted(axis, value)) - 1, 0), len(axis) - 2)
    return index, (value - axis[index]) / (axis[index + 1] - axis[index])
