"""The netlist that Coriolis places, and what became of it."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any

from hawx_hw.flows.tools.qflow.blif import SUPPLY, PlacedNetlist

__all__ = ["BUFFERS", "changes", "with_constants"]

#: Cells that drive the constants, with their output, in the order of the values.
_CONSTANTS = (("zero_x1", "zero"), ("one_x1", "one"))
#: Kinds of cells that placing may add, with input and output.
BUFFERS = {"buf_x1": ("i", "q"), "buf_x2": ("i", "q"), "buf_x4": ("i", "q")}
#: Cells without logic: they fill gaps, or protect gates from antenna charge.
_FILLS = ("tie", "fill", "decap", "diode")
#: The name that Coriolis gives a cell of a BLIF: its number in the file, its kind.
_NAMED = re.compile(r"subckt_(\d+)_(\w+)")


def with_constants(netlist: PlacedNetlist) -> PlacedNetlist:
    """A netlist as Coriolis reads it: cells drive the constants, and bits are ``port[bit]``."""

    def plain(net: str) -> str:
        return net.replace("<", "[").replace(">", "]")

    cells = {
        name: (kind, {pin: plain(net) for pin, net in pins.items()})
        for name, (kind, pins) in netlist.cells.items()
    }
    used = {net for _, pins in cells.values() for net in pins.values()}
    for net, (kind, output) in zip(SUPPLY, _CONSTANTS, strict=True):
        if net in used:
            cells[f"constant_{kind}"] = (kind, {output: net})
    # As nets of supply these names would be special.
    names = {net: f"constant_{value}" for value, net in enumerate(SUPPLY)}
    cells = {
        name: (kind, {pin: names.get(net, net) for pin, net in pins.items()})
        for name, (kind, pins) in cells.items()
    }
    return dataclasses.replace(
        netlist,
        inputs=tuple(plain(port) for port in netlist.inputs),
        outputs=tuple(plain(port) for port in netlist.outputs),
        cells=cells,
    )


def changes(netlist: PlacedNetlist, routed: Mapping[str, Any]) -> tuple[int, list[str]]:
    """What Coriolis changed besides adding buffers.

    Parameters
    ----------
    netlist : PlacedNetlist
        As :func:`with_constants` makes it.
    routed : mapping
        The content of ``routed.json``: its ``instances`` and ``ports``.

    Returns
    -------
    (int, list of str)
        Number of buffers that were added; differences, one sentence each, none where every cell is
        there, and joined to the same cells and ports.
    """
    placed: dict[int, Mapping[str, Any]] = {}
    source: dict[str, str] = {}
    differences = []
    for name, instance in routed["instances"].items():
        kind, pins = instance["cell"], instance["pins"]
        match = _NAMED.fullmatch(name)
        if match and match[2] == kind:
            placed[int(match[1])] = instance
        elif kind in BUFFERS:
            before, after = BUFFERS[kind]
            # A spare buffer is joined to nothing.
            if after in pins and before in pins:
                source[pins[after]] = pins[before]
        elif not kind.startswith(_FILLS):
            differences.append(f"{name} of kind {kind} was added")
    first = min(placed, default=0)
    for number, (kind, pins) in enumerate(netlist.cells.values(), first):
        instance = placed.pop(number, {"cell": None, "pins": {}})
        actual = {pin: _driver(net, source) for pin, net in instance["pins"].items()}
        if (instance["cell"], actual) != (kind, dict(pins)):
            differences.append(f"cell {number} is no longer {kind} with its nets")
    differences += [f"cell {number} was added" for number in sorted(placed)]
    ports = {*netlist.inputs, *netlist.outputs}
    differences += _other("port", ports, routed["ports"])
    return len(source), differences


def _driver(net: str, source: Mapping[str, str]) -> str:
    """The net at the input of all buffers before a net."""
    passed = set()
    while net in source and net not in passed:
        passed.add(net)
        net = source[net]
    return net


def _other(what: str, expected: Iterable[str], actual: Iterable[str]) -> list[str]:
    first, second = set(expected), set(actual)
    return [f"{what} {name} is missing" for name in sorted(first - second)] + [
        f"{what} {name} was added" for name in sorted(second - first)
    ]
