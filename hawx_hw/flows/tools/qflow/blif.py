"""A flat netlist as BLIF, in the form that qflow's placement reads.

qflow's own synthesis ends with such a file. Here it is that of this project's synthesis: placed and
routed are the cells that ``synth.json`` counts.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from hawx_hw.netlist.flat import CONSTANTS, FlatNetlist

__all__ = ["SUPPLY", "PlacedNetlist", "placed_netlist", "read_blif"]

#: The nets of the constants are those of the supply: there are no cells for them.
SUPPLY = ("gnd", "vdd")


@dataclass(frozen=True)
class PlacedNetlist:
    """What is placed and routed, with the names of the tools.

    Parameters
    ----------
    name : str
    inputs, outputs : tuple of str
        Pins of the layout, one for each net that leads to a cell; outputs of one net, outputs that
        are constant or an input, and inputs that lead nowhere have none.
    cells : dict of str to (str, dict of str to str)
        For each cell its kind, and the net at each of its pins.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    cells: Mapping[str, tuple[str, Mapping[str, str]]]

    @property
    def kinds(self) -> Counter[str]:
        """Number of cells by kind."""
        return Counter(kind for kind, _ in self.cells.values())

    @property
    def nets(self) -> dict[str, set[tuple[str, str]]]:
        """For each net the cells and pins that it joins, a pin of the layout as cell ``PIN``."""
        nets: dict[str, set[tuple[str, str]]] = {}
        for cell, (_, pins) in self.cells.items():
            for pin, net in pins.items():
                nets.setdefault(net, set()).add((cell, pin))
        for port in (*self.inputs, *self.outputs):
            nets[port].add(("PIN", port))
        return nets

    def text(self) -> str:
        """The BLIF."""
        lines = [
            f".model {self.name}",
            f".inputs {' '.join(self.inputs)}",
            f".outputs {' '.join(self.outputs)}",
        ]
        for kind, pins in self.cells.values():
            lines.append(f".gate {kind} " + " ".join(f"{pin}={net}" for pin, net in pins.items()))
        return "\n".join([*lines, ".end", ""])

    def verilog(self) -> str:
        """The same as Verilog; names of bits are escaped."""
        ports = ", ".join(_escaped(port) for port in (*self.inputs, *self.outputs))
        lines = [f"module {self.name}({ports});"]
        for direction, names in (("input", self.inputs), ("output", self.outputs)):
            lines += [f"  {direction} {_escaped(port)};" for port in names]
        for cell, (kind, pins) in self.cells.items():
            joined = ", ".join(f".{pin}({_value(net)})" for pin, net in pins.items())
            lines.append(f"  {kind} {cell} ({joined});")
        return "\n".join([*lines, "endmodule", ""])


def placed_netlist(flat: FlatNetlist, name: str) -> PlacedNetlist:
    """The cells of a flat netlist without memory macros, whose pins become pins of the layout.

    Cells have the names that qflow gives them: their kind and a number. A net is named by the first
    port by name that it is at, ``port<bit>``; others are numbered in the order of the cells. So
    names depend neither on the order of ports nor on the numbers of nets, which differ between
    a module that was synthesized now and one that was stored.
    """
    names: dict[int, str] = dict(enumerate(SUPPLY))
    used = {net for group in flat.groups for net in group.nets.ravel().tolist()}
    inputs: list[str] = []
    outputs: list[str] = []
    for port, direction, net in _ports(flat):
        if net not in names and net in used:
            names[net] = port
            (inputs if direction == "input" else outputs).append(port)
    cells = {}
    letter = "n"
    while any(re.match(rf"{letter}\d", port) for port in names.values()):
        letter += "n"
    known = len(names)
    for group in flat.groups:
        for number, nets in enumerate(group.nets.tolist(), 1):
            pins = {}
            for pin, net in zip(group.pins, nets, strict=True):
                if net not in names:
                    names[net] = f"{letter}{len(names) - known}"
                pins[pin] = names[net]
            cells[f"{group.kind}_{number}"] = (group.kind, pins)
    return PlacedNetlist(name, tuple(inputs), tuple(outputs), cells)


def read_blif(text: str) -> PlacedNetlist:
    """The netlist of a BLIF that :meth:`PlacedNetlist.text` has written.

    Raises
    ------
    ValueError
        It is none.
    """
    words = [line.split() for line in text.splitlines() if line.strip()]
    head = {line[0]: line[1:] for line in words[:3]}
    if list(head) != [".model", ".inputs", ".outputs"] or len(head[".model"]) != 1:
        raise ValueError("a BLIF must begin with its model, inputs and outputs")
    counts: Counter[str] = Counter()
    cells = {}
    for line in words[3:-1]:
        counts[line[1]] += 1
        pins = dict(pin.split("=", 1) for pin in line[2:])
        cells[f"{line[1]}_{counts[line[1]]}"] = (line[1], pins)
    return PlacedNetlist(head[".model"][0], tuple(head[".inputs"]), tuple(head[".outputs"]), cells)


def _escaped(name: str) -> str:
    return name if re.fullmatch(r"[A-Za-z_]\w*", name) else f"\\{name} "


def _value(net: str) -> str:
    """A net in an expression; the constants by their values."""
    return f"1'b{SUPPLY.index(net)}" if net in SUPPLY else _escaped(net)


def _ports(flat: FlatNetlist) -> Iterator[tuple[str, str, int]]:
    """Name, direction and net of each bit of a port, and of each pin of a memory macro."""
    for port, (direction, nets) in sorted(flat.ports.items()):
        yield from _bits(port, direction, nets.tolist())
    macros = {
        (macro.path, pin): nets.tolist()
        for macro in flat.macros
        for pin, nets in macro.pins.items()
    }
    driven = set()
    for group in flat.groups:
        pins = flat.library.cells[group.kind].pins
        for pin in group.pins:
            if pins[pin].direction == "output":
                driven.update(group.nets_at(pin).tolist())
    for (path, pin), nets in sorted(macros.items()):
        for name, _, net in _bits(f"{path}_{pin}", "", nets):
            if net >= CONSTANTS:
                yield name, "output" if net in driven else "input", net


def _bits(port: str, direction: str, nets: list[int]) -> Iterator[tuple[str, str, int]]:
    plain = re.sub(r"\W+", "_", port)
    for bit, net in enumerate(nets):
        yield plain if len(nets) == 1 else f"{plain}<{bit}>", direction, net
