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

from hawx_hw.netlist.flat_graph import CLOCK, FlatGraph, flatten
from hawx_hw.netlist.levels import levels
from hawx_hw.netlist.netlist import Netlist
from hawx_hw.technology.table_stack import TableStack

__all__ = ["Path", "longest_path"]

_Floats = NDArray[np.float64]


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
    tables = TableStack(graph.tables)
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


def _propagate(graph: FlatGraph, tables: TableStack) -> tuple[_Floats, _Floats]:
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
