"""The longest path of a mapped design, from the delay tables of its liberty file.

Covered: every path between registers, memory macros, inputs and outputs, across all modules; rising
and falling edges apart; transition times; the load of every input pin; set-up times; wires where a
wire load model estimates them. Left out: clock skew, false paths, constants that switch paths off,
and delays of the memory macros (their outputs change with the clock, inputs need no set-up time).
"""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.arcs import loads, propagate, timing_arcs
from hawx_hw.netlist.flat import CONSTANTS, FlatNetlist
from hawx_hw.netlist.wires import wires_of
from hawx_hw.technology.liberty import Table
from hawx_hw.technology.table_stack import TableStack
from hawx_hw.technology.wires import MeasuredWireModel, WireModel
from hawx_hw.util.macros import CLOCK, MACROS, READ_DATA

__all__ = ["Path", "endpoints", "longest_path"]

_Floats = NDArray[np.float64]
_Integers = NDArray[np.int64]


@dataclass(frozen=True)
class Path:
    """The longest path: its length in ns with the set-up time, the module and pin of its end."""

    delay: float
    module: str
    end: str


def longest_path(
    flat: FlatNetlist, wires: WireModel | MeasuredWireModel | None = None
) -> tuple[Path, dict[str, float]]:
    """The longest path of the design, and of those that end in each kind of module, in ns.

    Of paths of equal length it is the one that ends in the first module instance, there at the
    first cell by name; outputs of the design come last.

    Parameters
    ----------
    flat : FlatNetlist
    wires : WireModel, MeasuredWireModel or None
        Estimates the wires: their capacitance loads what drives them, and their resistance delays
        what they carry. None: there are none.

    Raises
    ------
    ValueError
        The design has a combinational loop.
    """
    load, delay = loads(flat), None
    if wires is not None:
        estimated = wires_of(flat, wires)
        delay = estimated.delays(load)
        load = load + estimated.capacitance_ff
    arrivals, slews = propagate(timing_arcs(flat), load, _starts(flat), delay)
    ends = _ends(flat)
    delays = np.concatenate([end.delays(arrivals, slews) for end in ends])
    if not np.any(np.isfinite(delays)):
        return Path(0.0, flat.kinds[0], ""), {}
    instances = np.concatenate([end.instances for end in ends])
    firsts = np.cumsum([0, *(len(end.instances) for end in ends)]).tolist()

    def holder(index: int) -> tuple[int, str, int]:
        piece = bisect_right(firsts, index) - 1
        return int(instances[index]), ends[piece].holders[index - firsts[piece]], index

    last = min(map(holder, np.flatnonzero(delays == delays.max()).tolist()))[2]
    piece = bisect_right(firsts, last) - 1
    kinds = [*flat.kinds, flat.kinds[0]]
    path = Path(
        float(delays[last]),
        kinds[instances[last]],
        ends[piece].name(last - firsts[piece], flat.paths),
    )
    return path, _by_kind(delays, instances, kinds)


def endpoints(flat: FlatNetlist) -> dict[str, int]:
    """Where paths end: pins with a set-up time, inputs of macros, outputs of the design.

    Returns
    -------
    dict of str to int
        The net at each, by full name: ``core/pe_0/_12_/D``, ``core/rom/macro/read_address[3]``.
    """
    return {
        end.name(index, flat.paths): int(node) >> 1
        for end in _ends(flat)
        for index, node in enumerate(end.nodes)
    }


def _by_kind(delays: _Floats, instances: _Integers, kinds: list[str]) -> dict[str, float]:
    """The longest path that ends in each kind of module, rounded to 0.1 ps."""
    numbers = {kind: number for number, kind in enumerate(dict.fromkeys(kinds))}
    longest = np.full(len(numbers), -np.inf)
    np.maximum.at(longest, np.array([numbers[kind] for kind in kinds])[instances], delays)
    return {
        kind: max(0.0, round(float(longest[number]), 4))
        for kind, number in numbers.items()
        if np.isfinite(longest[number])
    }


@dataclass(frozen=True, eq=False)
class _Ends:
    """Nodes at which paths end, of one pin of one kind of cell, of a macro, or of a port.

    ``holders`` are names of cells within their modules. Outputs of the design stand in an instance
    behind all others.
    """

    nodes: _Integers
    instances: _Integers
    holders: list[str]
    pins: list[str]
    limits: tuple[Table, Table] | None = None

    def delays(self, arrivals: _Floats, slews: _Floats) -> _Floats:
        """Arrivals with the set-up times, in ns."""
        arriving = arrivals[self.nodes]
        if self.limits is None:
            return arriving
        slew = slews[self.nodes]
        return arriving + TableStack([*self.limits]).at(self.nodes & 1, slew, np.zeros(len(slew)))

    def name(self, index: int, paths: list[str]) -> str:
        """Full name of a pin, or of a bit of it."""
        if self.instances[index] == len(paths):
            return self.pins[index]
        return f"{paths[self.instances[index]]}{self.holders[index]}/{self.pins[index]}"


def _starts(flat: FlatNetlist) -> _Integers:
    nets = [nets for direction, nets in flat.ports.values() if direction == "input"]
    nets += [macro.pins[READ_DATA] for macro in flat.macros if READ_DATA in macro.pins]
    joined = np.concatenate([np.zeros(0, np.int64), *nets])
    return joined[joined >= CONSTANTS]


def _ends(flat: FlatNetlist) -> list[_Ends]:
    ends = []
    for group in flat.groups:
        pins = flat.library.cells[group.kind].pins
        for pin in group.pins:
            for limits in pins[pin].setups:
                for edge in (0, 1):
                    nodes = 2 * group.nets_at(pin) + edge
                    names = [pin] * len(nodes)
                    ends.append(_Ends(nodes, group.instances, group.names, names, limits))
    for macro in flat.macros:
        name = macro.path[len(flat.paths[macro.instance]) :]
        for pin, nets in macro.pins.items():
            if pin not in (READ_DATA, CLOCK):
                one = MACROS[macro.kind].ports[pin] is None
                bits = [pin] if one else [f"{pin}[{bit}]" for bit in range(len(nets))]
                ends.append(_of_bits(nets, macro.instance, name, bits))
    for port, (direction, nets) in flat.ports.items():
        if direction != "input":
            bits = [f"{port}[{bit}]" for bit in range(len(nets))] if len(nets) > 1 else [port]
            ends.append(_of_bits(nets, len(flat.paths), "", bits))
    return ends


def _of_bits(nets: _Integers, instance: int, holder: str, bits: list[str]) -> _Ends:
    nodes = (2 * nets[:, None] + np.arange(2)).ravel()
    return _Ends(
        nodes,
        np.full(len(nodes), instance, dtype=np.int64),
        [holder] * len(nodes),
        [bit for bit in bits for _ in range(2)],
    )
