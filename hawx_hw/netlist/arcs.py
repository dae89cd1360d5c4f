"""Timing arcs of a flat design: which edge of a net causes which edge of another, and how late.

Signals are carried by edges of nets, *nodes*: ``2 * net`` rises, ``2 * net + 1`` falls. All
flip-flops follow one ideal clock, a net of its own behind those of the design, that changes at once
and without a transition time, whatever their clock pins are connected to.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.flat import CONSTANTS, FlatNetlist
from hawx_hw.netlist.levels import levels
from hawx_hw.technology.liberty import Arc, Table
from hawx_hw.technology.table_stack import TableStack
from hawx_hw.util.macros import READ_DATA

__all__ = ["TimingArcs", "fan_outs", "loads", "propagate", "timing_arcs"]

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]
_RISE, _FALL = 0, 1
#: Edges of an input that lead to edges of the output.
_EDGES = {
    "positive_unate": ((_RISE, _RISE), (_FALL, _FALL)),
    "negative_unate": ((_FALL, _RISE), (_RISE, _FALL)),
    "non_unate": ((_RISE, _RISE), (_FALL, _FALL), (_FALL, _RISE), (_RISE, _FALL)),
}


@dataclass(frozen=True, eq=False)
class TimingArcs:
    """The arcs of all cells, but for those from constants and open pins.

    Parameters
    ----------
    nets : int
        Nets of the design and, as the last one, the clock.
    sources, targets : ndarray of int64, shape (arcs,)
        Nodes.
    delays, transitions : ndarray of int64, shape (arcs,)
        Numbers of tables.
    tables : TableStack
        Each at the source's transition time and the target's load.
    """

    nets: int
    sources: _Integers
    targets: _Integers
    delays: _Integers
    transitions: _Integers
    tables: TableStack

    @property
    def clock(self) -> int:
        """The net that all flip-flops follow."""
        return self.nets - 1

    def batches(self) -> list[_Integers]:
        """Indices of arcs, level by level: all that a batch depends on stands before it.

        Raises
        ------
        ValueError
            The design has a combinational loop.
        """
        level = levels(self.sources >> 1, self.targets >> 1, self.nets)[self.targets >> 1]
        order = np.argsort(level, kind="stable")
        return np.split(order, np.flatnonzero(np.diff(level[order])) + 1)


def timing_arcs(flat: FlatNetlist) -> TimingArcs:
    """The arcs of a design, kind by kind of cell."""
    numbers: dict[int, int] = {}
    tables: list[Table] = []

    def number(table: Table) -> int:
        if id(table) not in numbers:
            numbers[id(table)] = len(tables)
            tables.append(table)
        return numbers[id(table)]

    parts: list[tuple[_Integers, ...]] = []
    for group in flat.groups:
        for name in group.pins:
            target = group.nets_at(name)
            for arc in flat.library.cells[group.kind].pins[name].arcs:
                if arc.clocked:
                    source = np.full_like(target, flat.nets)
                elif arc.source in group.pins:
                    source = group.nets_at(arc.source)
                else:
                    continue
                live = source >= CONSTANTS
                for before, after in _transitions(arc):
                    nodes = (2 * source[live] + before, 2 * target[live] + after)
                    pair = (number(arc.delays[after]), number(arc.transitions[after]))
                    parts.append((*nodes, *(np.full_like(nodes[0], table) for table in pair)))
    none = np.zeros(0, dtype=np.int64)
    sources, targets, delays, transitions = (
        np.concatenate([none, *(part[index] for part in parts)]) for index in range(4)
    )
    return TimingArcs(flat.nets + 1, sources, targets, delays, transitions, TableStack(tables))


def loads(flat: FlatNetlist) -> _Floats:
    """Capacitance of the cells' input pins on each net, in fF; wires and macros add none.

    Returns
    -------
    ndarray of float, shape (nets,)
    """
    total = np.zeros(flat.nets)
    for group in flat.groups:
        pins = flat.library.cells[group.kind].pins
        for name in group.pins:
            if pins[name].direction == "input":
                count = np.bincount(group.nets_at(name), minlength=flat.nets)
                total += pins[name].capacitance * count
    total[:CONSTANTS] = 0.0
    return total


def fan_outs(flat: FlatNetlist) -> _Integers:
    """How many inputs of cells and macros, and outputs of the design, each net leads to.

    Returns
    -------
    ndarray of int64, shape (nets,)
    """
    total = np.zeros(flat.nets, dtype=np.int64)
    for group in flat.groups:
        pins = flat.library.cells[group.kind].pins
        for name in group.pins:
            if pins[name].direction == "input":
                total += np.bincount(group.nets_at(name), minlength=flat.nets)
    for macro in flat.macros:
        for pin, nets in macro.pins.items():
            if pin != READ_DATA:
                np.add.at(total, nets, 1)
    for direction, nets in flat.ports.values():
        if direction != "input":
            np.add.at(total, nets, 1)
    total[:CONSTANTS] = 0
    return total


def propagate(
    arcs: TimingArcs,
    load: _Floats,
    starts: _Integers | None,
    wires: _Floats | None = None,
) -> tuple[_Floats, _Floats]:
    """Latest arrival and slowest transition of every node, level by level.

    Parameters
    ----------
    arcs : TimingArcs
    load : ndarray of float, shape (nets,)
        See :func:`loads`.
    starts : ndarray of int64 or None
        Nets at which signals start, at time 0, besides the clock. Where none arrives nothing
        changes, and arcs from there do not count. None: all arcs count, and arrivals, which are
        not computed, are 0.
    wires : ndarray of float, shape (nets,), or None
        The delay of each net's wire, in ns; None: none has any.

    Returns
    -------
    arrivals : ndarray of float, shape (2 * arcs.nets,)
        In ns; minus infinity where no signal arrives.
    slews : ndarray of float, shape (2 * arcs.nets,)
        In ns; 0 where no cell drives a net.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    arrivals = np.full(2 * arcs.nets, -np.inf)
    slews = np.zeros(2 * arcs.nets)
    arrivals[2 * arcs.clock] = 0.0
    for edge in (_RISE, _FALL):
        if starts is None:
            arrivals[:] = 0.0
        else:
            arrivals[2 * starts + edge] = 0.0 if wires is None else wires[starts]
    for batch in arcs.batches():
        live = batch[np.isfinite(arrivals[arcs.sources[batch]])]
        source, target = arcs.sources[live], arcs.targets[live]
        at = slews[source], load[target >> 1]
        if starts is not None:
            delays = arcs.tables.at(arcs.delays[live], *at)
            if wires is not None:
                delays = delays + wires[target >> 1]
            np.maximum.at(arrivals, target, arrivals[source] + delays)
        np.maximum.at(slews, target, arcs.tables.at(arcs.transitions[live], *at))
    return arrivals, slews


def _transitions(arc: Arc) -> tuple[tuple[int, int], ...]:
    if arc.clocked:
        return (_RISE, _RISE), (_RISE, _FALL)
    return _EDGES[arc.sense]
