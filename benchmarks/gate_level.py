"""Whole images through the mapped netlist in two simulators of gates, for both architectures.

    python benchmarks/gate_level.py [--images 2] [--scenarios all] [--build build]

The first is Verilator, with Verilog models of the cells that are made from the functions in the
library, in the accelerator's testbench; registers and memories start with random bits. The second
is this project's own simulator, whose registers start at 0. Each is compared with the integer
network, bit for bit and cycle for cycle; the benchmark fails where one differs.
"""

from __future__ import annotations

import argparse
import os
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from hawx_hw.config.flows import flow_named, options_model, with_options
from hawx_hw.config.load import find_config, load_config
from hawx_hw.config.models import Config
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.design.program import EmitResult
from hawx_hw.design.sources import verilog_sources
from hawx_hw.flows.frame import flow_folder
from hawx_hw.flows.result import FlowReport
from hawx_hw.flows.runner import Runner
from hawx_hw.flows.tools.gate_level import FLOW
from hawx_hw.pipeline.data import dataset_of
from hawx_hw.pipeline.flows import set_up_config_flow
from hawx_hw.pipeline.inputs import plan_of
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.util.progress import console_for
from hawx_hw.verification.gate_level import simulate_accelerator

_CONFIGS = ("lenet5.yaml", "lenet5_simt.yaml")
_LIMIT = 7200.0


def in_verilator(
    config: Config, base: Path, folder: Path, images: int, scenarios: str
) -> tuple[FlowReport, float, float]:
    """What the flow reports, and seconds to compile the netlist and to simulate it."""
    description = flow_named(FLOW.name)
    options = with_options(
        description, options_model(description)(), {"images": images, "scenarios": scenarios}
    )
    set_up_config_flow(config, folder, FLOW.name, options, console_for(silent=True), base=base)
    place = flow_folder(folder, FLOW.name)
    runner = Runner(place, _LIMIT)
    FLOW.run(place, options, runner)
    first = runner.seconds
    # The compiled program is there now.
    FLOW.run(place, options, runner)
    again = runner.seconds - first
    return FLOW.result(place, options), first - again, again


def in_our_own(config: Config, base: Path, folder: Path, images: int) -> tuple[int, float]:
    """Cycles of an image, and seconds; raises VerificationError where a result differs."""
    plan = plan_of(folder, base)
    accelerator = config.accelerator
    (mapped,) = map_designs(
        [
            (
                {str(path): path.read_text("utf-8") for path in verilog_sources(folder)},
                EmitResult.read(folder).top,
            )
        ],
        load_technology(config, base),
        period_ns=None if accelerator.clock_mhz is None else 1000 / accelerator.clock_mhz,
        clock_gating=accelerator.clock_gating,
        jobs=os.cpu_count() or 1,
        store=default_store(),
    )
    codes = plan.graph.codes(evenly_spaced(dataset_of(config, base).test, images).images)
    start = time.monotonic()
    activity = simulate_accelerator(mapped.flat, plan, folder / "mem", codes)
    return activity.cycles, time.monotonic() - start


def main() -> None:
    """Print a table; ends with status 1 where something differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--images", type=int, default=2)
    parser.add_argument("--scenarios", choices=("all", "inference"), default="inference")
    parser.add_argument("--build", type=Path, default=Path("build"))
    arguments = parser.parse_args()
    table = Table(title=f"{arguments.images} images through the netlist")
    for name in ("config", "cells", "cycles", "inferences", "compile, s", "Verilator, s", "own, s",
                 "equal"):  # fmt: skip
        table.add_column(name, justify="right", no_wrap=True)
    failed = False
    for name in _CONFIGS:
        path = find_config(name)
        config, base = load_config(path), path.parent
        folder = arguments.build / config.name
        report, compile_s, simulate_s = in_verilator(
            config, base, folder, arguments.images, arguments.scenarios
        )
        cycles, own_s = in_our_own(config, base, folder, arguments.images)
        equal = all(check.passed for check in report.checks)
        equal = equal and cycles == report.numbers["cycles of an image"]
        failed = failed or not equal
        table.add_row(
            config.name,
            f"{report.numbers['cells']:,.0f}",
            f"{cycles:,}",
            f"{report.numbers['inferences']:.0f}",
            f"{compile_s:.0f}",
            f"{simulate_s:.1f}",
            f"{own_s:.1f}",
            "yes" if equal else "NO",
        )
    Console(width=100).print(table)
    if failed:
        raise SystemExit(1)


if __name__ == "__main__":
    main()
