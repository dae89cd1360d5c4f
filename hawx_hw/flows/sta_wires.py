"""Wires for OpenSTA, net by net, where their lengths go by more than the number of pins."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.netlist.wires import wires_of
from hawx_hw.util.macros import READ_DATA
from hawx_hw.util.quoting import opensta_path

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from hawx_hw.netlist.flat import FlatNetlist
    from hawx_hw.technology.wires import MeasuredWireModel

__all__ = ["net_drivers", "wires_tcl"]


def wires_tcl(flat: FlatNetlist, model: MeasuredWireModel, unit_ff: float) -> str:
    """Commands that put the capacitance of each net's wire on the net.

    Their resistance is left out: it delays by less than 1 ps, see
    :func:`~hawx_hw.technology.wires.wire_delays`.

    Parameters
    ----------
    flat : FlatNetlist
    model : MeasuredWireModel
    unit_ff : float
        The library's unit of capacitance, in fF.
    """
    loads = wires_of(flat, model).capacitance_ff / unit_ff
    lines = [
        "proc wire {pin load} {",
        "  set_load $load [get_nets -of_objects [get_pins $pin]]",
        "}",
    ]
    for name, net in net_drivers(flat, np.flatnonzero(loads)).items():
        load, word = f"{loads[net]:.6g}", opensta_path(name)
        lines.append(f"wire {word} {load}" if "/" in name else f"set_load {load} [get_nets {word}]")
    return "\n".join([*lines, ""])


def net_drivers(flat: FlatNetlist, nets: NDArray[np.int64]) -> dict[str, int]:
    """What drives some nets: outputs of cells, bits of memories' words, inputs of the design.

    Returns
    -------
    dict of str to int
        By the name of the pin.
    """
    chosen = set(nets.tolist())
    drivers: dict[str, int] = {}
    for group in flat.groups:
        pins = flat.library.cells[group.kind].pins
        for pin in group.pins:
            if pins[pin].direction == "output":
                at = group.nets_at(pin)
                for index in np.flatnonzero(np.isin(at, nets)).tolist():
                    path = flat.paths[int(group.instances[index])]
                    drivers[f"{path}{group.names[index]}/{pin}"] = int(at[index])
    words = [(f"{macro.path}/{READ_DATA}", macro.pins.get(READ_DATA, ())) for macro in flat.macros]
    ports = [(name, at) for name, (direction, at) in flat.ports.items() if direction == "input"]
    for name, each in (*words, *ports):
        for bit, net in enumerate(each):
            if int(net) in chosen:
                drivers[f"{name}[{bit}]" if len(each) > 1 else name] = int(net)
    return drivers
