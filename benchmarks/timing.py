"""The longest path of accelerators of many shapes, in generic45.

    python benchmarks/timing.py [--designs N] [--jobs N] [DESIGN.json ...]

Covered are the shipped configs (those that search with exact blocks), grids of uneven shapes with
one block and with several blocks in a PE, the first ``--designs`` designs of the design sweep, and
the designs named. Each is synthesized for the shortest paths, as in the sweep; modules come from
the user's store where it has them.

A block is *slow* where the delay of its cells alone, with that of a flip-flop before it, exceeds
the limit: no array around it can be faster. Designs that hold one are marked. Paths in bold exceed
the limit and hold no slow block.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from hawx_hw.config.load import load_config
from hawx_hw.config.models import Config
from hawx_hw.design.emission import TOP, emit_accelerator
from hawx_hw.design.sources import verilog_sources
from hawx_hw.netlist.timing import longest_path
from hawx_hw.sweep.label import Infeasible, plan_of
from hawx_hw.sweep.space import Space
from hawx_hw.synthesis.implementations import OBJECTIVES, choose_all
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder

LIMIT = 1.2
#: Rows and columns.
GRIDS = ((8, 8), (5, 3), (16, 4), (1, 1), (7, 11))
#: What the PEs hold: one block, or those of the layers.
MIXES: dict[str, list[str]] = {
    "exact": ["exact"],
    "array": ["array(2,2,0)"],
    "two blocks": ["exact", "array(2,2,0)"],
    "three blocks": ["exact", "array(2,2,0)", "roup(1,2)"],
}
_LAYERS = ("conv1", "conv2", "fc1", "fc2", "fc3")
_CONFIGS = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True)
class _Row:
    """One design of the table; ``slow`` names its blocks that are slow."""

    name: str
    path_ns: float
    module: str
    others_ns: float
    cycles: int
    slow: list[str]


def grid_config(rows: int, columns: int, blocks: list[str], **accelerator: Any) -> Config:
    """LeNet-5 on the digits on a grid; layer by layer another of the blocks, so each PE has all."""
    layers = {layer: blocks[at % len(blocks)] for at, layer in enumerate(_LAYERS)}
    return Config.model_validate(
        {
            "name": "design",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {"rows": rows, "columns": columns, **accelerator},
            "blocks": {"layers": layers},
            "technology": "generic45",
        }
    )


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=80, help="designs of the sweep")
    parser.add_argument("--jobs", type=int, default=1, help="modules synthesized at a time")
    parser.add_argument("design", nargs="*", type=Path, help="build folder of a finished run")
    options = parser.parse_args()
    console = Console()
    table = Table(title=f"Longest path, generic45, without wires; limit {LIMIT} ns")
    for name in ("design", "ns", "ends in", "outside PEs, ns", "core cycles", "slow blocks"):
        table.add_column(name)
    bad = 0
    for row in _rows(options.designs, options.jobs):
        above = row.path_ns > LIMIT and not row.slow
        bad += above
        number = f"{row.path_ns:.2f}"
        cells = (
            row.name,
            f"[bold]{number}[/]" if above else number,
            row.module,
            f"{row.others_ns:.2f}",
            f"{row.cycles:,}",
            ", ".join(row.slow),
        )
        table.add_row(*cells)
        print(*cells, sep="\t", flush=True)
    console.print(table)
    console.print(f"{bad} designs without a slow block are above the limit.")


def _rows(designs: int, jobs: int) -> Iterator[_Row]:
    for path in sorted(_CONFIGS.glob("*.yaml")):
        yield _row(f"configs/{path.name}", load_config(path), jobs)
    for rows, columns in GRIDS:
        for name, blocks in MIXES.items():
            yield _row(f"{rows} x {columns}, {name}", grid_config(rows, columns, blocks), jobs)
    space = Space()
    index = done = 0
    while done < designs:
        try:
            yield _row(f"sweep {index}", space[index].config(), jobs)
            done += 1
        except Infeasible:
            pass
        index += 1


def _row(name: str, config: Config, jobs: int) -> _Row:
    accelerator = config.accelerator
    plan = plan_of(config)
    technology, store = load("generic45"), default_store()
    objective = OBJECTIVES.get(accelerator.block_implementation)
    chosen = choose_all(plan.blocks, technology, objective, store=store) if objective else {}
    with scratch_folder("design") as folder:
        emit_accelerator(plan, folder, config_hash=0, implementations=chosen)
        sources = {path.name: read_text(path) for path in verilog_sources(folder)}
        (mapped,) = map_designs(
            [(sources, TOP)],
            technology,
            clock_gating=accelerator.clock_gating,
            jobs=jobs,
            store=store,
        )
    path, by_module = longest_path(mapped.flat)
    others = max(ns for module, ns in by_module.items() if plan.kind_of(module) != "pe")
    return _Row(
        f"{name}, {accelerator.size}",
        path.delay,
        path.module,
        others,
        plan.cycles().core,
        [],
    )


if __name__ == "__main__":
    main()
