"""The design as one flat graph of timing arcs: arrays, made from a template a kind of module."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.netlist import MACROS, Module, Netlist
from hawx_hw.technology.liberty import Arc, Cell, Table

__all__ = ["CLOCK", "FlatGraph", "flatten"]

#: The net that clocked arcs start from; net 0, so that every design has it.
CLOCK = 0
#: Stands for a constant or nothing: never changes.
_QUIET = 1
_FIRST = 2
_RISE, _FALL = 0, 1
_EDGES = {
    "positive_unate": ((_RISE, _RISE), (_FALL, _FALL)),
    "negative_unate": ((_FALL, _RISE), (_RISE, _FALL)),
    "non_unate": ((_RISE, _RISE), (_FALL, _FALL), (_FALL, _RISE), (_RISE, _FALL)),
}
_Integers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class FlatGraph:
    """Nodes are net edges: ``2 * net`` rises, ``2 * net + 1`` falls.

    Parameters
    ----------
    nets : int
    loads : array of float, shape (nets,)
        Capacitance of the input pins on each net, in fF.
    arcs : array of int, shape (n, 4)
        Source node, target node, delay table, transition table.
    ends : array of int, shape (m, 2)
        Node at which a path ends, and the table of its set-up time or -1.
    starts : array of int
        Nets at which paths start besides the clock: inputs and outputs of memory macros.
    tables : list of Table
    """

    nets: int
    loads: NDArray[np.float64]
    arcs: _Integers
    ends: _Integers
    starts: _Integers
    tables: list[Table]
    _instances: list[tuple[int, str, _Template]]

    def place_of_end(self, end: int) -> tuple[str, str]:
        """Kind of module and full pin name of an end."""
        index = bisect_right(self._instances, end, key=lambda entry: entry[0]) - 1
        first, path, template = self._instances[index]
        return template.module, path + template.end_names[end - first]

    def kinds_of_ends(self) -> list[tuple[int, str]]:
        """First end and kind of module of every instance, in the order of the ends."""
        return [(first, template.module) for first, _, template in self._instances]


@dataclass(frozen=True, eq=False)
class _Template:
    """One kind of module: local nets are numbered from 0, the first two being CLOCK and _QUIET."""

    module: str
    nets: int
    loads: NDArray[np.float64]
    arcs: _Integers
    ends: _Integers
    end_names: list[str]
    starts: _Integers
    ports: dict[str, list[int]]
    children: list[tuple[str, str, dict[str, list[int]]]]


class _Tables:
    def __init__(self) -> None:
        self.tables: list[Table] = []
        self._numbers: dict[int, int] = {}

    def number(self, table: Table) -> int:
        if id(table) not in self._numbers:
            self._numbers[id(table)] = len(self.tables)
            self.tables.append(table)
        return self._numbers[id(table)]


def flatten(netlist: Netlist) -> FlatGraph:
    """The whole design; inputs start paths, outputs and the pins of memory macros end them."""
    tables = _Tables()
    templates = {name: _template(netlist, netlist.modules[name], tables) for name in netlist.order}
    build = _Build(templates)
    top = templates[netlist.top]
    outer = build.place(netlist.top, "", {})
    starts: list[_Integers] = []
    ends: list[_Integers] = []
    for port, (direction, _) in netlist.modules[netlist.top].ports.items():
        nets = outer[np.array(top.ports[port], dtype=np.int64)]
        (starts if direction == "input" else ends).append(nets)
    return build.finish(tables.tables, starts, ends, netlist)


class _Build:
    def __init__(self, templates: dict[str, _Template]):
        self._templates = templates
        self._nets = _FIRST
        self._arcs: list[_Integers] = []
        self._ends: list[_Integers] = []
        self._starts: list[_Integers] = []
        self._loads: list[tuple[_Integers, NDArray[np.float64]]] = []
        self._aliases: list[tuple[int, int]] = []
        self._instances: list[tuple[int, str, _Template]] = []
        self._end_count = 0

    def place(self, kind: str, path: str, pins: dict[str, _Integers]) -> _Integers:
        """Add an instance; returns the global number of each of its nets."""
        template = self._templates[kind]
        numbers = np.full(template.nets, -1, dtype=np.int64)
        numbers[:_FIRST] = (CLOCK, _QUIET)
        for port, outer in pins.items():
            for inner, number in zip(template.ports[port], outer.tolist(), strict=True):
                if numbers[inner] < 0:
                    numbers[inner] = number
                elif numbers[inner] != number and _QUIET not in (inner, number):
                    self._aliases.append((int(numbers[inner]), number))
        fresh = np.flatnonzero(numbers < 0)
        numbers[fresh] = np.arange(self._nets, self._nets + len(fresh))
        self._nets += len(fresh)
        arcs = template.arcs.copy()
        for column in (0, 1):
            arcs[:, column] = 2 * numbers[arcs[:, column] >> 1] + (arcs[:, column] & 1)
        self._arcs.append(arcs)
        ends = template.ends.copy()
        ends[:, 0] = 2 * numbers[ends[:, 0] >> 1] + (ends[:, 0] & 1)
        self._ends.append(ends)
        self._instances.append((self._end_count, path, template))
        self._end_count += len(ends)
        self._starts.append(numbers[template.starts])
        self._loads.append((numbers, template.loads))
        for name, child, connections in template.children:
            self.place(
                child,
                f"{path}{name}/",
                {pin: numbers[np.array(nets, dtype=np.int64)] for pin, nets in connections.items()},
            )
        return numbers

    def finish(
        self,
        tables: list[Table],
        starts: list[_Integers],
        ends: list[_Integers],
        netlist: Netlist,
    ) -> FlatGraph:
        same = _representatives(self._nets, self._aliases)
        arcs = np.concatenate(self._arcs)
        for column in (0, 1):
            arcs[:, column] = 2 * same[arcs[:, column] >> 1] + (arcs[:, column] & 1)
        outputs = same[np.concatenate(ends)] if ends else np.zeros(0, np.int64)
        names = [
            f"{port}[{index}]" if len(nets) > 1 else port
            for port, (direction, nets) in netlist.modules[netlist.top].ports.items()
            if direction != "input"
            for index in range(len(nets))
        ]
        empty = self._templates[netlist.top]
        edge = _Template(
            netlist.top, 0, empty.loads[:0], empty.arcs[:0], empty.ends[:0],
            [name for name in names for _ in range(2)], empty.starts[:0], {}, [],
        )  # fmt: skip
        self._instances.append((self._end_count, "", edge))
        last = np.stack([np.repeat(2 * outputs, 2), np.full(2 * len(outputs), -1)], axis=1)
        last[1::2, 0] += 1
        stops = np.concatenate(self._ends)
        stops[:, 0] = 2 * same[stops[:, 0] >> 1] + (stops[:, 0] & 1)
        loads = np.zeros(self._nets)
        for numbers, values in self._loads:
            np.add.at(loads, same[numbers], values)
        return FlatGraph(
            self._nets,
            loads,
            arcs,
            np.concatenate([stops, last]),
            same[np.unique(np.concatenate([*self._starts, *starts]))],
            tables,
            self._instances,
        )


def _template(netlist: Netlist, module: Module, tables: _Tables) -> _Template:
    numbers: dict[int | str, int] = dict.fromkeys("01xz", _QUIET)
    count = _FIRST

    def local(nets: list[int | str]) -> list[int]:
        nonlocal count
        for net in nets:
            if net not in numbers:
                numbers[net] = count
                count += 1
        return [numbers[net] for net in nets]

    ports = {port: local(nets) for port, (_, nets) in module.ports.items()}
    loads: list[tuple[int, float]] = []
    arcs: list[tuple[int, int, int, int]] = []
    ends: list[tuple[int, int]] = []
    end_names: list[str] = []
    starts: list[int] = []
    children = []
    for instance in module.instances:
        pins = {pin: local(nets) for pin, nets in instance.pins.items()}
        cell = netlist.library.cells.get(instance.kind)
        if cell is not None:
            single = {pin: nets[0] for pin, nets in pins.items()}
            arcs += _cell_arcs(cell, single, tables)
            for node, table, pin in _cell_ends(cell, single, tables):
                ends.append((node, table))
                end_names.append(f"{instance.name}/{pin}")
            loads += [
                (net, cell.pins[pin].capacitance)
                for pin, net in single.items()
                if cell.pins[pin].direction == "input"
            ]
        elif instance.kind in MACROS:
            for pin, nets in pins.items():
                if pin == "read_data":
                    starts += nets
                elif pin != "clk":
                    for index, net in enumerate(nets):
                        ends += [(2 * net, -1), (2 * net + 1, -1)]
                        end_names += [f"{instance.name}/{pin}[{index}]"] * 2
        else:
            children.append((instance.name, instance.kind, pins))
    total = np.zeros(count)
    for net, capacitance in loads:
        total[net] += capacitance
    return _Template(
        module.name,
        count,
        total,
        np.array(arcs, dtype=np.int64).reshape(-1, 4),
        np.array(ends, dtype=np.int64).reshape(-1, 2),
        end_names,
        np.array(starts, dtype=np.int64),
        ports,
        children,
    )


def _cell_arcs(
    cell: Cell, nets: dict[str, int], tables: _Tables
) -> list[tuple[int, int, int, int]]:
    found = []
    for name, target in nets.items():
        for arc in cell.pins[name].arcs:
            source = CLOCK if arc.clocked else nets.get(arc.source, _QUIET)
            if source == _QUIET:
                continue
            for before, after in _transitions(arc):
                found.append(
                    (
                        2 * source + before,
                        2 * target + after,
                        tables.number(arc.delays[after]),
                        tables.number(arc.transitions[after]),
                    )
                )
    return found


def _transitions(arc: Arc) -> tuple[tuple[int, int], ...]:
    if arc.clocked:
        return (_RISE, _RISE), (_RISE, _FALL)
    return _EDGES[arc.sense]


def _cell_ends(cell: Cell, nets: dict[str, int], tables: _Tables) -> list[tuple[int, int, str]]:
    return [
        (2 * net + edge, tables.number(limits[edge]), name)
        for name, net in nets.items()
        for limits in cell.pins[name].setups
        for edge in (_RISE, _FALL)
    ]


def _representatives(count: int, aliases: list[tuple[int, int]]) -> _Integers:
    """For each net the lowest number of those that are the same wire."""
    same = np.arange(count)
    parent: dict[int, int] = {}

    def root(net: int) -> int:
        while net in parent:
            net = parent[net]
        return net

    for one, other in aliases:
        low, high = sorted((root(one), root(other)))
        if low != high:
            parent[high] = low
    for net in parent:
        same[net] = root(net)
    return same
