"""A mapped module as Verilog with a model of every cell, run by Icarus Verilog; its changes."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from hawx_hw.netlist.netlist import Netlist
from tests.netlist.netlists import inputs, outputs

PERIOD = 10_000_000


def verilog(netlist: Netlist, delays: Mapping[int | str, int], *, inertial: bool) -> str:
    """The module ``top``, its nets n2, n3, ...; every gate takes the time of the net it drives."""
    module = netlist.modules["top"]
    nets: dict[int | str, str] = {"0": "1'b0", "1": "1'b1"}
    lines, declared = [], set()

    def name(net: int | str) -> str:
        return nets.get(net, f"n{net}")

    def drive(net: int | str, expression: str) -> None:
        declared.add(net)
        if inertial:
            lines.append(f"assign #{delays[net]} n{net} = {expression};")
        else:
            later = f"n{net} <= #{delays[net]} {expression};"
            # The second for what never changes.
            lines.extend([f"always @* {later}", f"initial {later}"])

    for instance in module.instances:
        cell = netlist.library.cells[instance.kind]
        pins = {pin: name(bits[0]) for pin, bits in instance.pins.items()}
        if cell.flip_flop is not None:
            flop, state = cell.flip_flop, f"state_{instance.name}"
            lines.append(f"reg {state} = 0;")
            lines.append(
                f"always @(posedge n{module.ports['clk'][1][0]}) "
                f"{state} <= {pins[flop.next_state]};"
            )
            for pin in outputs(cell):
                if pin in pins:
                    sign = "" if cell.pins[pin].function == flop.state else "~"
                    drive(instance.pins[pin][0], sign + state)
            continue
        for pin in outputs(cell):
            drive(instance.pins[pin][0], expression(cell.pins[pin].function, pins, inputs(cell)))
    kind = "wire" if inertial else "reg"
    heads = [f"{kind} n{net};" for net in sorted(declared, key=str)]
    given = sorted(set(module.ports["x"][1]) | set(module.ports["clk"][1]), key=str)
    heads += [f"reg n{net} = 0;" for net in given]
    return "\n".join(["`timescale 1ns/1ns", "module top;", *heads, *lines])


def expression(function: str, pins: Mapping[str, str], names: Sequence[str]) -> str:
    """A liberty function with nets for names: of ``( ) ! & | ^`` it means what Verilog does."""
    text = function.replace("!", "~")
    assert not set(text) & set("'*+"), function
    for pin in sorted(names, key=len, reverse=True):
        text = text.replace(pin, f"\0{pin}\0")
    return "".join(pins.get(part, part) for part in text.split("\0"))


def changes(
    netlist: Netlist,
    delays: Mapping[int | str, int],
    words: Sequence[Sequence[int]],
    folder: Path,
    *,
    inertial: bool,
) -> dict[int | str, list[tuple[int, int]]]:
    """When each net changed, and to what; inputs change with the clock's edges.

    The edges are at PERIOD, 2 * PERIOD, ...; ``words`` are the bits of x from the start on.
    """
    if shutil.which("iverilog") is None:
        pytest.skip("Icarus Verilog is not on this machine")
    ports = netlist.modules["top"].ports
    clock = ports["clk"][1][0]
    drive = ["initial begin", '$dumpfile("top.vcd");', "$dumpvars(0, top);"]
    for step, bits in enumerate(words):
        values = [f"n{net} <= {bit};" for net, bit in zip(ports["x"][1], bits, strict=True)]
        # The data come after the edge, as from other flip-flops.
        drive += [*([f"n{clock} = 1;"] if step else []), *values]
        drive += [f"#{PERIOD // 2} n{clock} = 0;", f"#{PERIOD // 2};"]
    drive += ["$finish;", "end", "endmodule"]
    text = "\n".join([verilog(netlist, delays, inertial=inertial), *drive])
    (folder / "top.v").write_text(text)
    subprocess.run(["iverilog", "-g2012", "-o", "top.vvp", "top.v"], cwd=folder, check=True)
    subprocess.run(["vvp", "-n", "top.vvp"], cwd=folder, check=True, stdout=subprocess.DEVNULL)
    return _read(folder / "top.vcd", {f"n{net}": net for net in _all_nets(netlist)})


def _all_nets(netlist: Netlist) -> set[int | str]:
    module = netlist.modules["top"]
    pins = [bits[0] for instance in module.instances for bits in instance.pins.values()]
    return {net for net in (*pins, *module.ports["x"][1]) if net not in ("0", "1")}


def _read(path: Path, names: Mapping[str, int | str]) -> dict[int | str, list[tuple[int, int]]]:
    codes: dict[str, int | str] = {}
    result: dict[int | str, list[tuple[int, int]]] = {net: [] for net in names.values()}
    time = 0
    for line in path.read_text(encoding="utf-8").splitlines():
        words = line.split()
        if line.startswith("$var") and words[4] in names:
            codes[words[3]] = names[words[4]]
        elif line.startswith("#"):
            time = int(line[1:])
        elif line[:1] in ("0", "1") and line[1:] in codes:
            result[codes[line[1:]]].append((time, int(line[0])))
    return result
