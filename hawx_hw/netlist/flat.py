"""The whole mapped design as arrays: cells by kind, nets by number, memory macros, ports."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.netlist import Module, Netlist
from hawx_hw.technology.liberty import Library
from hawx_hw.util.macros import MACROS, READ_DATA

__all__ = ["CONSTANTS", "CellGroup", "FlatNetlist", "Macro", "flatten"]

#: Nets 0 and 1 are the constants. What is undefined is 0.
CONSTANTS = 2
_CONSTANT: dict[int | str, int] = {"0": 0, "1": 1, "x": 0, "z": 0}
_Numbers = NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class CellGroup:
    """All cells of one kind.

    Parameters
    ----------
    kind : str
    pins : tuple of str
        The kind's input and output pins, in the library's order.
    nets : ndarray of int64, shape (cells, pins)
        An input that is not connected is 0; each such output has a net of its own.
    instances : ndarray of int64, shape (cells,)
        The module instance that a cell stands in, of :attr:`FlatNetlist.paths`.
    names : list of str
        Names of the cells, within their modules.
    """

    kind: str
    pins: tuple[str, ...]
    nets: _Numbers
    instances: _Numbers
    names: list[str]

    def nets_at(self, pin: str) -> _Numbers:
        """The nets at a pin, one a cell."""
        return self.nets[:, self.pins.index(pin)]


@dataclass(frozen=True, eq=False)
class Macro:
    """A memory macro; ``path`` is that of its instance, ``texts`` its parameters that are text."""

    path: str
    instance: int
    kind: str
    parameters: dict[str, int]
    texts: dict[str, str]
    pins: dict[str, _Numbers]


@dataclass(frozen=True, eq=False)
class FlatNetlist:
    """A design without hierarchy.

    Parameters
    ----------
    library : Library
    nets : int
        How many numbers nets have; some stand for no wire.
    groups : tuple of CellGroup
        Ordered by kind.
    macros : tuple of Macro
    ports : dict
        Ports of the top: direction and nets, the lowest bit first.
    paths, kinds : list of str
        Path of every module instance, "" for the top and else with a slash at the end, and the
        name of its module.
    """

    library: Library
    nets: int
    groups: tuple[CellGroup, ...]
    macros: tuple[Macro, ...]
    ports: dict[str, tuple[str, _Numbers]]
    paths: list[str]
    kinds: list[str]

    @property
    def cells(self) -> int:
        """Number of standard cells."""
        return sum(len(group.nets) for group in self.groups)

    @cached_property
    def drivers(self) -> _Numbers:
        """For each net how many cells, macros and inputs drive it; constants count as one."""
        count = np.zeros(self.nets, dtype=np.int64)
        count[:CONSTANTS] = 1
        for group in self.groups:
            pins = self.library.cells[group.kind].pins
            for index, pin in enumerate(group.pins):
                if pins[pin].direction == "output":
                    np.add.at(count, group.nets[:, index], 1)
        for macro in self.macros:
            if READ_DATA in macro.pins:
                np.add.at(count, macro.pins[READ_DATA], 1)
        for direction, nets in self.ports.values():
            if direction == "input":
                np.add.at(count, nets, 1)
        return count


@dataclass(frozen=True, eq=False)
class _Template:
    """One kind of module; local nets are numbered from 0, the first two being the constants."""

    nets: int
    cells: dict[str, tuple[_Numbers, list[str]]]
    macros: list[tuple[str, str, dict[str, int], dict[str, str], dict[str, _Numbers]]]
    children: list[tuple[str, str, dict[str, _Numbers]]]
    ports: dict[str, _Numbers]


def flatten(netlist: Netlist) -> FlatNetlist:
    """Dissolve the hierarchy.

    Raises
    ------
    ValueError
        A net has two drivers.
    """
    templates = {name: _template(netlist.modules[name], netlist.library) for name in netlist.order}
    build = _Build(templates)
    top = build.place(netlist.top, "", {})
    flat = build.finish(netlist, top)
    several = np.flatnonzero(flat.drivers > 1)
    if len(several):
        raise ValueError(f"Net {several[0]} must have one driver, not {flat.drivers[several[0]]}")
    return flat


class _Build:
    def __init__(self, templates: dict[str, _Template]):
        self._templates = templates
        self._nets = CONSTANTS
        self._cells: dict[str, list[tuple[_Numbers, int, list[str]]]] = {}
        self._macros: list[Macro] = []
        self._aliases: list[tuple[int, int]] = []
        self._paths: list[str] = []
        self._kinds: list[str] = []

    def place(self, kind: str, path: str, pins: dict[str, _Numbers]) -> _Numbers:
        """Add an instance; returns the global number of each of its nets."""
        template = self._templates[kind]
        instance = len(self._paths)
        self._paths.append(path)
        self._kinds.append(kind)
        numbers = np.full(template.nets, -1, dtype=np.int64)
        numbers[:CONSTANTS] = range(CONSTANTS)
        for port, outer in pins.items():
            for inner, number in zip(template.ports[port].tolist(), outer.tolist(), strict=True):
                if numbers[inner] < 0:
                    numbers[inner] = number
                elif numbers[inner] != number:
                    self._aliases.append((int(numbers[inner]), number))
        fresh = np.flatnonzero(numbers < 0)
        numbers[fresh] = np.arange(self._nets, self._nets + len(fresh))
        self._nets += len(fresh)
        for cell, (nets, names) in template.cells.items():
            self._cells.setdefault(cell, []).append((numbers[nets], instance, names))
        for name, macro, parameters, texts, connections in template.macros:
            nets_of = {pin: numbers[nets] for pin, nets in connections.items()}
            self._macros.append(Macro(path + name, instance, macro, parameters, texts, nets_of))
        for name, child, connections in template.children:
            inner_pins = {pin: numbers[nets] for pin, nets in connections.items()}
            self.place(child, f"{path}{name}/", inner_pins)
        return numbers

    def finish(self, netlist: Netlist, top: _Numbers) -> FlatNetlist:
        same = _representatives(self._nets, self._aliases)
        groups = []
        for kind, parts in sorted(self._cells.items()):
            counts = [len(nets) for nets, _, _ in parts]
            groups.append(
                CellGroup(
                    kind,
                    _pins(netlist.library, kind),
                    same[np.concatenate([nets for nets, _, _ in parts])],
                    np.repeat([instance for _, instance, _ in parts], counts),
                    [name for _, _, names in parts for name in names],
                )
            )
        macros = [
            Macro(m.path, m.instance, m.kind, m.parameters, m.texts,
                  {pin: same[nets] for pin, nets in m.pins.items()})
            for m in self._macros
        ]  # fmt: skip
        template = self._templates[netlist.top]
        ports = {
            port: (direction, same[top[template.ports[port]]])
            for port, (direction, _) in netlist.modules[netlist.top].ports.items()
        }
        return FlatNetlist(
            netlist.library,
            self._nets,
            tuple(groups),
            tuple(macros),
            ports,
            self._paths,
            self._kinds,
        )


def _pins(library: Library, kind: str) -> tuple[str, ...]:
    pins = library.cells[kind].pins.values()
    return tuple(pin.name for pin in pins if pin.direction in ("input", "output"))


def _template(module: Module, library: Library) -> _Template:
    numbers = dict(_CONSTANT)
    count = CONSTANTS

    def local(nets: list[int | str]) -> _Numbers:
        nonlocal count
        for net in nets:
            if net not in numbers:
                numbers[net] = count
                count += 1
        return np.array([numbers[net] for net in nets], dtype=np.int64)

    ports = {port: local(nets) for port, (_, nets) in module.ports.items()}
    cells_of: dict[str, tuple[list[list[int]], list[str]]] = {}
    macros = []
    children = []
    for instance in module.instances:
        pins = {pin: local(nets) for pin, nets in instance.pins.items()}
        cell = library.cells.get(instance.kind)
        if cell is not None:
            nets_of_pins = []
            for pin in _pins(library, instance.kind):
                nets = pins.get(pin)
                if nets is not None and len(nets):
                    nets_of_pins.append(int(nets[0]))
                elif cell.pins[pin].direction == "output":
                    nets_of_pins.append(count)
                    count += 1
                else:
                    nets_of_pins.append(0)
            numbers_of, names = cells_of.setdefault(instance.kind, ([], []))
            numbers_of.append(nets_of_pins)
            names.append(instance.name)
        elif instance.kind in MACROS:
            entry = (instance.name, instance.kind, instance.parameters, instance.texts, pins)
            macros.append(entry)
        else:
            children.append((instance.name, instance.kind, pins))
    cells = {
        kind: (np.array(numbers_of, dtype=np.int64), names)
        for kind, (numbers_of, names) in cells_of.items()
    }
    return _Template(count, cells, macros, children, ports)


def _representatives(count: int, aliases: list[tuple[int, int]]) -> _Numbers:
    """For each net the lowest number of those that are the same wire."""
    parent: dict[int, int] = {}

    def root(net: int) -> int:
        while net in parent:
            net = parent[net]
        return net

    for one, other in aliases:
        low, high = sorted((root(one), root(other)))
        if low != high:
            parent[high] = low
    same = np.arange(count)
    for net in parent:
        same[net] = root(net)
    return same
