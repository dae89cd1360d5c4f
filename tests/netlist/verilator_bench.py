"""Modules under Verilator: inputs of every cycle in, outputs of every cycle out."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from hawx_hw.netlist.cell_verilog import cell_verilog
from hawx_hw.netlist.flat import flatten
from hawx_hw.netlist.netlist import Module, Netlist
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.simulation.build import make_program, run_tool, tool_variables
from hawx_hw.simulation.simulators import find_simulator
from hawx_hw.technology.liberty import Library
from hawx_hw.util.resources import rtl_templates

__all__ = ["Device", "device_of", "gate_simulation", "library_verilog", "simulate"]

_HARNESS = Path(__file__).with_suffix(".cpp")
_WORD = 32
#: Ports of the gate simulator are numbers of at most so many bits here.
_CHUNK = 32
_MACROS = ("hawx_rom", "hawx_sdp_ram", "hawx_sp_ram")
Bits = NDArray[np.uint8]


@dataclass(frozen=True)
class Device:
    """A module: widths of its inputs, but for the clock ``clk``, and of its outputs, by name."""

    module: str
    inputs: Mapping[str, int]
    outputs: Mapping[str, int]
    clocked: bool = True

    @property
    def given(self) -> int:
        return sum(self.inputs.values())

    @property
    def seen(self) -> int:
        return sum(self.outputs.values())


def device_of(netlist: Netlist, module: str) -> Device:
    """A module of a mapped netlist."""
    ports = netlist.modules[module].ports
    widths = {
        direction: {
            name: len(nets)
            for name, (kind, nets) in ports.items()
            if kind == direction and name != "clk"
        }
        for direction in ("input", "output")
    }
    return Device(module, widths["input"], widths["output"], "clk" in ports)


def library_verilog(library: Library, verilog: str) -> str:
    """Models of those cells of a library that a netlist names."""
    words = set(verilog.split())
    return cell_verilog(cell for name, cell in library.cells.items() if name in words)


def simulate(
    folder: Path, verilog: str, devices: Sequence[Device], given: Sequence[Bits]
) -> list[Bits]:
    """Outputs of devices in every cycle.

    Parameters
    ----------
    folder : Path
        For what is compiled.
    verilog : str
        All modules but those of memory macros.
    devices : sequence of Device
        They are simulated side by side: to compile once is quicker.
    given : sequence of ndarray of uint8, shape (cycles, bits)
        For each device the bits of its inputs in their order, the lowest first.

    Returns
    -------
    list of ndarray of uint8, shape (cycles, bits)
    """
    (folder / "bench.v").write_text(_bench(devices))
    (folder / "modules.v").write_text(verilog)
    build = folder / "build"
    build.mkdir()
    simulator = find_simulator("verilator")
    macros = [rtl_templates() / f"{name}.v" for name in _MACROS]
    command = [
        *(str(simulator.executable), "-cc", "--exe", "--vpi", "-Mdir", str(build)),
        *("--prefix", "Vbench", "--top-module", "bench", "-o", "bench", "--output-split", "0"),
        *("-Wno-fatal", "-Wno-lint", "-Wno-style", "-Wno-UNOPTFLAT"),
        *map(str, (_HARNESS, folder / "bench.v", folder / "modules.v", *macros)),
    ]
    run_tool(command, folder, tool_variables(simulator, build), "Verilator")
    make_program(simulator, build, prefix="Vbench", program="bench", optimize="-O0")
    _words(np.hstack(given)).tofile(folder / "given.bin")
    run_tool([str(build / "bench"), "given.bin", "seen.bin"], folder, {}, "The simulation")
    cycles, widths = len(given[0]), [device.seen for device in devices]
    words = np.fromfile(folder / "seen.bin", dtype="<u4").reshape(cycles, -1)
    bits = np.unpackbits(words.view(np.uint8), axis=1, bitorder="little")
    borders = pairwise(np.cumsum([0, *widths]).tolist())
    return [bits[:, first:last] for first, last in borders]


def gate_simulation(netlist: Netlist, device: Device, given: Bits) -> Bits:
    """As :func:`simulate`, of one device, by this project's own simulator of gates."""
    ports: dict[str, tuple[str, list[int | str]]] = {}
    for name, (direction, nets) in netlist.modules[device.module].ports.items():
        if name == "clk":
            ports[name] = direction, nets
            continue
        for start in range(0, len(nets), _CHUNK):
            ports[f"{name}#{start}"] = direction, nets[start : start + _CHUNK]
    top = Module(device.module, ports, netlist.modules[device.module].instances)
    modules = {**netlist.modules, device.module: top}
    flat = flatten(Netlist(device.module, modules, netlist.library))
    simulator = GateSimulator(flat, 1)
    inputs, place = {}, 0
    for name, (direction, nets) in ports.items():
        if direction == "input" and name != "clk":
            inputs[name] = _numbers(given[:, place : place + len(nets)])
            place += len(nets)
    watched = [name for name, (direction, _) in ports.items() if direction == "output"]
    seen = simulator.run(inputs, watched)
    return np.hstack([_bits(seen[name], len(ports[name][1])) for name in watched])


def _numbers(bits: Bits) -> NDArray[np.int64]:
    return (bits.astype(np.int64) << np.arange(bits.shape[1])).sum(axis=1).reshape(-1, 1)


def _bits(numbers: NDArray[np.int64], width: int) -> Bits:
    return (numbers.reshape(-1, 1) >> np.arange(width) & 1).astype(np.uint8)


def _words(bits: Bits) -> NDArray[np.uint32]:
    padded = np.zeros((len(bits), _padded(bits.shape[1])), dtype=np.uint8)
    padded[:, : bits.shape[1]] = bits
    return np.packbits(padded, axis=1, bitorder="little").view("<u4")


def _padded(width: int) -> int:
    """A width that Verilator gives as an array of words."""
    return max(3, -(-width // _WORD)) * _WORD


def _bench(devices: Sequence[Device]) -> str:
    given, seen = (
        _padded(sum(getattr(device, side) for device in devices)) for side in ("given", "seen")
    )
    lines = [
        "module bench(input wire clk,",
        f"  input wire [{given - 1}:0] given, output wire [{seen - 1}:0] seen);",
    ]
    places = {"given": 0, "seen": 0}
    for number, device in enumerate(devices):
        pins = [".clk(clk)"] if device.clocked else []
        for side, ports in (("given", device.inputs), ("seen", device.outputs)):
            for name, width in ports.items():
                pins.append(f".\\{name} ({side}[{places[side]} +: {width}])")
                places[side] += width
        lines.append(f"  {device.module} device_{number} ({', '.join(pins)});")
    return "\n".join([*lines, "endmodule", ""])
