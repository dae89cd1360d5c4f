"""Exact PEs in hard multipliers, exact and approximate ones in look-up tables, on an ECP5.

    python benchmarks/fpga.py [--rows N] [--columns N] [--architecture A] [--board B] [--clock MHZ]

Each row is a whole accelerator for LeNet-5 on the digits with its host top, placed and routed with
one seed. One that the device has no room for is a row that states what is short. Blocks are built
as their first implementation; that of the exact block is ``a * b``, which Yosys gives to a hard
multiplier where the flow allows these. The requantizers have none.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hawx_hw.config.models import Config
from hawx_hw.errors import UserError
from hawx_hw.flows.base import FlowError
from hawx_hw.flows.result import FlowReport
from hawx_hw.pipeline.flows import options_of, run_config_flow
from hawx_hw.util.scratch import scratch_folder

#: Title, block, and whether hard multipliers are allowed.
CASES = (
    ("exact, hard multipliers", "exact", True),
    ("exact, look-up tables", "exact", False),
    ("precision(w=5,a=5), look-up tables", "precision(w=5,a=5)", False),
    ("precision(w=4,a=4), look-up tables", "precision(w=4,a=4)", False),
    ("array(2,2,0), look-up tables", "array(2,2,0)", False),
    ("precision(w=4,a=4), hard multipliers", "precision(w=4,a=4)", True),
)
_LAYERS = ("conv1", "conv2", "fc1", "fc2", "fc3")
COLUMNS = ("PEs", "look-up tables", "flip-flops", "hard multipliers", "block RAMs", "MHz")


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--architecture", choices=("systolic", "simt"), default="systolic")
    parser.add_argument("--rows", type=int, default=4, help="of the array")
    parser.add_argument("--columns", type=int, default=4, help="of the array, or lanes")
    parser.add_argument("--board", default="ulx3s-85f", help="of flows/ecp5/boards")
    parser.add_argument("--clock", type=float, default=50.0, help="MHz that are asked for")
    parser.add_argument("--cases", type=int, default=len(CASES), help="only the first ones")
    options = parser.parse_args()
    table = Table(title=f"{_shape(options)}, LeNet-5 on the digits, {options.board}")
    for name in COLUMNS:
        table.add_column(name)
    for title, block, dsp in CASES[: options.cases]:
        with scratch_folder("fpga") as folder:
            cells = row(title, options, block, dsp=dsp, folder=folder)
        print(*cells, sep="\t", file=sys.stderr, flush=True)
        table.add_row(*cells)
    Console(width=120).print(table)


def config(architecture: str, rows: int, columns: int, block: str) -> Config:
    """LeNet-5 on the digits with one block everywhere, built as its first implementation."""
    shape: Mapping[str, int] = {"lanes": columns}
    if architecture == "systolic":
        shape = {"rows": rows, "columns": columns}
    return Config.model_validate(
        {
            "name": "design",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {
                "architecture": architecture,
                **shape,
                "block_implementation": "first",
            },
            "blocks": {"layers": dict.fromkeys(_LAYERS, block)},
            "technology": "generic45",
        }
    )


def row(
    title: str, options: argparse.Namespace, block: str, *, dsp: bool, folder: Path
) -> tuple[str, ...]:
    """The cells of a design's row, or why the device cannot have it."""
    try:
        return cells_of(title, _report(options, block, dsp=dsp, folder=folder))
    except (UserError, FlowError) as error:
        return title, error.what if isinstance(error, UserError) else str(error)


def cells_of(title: str, report: FlowReport) -> tuple[str, ...]:
    """The cells of a design's row."""
    used = {resource.kind: resource.used for resource in report.resources}
    speed = min(clock.achieved_mhz or 0.0 for clock in report.clocks)
    kinds = ("TRELLIS_COMB", "TRELLIS_FF", "MULT18X18D", "DP16KD")
    return title, *(f"{used.get(kind, 0):,}" for kind in kinds), f"{speed:.1f}"


def _shape(options: argparse.Namespace) -> str:
    if options.architecture == "simt":
        return f"SIMT, {options.columns} lanes"
    return f"systolic, {options.rows} x {options.columns}"


def _report(options: argparse.Namespace, block: str, *, dsp: bool, folder: Path) -> FlowReport:
    design = config(options.architecture, options.rows, options.columns, block)
    given: dict[str, Any] = {
        "board": options.board, "clock_mhz": options.clock, "top": "host", "dsp": dsp,
        "attempts": 1,
    }  # fmt: skip
    result = run_config_flow(
        design, folder, "ecp5", options_of(design, "ecp5", given), Console(quiet=True)
    )
    for failure in result.failures:
        print(f"{block}: {failure}", file=sys.stderr)
    return result.report


if __name__ == "__main__":
    main()
