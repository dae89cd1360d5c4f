"""Random mapped designs, and a slow simulation of them that shares nothing with the fast one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Instance, Module, Netlist
from hawx_hw.technology.liberty import Cell, Library


def usable(library: Library) -> list[Cell]:
    """Cells without state that compute something."""
    return [
        cell
        for cell in library.cells.values()
        if not cell.sequential
        and not cell.dont_use
        and inputs(cell)
        and all(cell.pins[pin].function for pin in outputs(cell))
        and outputs(cell)
    ]


def inputs(cell: Cell) -> list[str]:
    return [pin.name for pin in cell.pins.values() if pin.direction == "input"]


def outputs(cell: Cell) -> list[str]:
    return [pin.name for pin in cell.pins.values() if pin.direction == "output"]


def flip_flop(library: Library) -> tuple[Cell, str, str, str]:
    """A plain flip-flop: the cell, its pins for clock, data and output."""
    for cell in library.cells.values():
        flop = cell.flip_flop
        if flop is None or cell.dont_use or flop.clear or flop.preset:
            continue
        if flop.clocked_on.isidentifier() and flop.next_state.isidentifier():
            (out,) = [p for p in outputs(cell) if cell.pins[p].function == flop.state][:1]
            return cell, flop.clocked_on, flop.next_state, out
    raise AssertionError("the library has no plain flip-flop")


def random_module(
    rng: np.random.Generator, library: Library, *, gates: int, flops: int, inputs_: int
) -> Netlist:
    """One module: inputs x, outputs y (the last nets), gates between flip-flops."""
    cells = usable(library)
    flop, clock, data, out = flip_flop(library)
    first = 3
    nets: list[int | str] = ["0", "1", *range(first, first + inputs_ + flops)]
    count = first + inputs_ + flops
    instances = []
    for number in range(gates):
        cell = cells[int(rng.integers(len(cells)))]
        pins: dict[str, list[int | str]] = {
            pin: [nets[int(rng.integers(max(0, len(nets) - 25), len(nets)))]]
            for pin in inputs(cell)
        }
        for pin in outputs(cell):
            pins[pin] = [count]
            nets.append(count)
            count += 1
        instances.append(Instance(f"g{number}", cell.name, pins, {}))
    for number in range(flops):
        source = nets[int(rng.integers(2, len(nets)))]
        pins = {clock: [2], data: [source], out: [first + inputs_ + number]}
        instances.append(Instance(f"f{number}", flop.name, pins, {}))
    ports: dict[str, tuple[str, list[int | str]]] = {
        "clk": ("input", [2]),
        "x": ("input", list(range(first, first + inputs_))),
        "y": ("output", nets[-8:]),
    }
    instances.sort(key=lambda instance: instance.name)
    return Netlist("top", {"top": Module("top", ports, instances)}, library)


def net_numbers(netlist: Netlist) -> dict[int | str, int]:
    """Yosys's number of each driven net and its number in the flat netlist."""
    flat = flatten(netlist)
    groups = {group.kind: group for group in flat.groups}
    result: dict[int | str, int] = {}
    for instance in netlist.modules["top"].instances:
        group = groups[instance.kind]
        row = group.names.index(instance.name)
        for pin, nets in instance.pins.items():
            if netlist.library.cells[instance.kind].pins[pin].direction == "output":
                result[nets[0]] = int(group.nets_at(pin)[row])
    return result


def exact_function(text: str) -> Callable[[Mapping[str, int]], int]:
    """A function of a liberty file, through Python's own operators."""
    words = text.replace("!", " ~").replace("*", "&").replace("+", "|")
    while "'" in words:
        at = words.index("'")
        start = at - 1
        if words[start] == ")":
            depth = 1
            while depth:
                start -= 1
                depth += {")": 1, "(": -1}.get(words[start], 0)
        else:
            while start and (words[start - 1].isalnum() or words[start - 1] == "_"):
                start -= 1
        words = f"{words[:start]}(~{words[start:at]}){words[at + 1 :]}"
    tokens = words.replace("(", " ( ").replace(")", " ) ").split()
    joined = ""
    for before, token in zip(["|", *tokens], tokens, strict=False):
        both = (before[-1].isalnum() or before == ")") and (token[0].isalnum() or token[0] in "(~")
        joined += (" & " if both else " ") + token
    code = compile(joined.strip(), text, "eval")
    return lambda values: int(eval(code, {}, dict(values))) & 1


@dataclass
class Slow:
    """One copy of a flat module, net by net in dictionaries."""

    netlist: Netlist
    values: dict[Any, int] = field(default_factory=dict)
    toggles: dict[Any, int] = field(default_factory=dict)
    ones: dict[Any, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        library = self.netlist.library
        self.values |= {"0": 0, "1": 1}
        self.gates = []
        self.flops = []
        for instance in self.netlist.modules["top"].instances:
            cell = library.cells[instance.kind]
            (self.flops if cell.flip_flop else self.gates).append((instance, cell))
        self.states = [0] * len(self.flops)
        self.functions = {
            pin.function: exact_function(pin.function)
            for cell in library.cells.values()
            for pin in cell.pins.values()
            if pin.function
        }

    def settle(self) -> None:
        # As often as there are gates, in any order: it is slow, and cannot be wrong.
        while True:
            before = dict(self.values)
            for instance, cell in self.gates:
                known = {p: self.values.get(instance.pins[p][0], 0) for p in inputs(cell)}
                for pin in outputs(cell):
                    net = instance.pins[pin][0]
                    self.values[net] = self.functions[cell.pins[pin].function](known)
            if before == self.values:
                return

    def show(self) -> None:
        for (instance, cell), state in zip(self.flops, self.states, strict=True):
            assert cell.flip_flop is not None
            for pin in outputs(cell):
                if pin in instance.pins:
                    inverted = cell.pins[pin].function != cell.flip_flop.state
                    self.values[instance.pins[pin][0]] = state ^ inverted

    def step(self, x: Sequence[int], *, first: bool = False) -> None:
        before = dict(self.values)
        if not first:
            for index, (instance, cell) in enumerate(self.flops):
                assert cell.flip_flop is not None
                net = instance.pins[cell.flip_flop.next_state][0]
                self.states[index] = before.get(net, 0)
        self.show()
        for net, bit in zip(self.netlist.modules["top"].ports["x"][1], x, strict=True):
            self.values[net] = bit
        self.settle()
        if not first:
            for net, value in self.values.items():
                self.toggles[net] = self.toggles.get(net, 0) + (value != before.get(net, 0))
                self.ones[net] = self.ones.get(net, 0) + value
