"""Power by OpenSTA beside this program's, on the same netlists and the same activities.

    python benchmarks/power.py [--accelerator]

A multiply-accumulate unit under random operands, two of its three registers with enables and, where
the library has the cells, clock gates, in every technology that is at hand; with
``--accelerator`` also the 8 x 8 LeNet-5 accelerator with exact blocks, a minute more.
"""

from __future__ import annotations

import argparse
import tempfile
import time
from pathlib import Path

import numpy as np
from cycles import lenet5
from rich.console import Console
from rich.table import Table

from hawx_hw.architectures.systolic.plan import plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.errors import UserError
from hawx_hw.graph.random_graphs import random_codes
from hawx_hw.netlist.activity import Activity
from hawx_hw.netlist.flat import FlatNetlist, flatten
from hawx_hw.netlist.simulator import GateSimulator
from hawx_hw.power.model import PowerModel
from hawx_hw.power.opensta import opensta_power
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.technology import Technology, load
from hawx_hw.verification.gate_level import simulate_accelerator

_TECHNOLOGIES = ("generic45", "osu018", "osu035", "ihp-sg13g2", "sky130hd")
_MAC = """\
module mac(input clk, input load, input add, input signed [7:0] a, input signed [7:0] b,
           output reg signed [19:0] sum);
  reg signed [7:0] x, y;
  always @(posedge clk) begin
    if (load) x <= a;
    y <= b;
    if (add) sum <= sum + x * y;
  end
endmodule
"""


def _mac(technology: Technology) -> tuple[FlatNetlist, Activity]:
    (mapped,) = map_designs(
        [({"mac.v": _MAC}, "mac")], technology, clock_gating=True, store=default_store()
    )
    flat = flatten(mapped.netlist)
    simulator = GateSimulator(flat, 64)
    rng = np.random.default_rng(1)
    operands = {port: rng.integers(-128, 128, (1000, 64)) for port in "ab"}
    enables = {port: rng.integers(0, 2, (1000, 64)) for port in ("load", "add")}
    simulator.run(operands | enables)
    return flat, simulator.take()


def _accelerator(technology: Technology, folder: Path) -> tuple[FlatNetlist, Activity]:
    made = plan(lenet5(), ArrayShape.complete(8, 8))
    emit_accelerator(made, folder, config_hash=0)
    names = (folder / "rtl" / "filelist.f").read_text("utf-8").split()
    sources = {name: (folder / "rtl" / name).read_text("utf-8") for name in names}
    (mapped,) = map_designs([(sources, TOP)], technology, clock_gating=True, store=default_store())
    flat = flatten(mapped.netlist)
    images = random_codes(np.random.default_rng(1), made.graph, 64)
    return flat, simulate_accelerator(flat, made, folder / "mem", images).total


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--accelerator", action="store_true")
    arguments = parser.parse_args()
    table = Table(title="Power of the cells in uW: this program / OpenSTA")
    for name in ("design", "technology", "cells", "internal", "switching", "leakage", "total",
                 "difference", "seconds"):  # fmt: skip
        table.add_column(name, justify="right")
    with tempfile.TemporaryDirectory() as scratch:
        cases = [("MAC", name) for name in _TECHNOLOGIES]
        if arguments.accelerator:
            cases.append(("LeNet-5, 8 x 8", "generic45"))
        for number, (design, name) in enumerate(cases):
            try:
                technology = load(name)
            except UserError:
                continue
            folder = Path(scratch) / str(number)
            flat, activity = (
                _mac(technology) if design == "MAC" else _accelerator(technology, folder)
            )
            begin = time.perf_counter()
            model = PowerModel(flat, technology.supply)
            cells = model.energies(activity)
            seconds = time.perf_counter() - begin
            clock = technology.clock_mhz
            ours = [
                cells.internal_fj.sum() * clock / 1000,
                cells.switching_fj.sum() * clock / 1000,
                cells.leakage_nw.sum() / 1000,
            ]
            ours.append(sum(ours))
            begin = time.perf_counter()
            reference = opensta_power(
                model, activity, technology, clock_mhz=clock, workdir=folder / "sta"
            )
            theirs = [
                reference.internal_uw,
                reference.switching_uw,
                reference.leakage_uw,
                reference.total_uw,
            ]
            table.add_row(
                design,
                name,
                f"{flat.cells:,}",
                *(f"{one:.6g} / {other:.6g}" for one, other in zip(ours, theirs, strict=True)),
                f"{100 * (ours[3] / theirs[3] - 1):+.1f} %",
                f"{seconds:.2f} / {time.perf_counter() - begin:.1f}",
            )
    Console(width=160).print(table)


if __name__ == "__main__":
    main()
