"""Energy of the cells of a flat design, from what happened on its nets and the library's tables.

A toggle of a net costs ``C V^2 / 2``, C being the input pins on it and, where they are estimated,
its wires; the cell that drives it costs
the energy of its ``internal_power`` tables besides, at the net's load and at the transition of the
input. The sums are those of the Liberty user guide ("Modeling power and electromigration"): an
input pin's energy counts for each of its toggles by the share of time in which ``when`` holds, an
output pin's is shared among the input pins that can have made it toggle, by their own toggles and
the share of time in which they reach it. As many toggles rise as fall.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.arcs import fan_outs, loads
from hawx_hw.netlist.flat import CellGroup, FlatNetlist
from hawx_hw.netlist.slews import slews
from hawx_hw.power.states import CellStates
from hawx_hw.technology.functions import parse
from hawx_hw.technology.liberty import Cell, InternalPower, Pin
from hawx_hw.technology.table_stack import TableStack

__all__ = ["CellEnergies", "PowerModel"]

_Floats = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class CellEnergies:
    """Energies of all cells, in the order of a :class:`FlatNetlist`; each of shape (cells,).

    Parameters
    ----------
    internal_fj : ndarray of float
        Inside the cell, in fJ a clock cycle; the clock's edges with it.
    switching_fj : ndarray of float
        To charge the nets that the cell drives, in fJ a cycle.
    driven_fj : ndarray of float
        To charge the cell's own input pins where no cell drives them, in fJ a cycle: on the clock,
        on the design's inputs and on what memory macros give.
    clock_internal_fj, clock_charge_fj : ndarray of float
        Of these what is the clock's, in fJ a cycle: inside the cell at the edges of its clock pin,
        and to charge that pin; all that a clock gate takes, with the pins that it drives.
    leakage_nw : ndarray of float
    """

    internal_fj: _Floats
    switching_fj: _Floats
    driven_fj: _Floats
    clock_internal_fj: _Floats
    clock_charge_fj: _Floats
    leakage_nw: _Floats


@dataclass(frozen=True, eq=False)
class _Entry:
    """One internal energy of a pin of all cells of a group, in fJ a toggle, and when it counts."""

    related: str
    holds: _Floats
    energy: _Floats


class PowerModel:
    """What does not depend on activity: loads, transitions, energies of each toggle.

    Parameters
    ----------
    flat : FlatNetlist
    supply : float
        In V.
    clock : str
        The clock's port; it toggles twice a cycle, without a tree of buffers.
    wires_ff : ndarray of float, shape (nets,), or None
        Capacitance of each net's wire; None: none has any.

    Attributes
    ----------
    loads : ndarray of float, shape (nets,)
        In fF.
    slews : ndarray of float, shape (nets, 2)
        For the rising and the falling edge, in ns.
    instances : ndarray of int64, shape (cells,)
        The module instance of each cell.

    Raises
    ------
    ValueError
        ``supply`` is not positive, or the design has a combinational loop.
    """

    def __init__(
        self,
        flat: FlatNetlist,
        supply: float,
        *,
        clock: str = "clk",
        wires_ff: _Floats | None = None,
    ):
        if not supply > 0:
            raise ValueError(f"supply must be positive, not {supply!r}")
        self.flat = flat
        self.supply = supply
        port = flat.ports.get(clock)
        self._clock = port[1] if port else np.zeros(0, dtype=np.int64)
        wires = np.zeros(flat.nets) if wires_ff is None else wires_ff
        self.loads = loads(flat) + wires
        self.slews = slews(flat, wires_ff)
        #: Of its wire, what each input pin is charged with, in fF: where no cell drives a net, its
        #: pins are.
        self.wire_shares = wires / np.maximum(fan_outs(flat), 1)
        none = np.zeros(0, dtype=np.int64)
        self.instances = np.concatenate([none, *(group.instances for group in flat.groups)])
        cell_driven = np.zeros(flat.nets, dtype=bool)
        for group in flat.groups:
            for name, pin in _pins(flat, group):
                if pin.direction == "output":
                    cell_driven[group.nets_at(name)] = True
        self._groups = [_Group(self, group, cell_driven) for group in flat.groups]

    def rates(self, activity: Activity) -> tuple[_Floats, _Floats]:
        """Toggles a cycle of each net, and its share of time at 1; the clock included.

        Raises
        ------
        ValueError
            The activity is of another design, or of no cycle.
        """
        if activity.toggles.shape != (self.flat.nets,):
            raise ValueError(f"nets must be {self.flat.nets}, not {len(activity.toggles)}")
        if activity.cycles < 1:
            raise ValueError("activity must be of at least one cycle")
        toggles = activity.toggles / activity.cycles
        ones = activity.ones / activity.cycles
        toggles[:2] = 0.0
        ones[:2] = (0.0, 1.0)
        toggles[self._clock] = 2.0
        ones[self._clock] = 0.5
        return toggles, ones

    def energies(self, activity: Activity) -> CellEnergies:
        """Energy of every cell under an activity."""
        toggles, ones = self.rates(activity)
        parts = [group.energies(toggles, ones) for group in self._groups]
        joined = [np.concatenate([np.zeros(0), *(part[i] for part in parts)]) for i in range(6)]
        return CellEnergies(*joined)


class _Group:
    """All cells of one kind."""

    def __init__(self, model: PowerModel, group: CellGroup, cell_driven: NDArray[np.bool_]):
        self._group = group
        self._cell = cell = model.flat.library.cells[group.kind]
        self._states = states = CellStates(cell, group.pins)
        self._half = 0.5 * model.supply * model.supply
        # The pin that the clock comes in at; of clock gates everything is the clock's.
        self._clock = _clock_pin(cell)
        gates = cell.clock_gate is not None
        self._of_clock = {pin for pin in group.pins if gates or pin == self._clock}
        self._charge = {
            name: self._half * model.loads[group.nets_at(name)]
            if pin.direction == "output"
            else self._driven(model, group.nets_at(name), pin, cell_driven)
            for name, pin in _pins(model.flat, group)
        }
        self._entries: dict[str, list[_Entry]] = {}
        for name, pin in _pins(model.flat, group):
            self._entries[name] = [
                _Entry(power.related, holds, _energy(model, group, cell, pin, power))
                for power, holds in zip(pin.powers, _holding(states, pin.powers), strict=True)
                if pin.direction == "input" or power.related in ("", *group.pins)
            ]
        self._leakages = [(states.holds(when), value) for when, value in cell.leakages]

    def _driven(
        self, model: PowerModel, nets: NDArray[np.int64], pin: Pin, cell_driven: NDArray[np.bool_]
    ) -> _Floats:
        """Energy of a toggle of an input pin where no cell drives it, in fJ, shape (cells,)."""
        charge = self._half * (pin.capacitance + model.wire_shares[nets])
        return np.where(cell_driven[nets], 0.0, charge)

    def energies(self, toggles: _Floats, ones: _Floats) -> tuple[_Floats, ...]:
        """Internal, switching and driven energy, the clock's inside and charge of these,
        all in fJ a cycle; leakage in nW.
        """
        group, count = self._group, len(self._group.nets)
        rate = {pin: toggles[group.nets_at(pin)] for pin in group.pins}
        shares = {pin: ones[group.nets_at(pin)] for pin in group.pins}
        states = self._states.probabilities(shares, count)
        internal, switching, driven, inside, charged = (np.zeros(count) for _ in range(5))
        for pin, charge in self._charge.items():
            output = self._cell.pins[pin].direction == "output"
            owned = pin in self._of_clock
            (switching if output else driven)[:] += charge * rate[pin]
            charged += owned * charge * rate[pin]
            entries = self._entries[pin]
            if not entries:
                continue
            if output:
                weights = self._weights(pin, entries, rate, states)
            else:
                weights = np.stack([states @ entry.holds for entry in entries])
            for weight, entry in zip(weights, entries, strict=True):
                energy = rate[pin] * weight * entry.energy
                internal += energy
                inside += owned * energy
        leakage = np.full(count, self._cell.leakage_nw)
        for holds, value in self._leakages:
            leakage += (states @ holds.astype(float)) * (value - self._cell.leakage_nw)
        return internal, switching, driven, inside, charged, leakage

    def _weights(
        self, output: str, entries: Sequence[_Entry], rate: dict[str, _Floats], states: _Floats
    ) -> _Floats:
        """By how much each energy counts for a toggle of an output, shape (entries, cells)."""
        parts = []
        for entry in entries:
            if not entry.related:
                parts.append(states @ entry.holds)
                continue
            reaching = self._states.sensitive(output, entry.related) * entry.holds
            parts.append(rate[entry.related] * (states @ reaching))
        weights = np.stack(parts)
        total = weights.sum(axis=0)
        # Without any cause known, all are as likely.
        none = total <= 0.0
        weights[:, none] = 1.0
        return weights / np.where(none, float(len(entries)), total)


def _clock_pin(cell: Cell) -> str:
    """The pin of a flip-flop, or of a clock gate, that the clock comes in at; "" of other cells."""
    if cell.clock_gate is not None:
        return cell.clock_gate.clock
    if cell.flip_flop is None:
        return ""
    names = parse(cell.flip_flop.clocked_on).names
    return names[0] if len(names) == 1 else ""


def _pins(flat: FlatNetlist, group: CellGroup) -> list[tuple[str, Pin]]:
    pins = flat.library.cells[group.kind].pins
    return [(name, pins[name]) for name in group.pins]


def _holding(states: CellStates, powers: Sequence[InternalPower]) -> list[_Floats]:
    """In which states each energy holds; one without ``when`` where no other of its pin does."""
    masks: list[_Floats] = []
    for power in powers:
        if power.when:
            masks.append(states.holds(power.when).astype(float))
            continue
        others = [
            states.holds(other.when)
            for other in powers
            if other.when and other.related == power.related
        ]
        taken = np.logical_or.reduce([states.holds("0"), *others])
        masks.append((~taken).astype(float))
    return masks


def _energy(
    model: PowerModel, group: CellGroup, cell: Cell, pin: Pin, power: InternalPower
) -> _Floats:
    """Mean energy of a rising and a falling toggle of a pin, in fJ, shape (cells,)."""
    output = pin.direction == "output"
    source = power.related if output else pin.name
    count = len(group.nets)
    before = model.slews[group.nets_at(source)] if source else np.zeros((count, 2))
    if output and any(a.source == source and a.sense == "negative_unate" for a in pin.arcs):
        before = before[:, ::-1]
    load = model.loads[group.nets_at(pin.name)] if output else np.zeros(count)
    stack = TableStack([power.rise, power.fall])
    edges = [stack.at(np.full(count, edge), before[:, edge], load) for edge in (0, 1)]
    return 0.5 * (edges[0] + edges[1])
