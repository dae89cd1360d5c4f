"""The longest path of a mapped design, from the delay tables of its liberty file.

Covered: every path between registers, memory macros, inputs and outputs, across all modules; rising
and falling edges apart; transition times; the load of every input pin; set-up times. Left out:
wires, clock skew, false paths, constants that switch paths off, and the memory macros' own delays
(their outputs change with the clock, their inputs need no set-up).
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.levels import levels
from hawx_hw.synthesis.flat_graph import CLOCK, FlatGraph, flatten
from hawx_hw.synthesis.netlist import Netlist
from hawx_hw.technology.liberty import Table

__all__ = ["Path", "longest_path"]

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Path:
    """The longest path: its length in ns with the set-up time, the module and pin of its end."""

    delay: float
    module: str
    end: str


def longest_path(netlist: Netlist) -> tuple[Path, dict[str, float]]:
    """The longest path of the design, and of those that end in each kind of module, in ns.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    graph = flatten(netlist)
    tables = _Tables(graph.tables)
    arrivals, slews = _propagate(graph, tables)
    nodes, limits = graph.ends[:, 0], graph.ends[:, 1]
    delays = arrivals[nodes]
    checked = np.flatnonzero((limits >= 0) & np.isfinite(delays))
    delays[checked] += tables.at(limits[checked], slews[nodes[checked]], np.zeros(len(checked)))
    by_kind: dict[str, float] = {}
    kinds = graph.kinds_of_ends()
    for index, (first, kind) in enumerate(kinds):
        last = kinds[index + 1][0] if index + 1 < len(kinds) else len(delays)
        longest = float(np.max(delays[first:last], initial=-np.inf))
        if np.isfinite(longest):
            by_kind[kind] = max(by_kind.get(kind, 0.0), round(longest, 4))
    if not by_kind:
        return Path(0.0, netlist.top, ""), {}
    end = int(np.argmax(delays))
    module, name = graph.place_of_end(end)
    return Path(float(delays[end]), module, name), by_kind


def _propagate(graph: FlatGraph, tables: _Tables) -> tuple[_Floats, _Floats]:
    """Latest arrival and slowest transition of every node, level by level."""
    arrivals = np.full(2 * graph.nets, -np.inf)
    slews = np.zeros(2 * graph.nets)
    arrivals[2 * CLOCK] = 0.0
    for edge in (0, 1):
        arrivals[2 * graph.starts + edge] = 0.0
    source, target = graph.arcs[:, :2].T >> 1
    level = levels(source, target, graph.nets)
    order = np.argsort(level[target], kind="stable")
    arcs = graph.arcs[order]
    steps = np.flatnonzero(np.diff(level[arcs[:, 1] >> 1])) + 1
    for group in np.split(arcs, steps):
        live = group[np.isfinite(arrivals[group[:, 0]])]
        source, target, delay, transition = live.T
        load = graph.loads[target >> 1]
        slew = slews[source]
        np.maximum.at(arrivals, target, arrivals[source] + tables.at(delay, slew, load))
        np.maximum.at(slews, target, tables.at(transition, slew, load))
    return arrivals, slews


class _Tables:
    """Many tables at once: padded to one size, looked up by number."""

    def __init__(self, tables: list[Table]):
        rows = max((len(table.slews) for table in tables), default=1)
        columns = max((len(table.loads) for table in tables), default=1)
        self._slews = np.full((len(tables), max(rows, 2)), np.inf)
        self._loads = np.full((len(tables), max(columns, 2)), np.inf)
        self._values = np.zeros((len(tables), max(rows, 2), max(columns, 2)))
        self._rows = np.array([len(table.slews) for table in tables], dtype=np.int64)
        self._columns = np.array([len(table.loads) for table in tables], dtype=np.int64)
        for number, table in enumerate(tables):
            self._slews[number, : len(table.slews)] = table.slews
            self._loads[number, : len(table.loads)] = table.loads
            self._values[number, : len(table.slews), : len(table.loads)] = table.values

    def at(self, number: _Integers, slew: _Floats, load: _Floats) -> _Floats:
        """As :meth:`Table.at`, element by element."""
        i, u = _position(self._slews[number], self._rows[number], slew)
        j, v = _position(self._loads[number], self._columns[number], load)
        values = self._values
        low, high = (
            (1 - v) * values[number, row, j] + v * values[number, row, j + 1] for row in (i, i + 1)
        )
        return (1 - u) * low + u * high


def _position(axes: _Floats, lengths: _Integers, values: _Floats) -> tuple[_Integers, _Floats]:
    below = np.sum(axes < values[:, None], axis=1)
    index = np.clip(below - 1, 0, np.maximum(lengths - 2, 0))
    each = np.arange(len(values))
    start = axes[each, index]
    width = axes[each, index + 1] - start
    many = lengths > 1
    fraction = np.divide(values - start, width, out=np.zeros(len(values)), where=many)
    return index, fraction
