"""Loads, transition times and delays of the nets of a flat design, from the library's tables."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.flat import CONSTANTS, FlatNetlist
from hawx_hw.netlist.levels import levels
from hawx_hw.technology.liberty import Arc, Table
from hawx_hw.technology.table_stack import TableStack

__all__ = ["delays", "loads", "slews"]

_Floats = NDArray[np.float64]
_RISE, _FALL = 0, 1
#: Edges of an input that lead to the rising and to the falling output.
_EDGES = {
    "positive_unate": ((_RISE, _RISE), (_FALL, _FALL)),
    "negative_unate": ((_FALL, _RISE), (_RISE, _FALL)),
    "non_unate": ((_RISE, _RISE), (_FALL, _FALL), (_FALL, _RISE), (_RISE, _FALL)),
}


def loads(flat: FlatNetlist) -> _Floats:
    """Capacitance of the cells' input pins on each net, in fF; wires and macros add none."""
    found = np.zeros(flat.nets)
    for group in flat.groups:
        pins = flat.library.cells[group.kind].pins
        for index, name in enumerate(group.pins):
            if pins[name].direction == "input":
                found += pins[name].capacitance * np.bincount(
                    group.nets[:, index], minlength=flat.nets
                )
    found[:CONSTANTS] = 0.0
    return found


def slews(flat: FlatNetlist, load: _Floats) -> _Floats:
    """Slowest transition of each net over all arcs that end there, in ns.

    Clock, inputs and memory macros change at once: their transition is 0.

    Parameters
    ----------
    flat : FlatNetlist
    load : ndarray of float, shape (nets,)
        See :func:`loads`.

    Returns
    -------
    ndarray of float, shape (nets, 2)
        Of the rising and the falling edge.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    sources, targets, numbers, tables = _arcs(flat)
    found = np.zeros(2 * flat.nets)
    if not tables:
        return found.reshape(-1, 2)
    stack = TableStack(tables)
    level = levels(sources >> 1, targets >> 1, flat.nets)
    order = np.argsort(level[targets >> 1], kind="stable")
    borders = np.flatnonzero(np.diff(level[targets[order] >> 1])) + 1
    for arcs in np.split(order, borders):
        target = targets[arcs]
        slew = stack.at(numbers[arcs], found[sources[arcs]], load[target >> 1])
        np.maximum.at(found, target, slew)
    return found.reshape(-1, 2)


def delays(flat: FlatNetlist) -> _Floats:
    """How long the cell that drives a net takes, in ns: the mean over its arcs and both edges.

    Returns
    -------
    ndarray of float, shape (nets,)
        At least 0; 0 where no cell drives a net.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    load = loads(flat)
    slew = slews(flat, load).ravel()
    sources, targets, numbers, tables = _arcs(flat, delayed=True)
    if not tables:
        return np.zeros(flat.nets)
    each = TableStack(tables).at(numbers, slew[sources], load[targets >> 1])
    sums, counts = (
        np.bincount(targets >> 1, weights, minlength=flat.nets)
        for weights in (np.maximum(each, 0.0), None)
    )
    return sums / np.maximum(counts, 1)


def _arcs(
    flat: FlatNetlist, *, delayed: bool = False
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64], list[Table]]:
    """Source edge, target edge and table of each arc, of delays or transitions.

    An edge is ``2 * net``, plus 1 if it falls.
    """
    tables: list[Table] = []
    parts: list[tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.int64]]] = []
    for group in flat.groups:
        for name in group.pins:
            target = group.column(name)
            for arc in flat.library.cells[group.kind].pins[name].arcs:
                if arc.source not in group.pins:
                    continue
                source = group.column(arc.source)
                # A clock's net has no arc to it, so its transition stays 0.
                live = source >= CONSTANTS
                for before, after in _transitions(arc):
                    number = np.full(int(live.sum()), len(tables) + after, dtype=np.int64)
                    parts.append((2 * source[live] + before, 2 * target[live] + after, number))
                tables += arc.delays if delayed else arc.transitions
    none = np.zeros(0, dtype=np.int64)
    joined = (np.concatenate([none, *(part[i] for part in parts)]) for i in range(3))
    return (*joined, tables)  # type: ignore[return-value]


def _transitions(arc: Arc) -> tuple[tuple[int, int], ...]:
    if arc.clocked:
        return (_RISE, _RISE), (_RISE, _FALL)
    return _EDGES[arc.sense]
