"""Gate-level simulation of a multiplier and of a whole accelerator, against Icarus Verilog.

    python benchmarks/activity.py [SIZE] [--delays]    # SIZE 0: the multiplier alone

The multiplier: the exact one of generic45 under random operands, in Icarus with a behavioral model
of every cell, here with 64 and 256 of it side by side, settled states only and with the cells'
delays. Icarus has delays as well, and writes no waves: the baseline is what it takes to simulate
alone. The accelerator: LeNet-5 on SIZE x SIZE PEs (8), synthesized or taken from the store, with 64
images of random codes; with --delays (minutes) with glitches too. All in this run, one after
another, on one core; only ratios mean something.
"""

from __future__ import annotations

import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
from cycles import lenet5
from rich.console import Console
from rich.table import Table

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.blocks import Block, by_name
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.gateware.block_verilog import implementation_verilog
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.netlist.blocks import simulate_block
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.timed import Delays, library_delays
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import map_designs, synthesize_module
from hawx_hw.technology import load
from hawx_hw.verification.gate_level import simulate_accelerator

_ICARUS_CYCLES = 3_000
_CYCLES = 2_000


def main() -> None:
    """Print the table."""
    glitches = "--delays" in sys.argv
    sizes = [int(word) for word in sys.argv[1:] if word.isdigit()]
    size = sizes[0] if sizes else 8
    table = Table(title="Copies times cycles a second")
    for name in ("design", "simulation", "cells", "per second", "against Icarus"):
        table.add_column(name, justify="right")
    block = by_name("exact")
    (design,) = implementation_verilog([(block, block.implementations[0])])
    flat = flatten(synthesize_module(design.files, design.top, load("generic45")).netlist)
    delays = library_delays(flat)
    baseline = _icarus(flat, delays)
    rows = [("multiplier", "Icarus, delays", flat.cells, baseline)]
    for lanes in (64, 256):
        for name, own in (("settled", None), ("delays", delays)):
            rate = _block(flat, block, lanes, own)
            rows.append(("multiplier", f"{name}, {lanes} lanes", flat.cells, rate))
    if size:
        rows += _accelerator(size, glitches)
    for what, name, cells, rate in rows:
        # Of a larger design: for as many cells.
        ratio = rate / baseline * cells / flat.cells
        table.add_row(what, name, f"{cells:,}", f"{rate:,.0f}", f"{ratio:.0f}")
    Console().print(table)


def _block(flat: FlatNetlist, block: Block, lanes: int, delays: Delays | None) -> float:
    operands = np.random.default_rng(0).integers(-128, 128, (2, _CYCLES, lanes)).astype(np.int8)
    simulate_block(flat, block, *operands[:, :2], delays=delays)
    begin = time.perf_counter()
    simulate_block(flat, block, *operands, delays=delays)
    return lanes * _CYCLES / (time.perf_counter() - begin)


def _accelerator(size: int, glitches: bool) -> list[tuple[str, str, int, float]]:
    made = plan(lenet5(), ArrayShape.complete(size, size))
    images = random_codes(np.random.default_rng(0), made.graph, 64)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        emit_accelerator(made, folder, config_hash=0)
        names = (folder / "rtl" / "filelist.f").read_text("utf-8").split()
        sources = {name: (folder / "rtl" / name).read_text("utf-8") for name in names}
        store = default_store()
        (mapped,) = map_designs([(sources, TOP)], load("generic45"), store=store)
        flat = flatten(mapped.netlist)
        rows = []
        modes: list[tuple[str, Delays | None]] = [("settled", None)]
        if glitches:
            modes.append(("delays", library_delays(flat)))
        for title, delays in modes:
            begin = time.perf_counter()
            activity = simulate_accelerator(flat, made, folder / "mem", images, delays=delays)
            rate = activity.total.cycles / (time.perf_counter() - begin)
            rows.append((f"LeNet-5, {size} x {size}", f"{title}, 64 images", flat.cells, rate))
    return rows


def _icarus(flat: FlatNetlist, delays: Delays) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        rates = []
        # What it takes to start is left out.
        (folder / "top.v").write_text(_verilog(flat, delays), "utf-8")
        for cycles in (1, _ICARUS_CYCLES):
            command = ["iverilog", "-g2012", f"-Ptop.CYCLES={cycles}", "-o", "top.vvp", "top.v"]
            subprocess.run(command, cwd=folder, check=True)
            begin = time.perf_counter()
            subprocess.run(["vvp", "-n", "top.vvp"], cwd=folder, check=True)
            rates.append(time.perf_counter() - begin)
    return _ICARUS_CYCLES / (rates[1] - rates[0])


def _verilog(flat: FlatNetlist, delays: Delays) -> str:
    lines = ["module top;", "parameter CYCLES = 1;"]
    # A wire for each: a vector would wake up all that reads any of its bits.
    lines += [f"wire n{net};" for net in range(flat.nets)]
    lines += ["reg [7:0] a = 0, b = 0;", "assign n0 = 0;", "assign n1 = 1;"]
    for port in ("a", "b"):
        nets = flat.ports[port][1].tolist()
        lines += [f"assign n{net} = {port}[{bit}];" for bit, net in enumerate(nets)]
    for group in flat.groups:
        cell = flat.library.cells[group.kind]
        for row in group.nets.tolist():
            pins = dict(zip(group.pins, row, strict=True))
            for pin, net in pins.items():
                if cell.pins[pin].direction == "output":
                    function = cell.pins[pin].function.replace("!", "~")
                    for name in sorted(pins, key=len, reverse=True):
                        function = function.replace(name, f"\0{name}\0")
                    parts = function.split("\0")
                    text = "".join(f"n{pins[p]}" if p in pins else p for p in parts)
                    lines.append(f"assign #{delays.ticks[net]} n{net} = {text};")
    lines += ["initial begin", "repeat (CYCLES) begin"]
    lines += ["#100000 a <= $random; b <= $random;", "end", "#100000 $finish(0);", "end"]
    return "\n".join([*lines, "endmodule", ""])


if __name__ == "__main__":
    main()
