"""The flip-flops that a clock drives, and an estimate of the buffers that a clock tree takes.

Synthesis leaves the clock without buffers: place and route makes the tree. What it will take is
estimated as a balanced tree of the library's smallest buffer, each of which drives
:data:`FAN_OUT` pins, on the clock's net and on every net behind a clock gate that drives more. It
has no wires, no larger buffers and no useful skew: an order of magnitude, and stated as such.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.clock import Clock, find_clock
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.power.result import ClockedModule, ClockTree
from hawx_hw.technology.functions import parse
from hawx_hw.technology.liberty import Cell, Library

__all__ = ["FAN_OUT", "clock_tree", "smallest_buffer"]

#: Pins that one buffer of the tree drives; assumed.
FAN_OUT = 16

_Integers = NDArray[np.int64]


def clock_tree(
    flat: FlatNetlist, activity: Activity, supply: float, clock_mhz: float, *, port: str = "clk"
) -> ClockTree:
    """Who is clocked how, and the estimate of the tree's power.

    Parameters
    ----------
    flat : FlatNetlist
    activity : Activity
        Of all cycles; the toggles of gated clocks count.
    supply : float
        In V.
    clock_mhz : float
    port : str
        The clock's.
    """
    clock = find_clock(flat, port)
    buffers, toggles = _buffers(flat, clock, activity)
    buffer = smallest_buffer(flat.library)
    energy = 0.0 if buffer is None else toggles * _toggle_fj(buffer, flat.library, flat, supply)
    return ClockTree(
        modules=_modules(flat, clock),
        buffer=buffer.name if buffer else None,
        buffers=buffers if buffer else 0,
        # fJ a cycle times MHz are nW.
        estimated_uw=float(f"{energy * clock_mhz / 1000:.6g}"),
    )


def smallest_buffer(library: Library) -> Cell | None:
    """The smallest cell that passes its only input on."""
    buffers = []
    for cell in library.cells.values():
        inputs = [pin for pin in cell.pins.values() if pin.direction == "input"]
        outputs = [pin for pin in cell.pins.values() if pin.direction == "output"]
        if cell.dont_use or cell.sequential or len(inputs) != 1 or len(outputs) != 1:
            continue
        if outputs[0].function.strip("() ") == inputs[0].name:
            buffers.append((cell.area, cell.name))
    return library.cells[min(buffers)[1]] if buffers else None


def _modules(flat: FlatNetlist, clock: Clock) -> dict[str, ClockedModule]:
    """Clock gates, and flip-flops with and without one, by kind of module; all instances."""
    gates, free, gated = (np.zeros(len(flat.paths), dtype=np.int64) for _ in range(3))
    for group in flat.groups:
        cell = flat.library.cells[group.kind]
        if cell.clock_gate is not None:
            np.add.at(gates, group.instances, 1)
        elif cell.flip_flop is not None:
            behind = group.nets_at(_clock_pin(cell)) != clock.root
            np.add.at(gated, group.instances[behind], 1)
            np.add.at(free, group.instances[~behind], 1)
    modules: dict[str, list[int]] = {}
    for index, kind in enumerate(flat.kinds):
        counts = modules.setdefault(kind, [0, 0, 0])
        for number, values in enumerate((gates, gated, free)):
            counts[number] += int(values[index])
    return {
        kind: ClockedModule(clock_gates=counts[0], gated=counts[1], free=counts[2])
        for kind, counts in sorted(modules.items())
        if any(counts)
    }


def _buffers(flat: FlatNetlist, clock: Clock, activity: Activity) -> tuple[int, float]:
    """Buffers of the tree, and their toggles a cycle."""
    pins = np.zeros(flat.nets, dtype=np.int64)
    for group in flat.groups:
        cell = flat.library.cells[group.kind]
        if cell.clock_gate is not None:
            np.add.at(pins, group.nets_at(cell.clock_gate.clock), 1)
        elif cell.flip_flop is not None:
            np.add.at(pins, group.nets_at(_clock_pin(cell)), 1)
    count, toggles = 0, 0.0
    nets = [(clock.root, 2.0)] if clock.root >= 0 else []
    nets += [(net, activity.toggles[net] / activity.cycles) for net in clock.gated.tolist()]
    for net, rate in nets:
        needed, level = 0, int(pins[net])
        while level > FAN_OUT:
            level = -(-level // FAN_OUT)
            needed += level
        count += needed
        toggles += needed * rate
    return count, toggles


def _toggle_fj(buffer: Cell, library: Library, flat: FlatNetlist, supply: float) -> float:
    """Energy of a toggle of a buffer: its input pin, and inside at the load of flip-flops."""
    (source,) = (pin for pin in buffer.pins.values() if pin.direction == "input")
    (output,) = (pin for pin in buffer.pins.values() if pin.direction == "output")
    loads = [
        library.cells[group.kind].pins[_clock_pin(library.cells[group.kind])].capacitance
        for group in flat.groups
        if library.cells[group.kind].flip_flop is not None
    ]
    load = FAN_OUT * (sum(loads) / len(loads) if loads else source.capacitance)
    inside = sum(
        0.5 * (power.rise.at(0.0, at) + power.fall.at(0.0, at))
        for pin, at in ((source, 0.0), (output, load))
        for power in pin.powers
        if not power.when
    )
    return 0.5 * source.capacitance * supply * supply + inside


def _clock_pin(cell: Cell) -> str:
    assert cell.flip_flop is not None
    return parse(cell.flip_flop.clocked_on).names[0]
