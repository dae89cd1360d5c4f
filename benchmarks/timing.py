"""The longest path of accelerators of many shapes, in generic45.

    python benchmarks/timing.py [--designs N] [--jobs N] [BUILD ...]

Covered are the shipped configs (those that search with exact blocks; name the build folders of
finished runs for the designs that were found), grids of uneven shapes with one block and with
several blocks in a PE, and the first ``--designs`` designs of the design sweep. Each is synthesized
for the shortest paths, as in the sweep; modules come from the user's store where it has them.

Paths without wires that exceed the limit are in bold, and the exit status is 1 then.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

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
from hawx_hw.synthesis.result import SynthResult
from hawx_hw.synthesis.store import default_store
from hawx_hw.technology import load
from hawx_hw.util.files import read_text
from hawx_hw.util.scratch import scratch_folder

LIMIT_NS = 1.2
#: Rows and columns.
GRIDS = ((8, 8), (5, 3), (16, 4), (1, 1), (7, 11))
#: What the PEs hold.
MIXES: dict[str, list[str]] = {
    "exact": ["exact"],
    "array": ["array(2,2,0)"],
    "two blocks": ["exact", "array(2,2,0)"],
    "three blocks": ["exact", "array(2,2,0)", "roup(1,2)"],
    "three others": ["drum(k=4)", "mitchell(w=4)", "kulkarni(c=3)"],
}
_LAYERS = ("conv1", "conv2", "fc1", "fc2", "fc3")
_CONFIGS = Path(__file__).parent.parent / "configs"


@dataclass(frozen=True)
class _Row:
    name: str
    path_ns: float
    module: str
    with_wires_ns: float | None
    cycles: int | None = None


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--designs", type=int, default=80, help="designs of the sweep")
    parser.add_argument("--jobs", type=int, default=1, help="modules synthesized at a time")
    parser.add_argument("build", nargs="*", type=Path, help="build folder of a finished run")
    options = parser.parse_args()
    console = Console(width=120)
    table = Table(title=f"Longest path, generic45; limit {LIMIT_NS} ns without wires")
    for name in ("design", "ns", "ends in", "with wires, estimated", "core cycles"):
        table.add_column(name)
    above = 0
    for row in _rows(options):
        number, over = f"{row.path_ns:.3f}", row.path_ns > LIMIT_NS
        above += over
        wires = "" if row.with_wires_ns is None else f"{row.with_wires_ns:.3f}"
        cycles = "" if row.cycles is None else f"{row.cycles:,}"
        table.add_row(row.name, f"[bold]{number}[/]" if over else number, row.module, wires, cycles)
        print(row.name, number, row.module, wires, cycles, sep="\t", file=sys.stderr, flush=True)
    console.print(table)
    console.print(f"{above} of {table.row_count} designs are above the limit.")
    sys.exit(above > 0)


def grid_config(rows: int, columns: int, blocks: list[str]) -> Config:
    """LeNet-5 on the digits on a grid; layer by layer another of the blocks, so each PE has all."""
    layers = {layer: blocks[at % len(blocks)] for at, layer in enumerate(_LAYERS)}
    return Config.model_validate(
        {
            "name": "design",
            "network": {"model": "lenet5", "dataset": "digits"},
            "accelerator": {"rows": rows, "columns": columns},
            "blocks": {"layers": layers},
            "technology": "generic45",
        }
    )


def _rows(options: argparse.Namespace) -> Iterator[_Row]:
    for build in options.build:
        timing = SynthResult.read(build).timing
        wires = timing.with_wires
        yield _Row(
            f"{build}",
            timing.longest_path_ns,
            timing.module,
            wires.longest_path_ns if wires else None,
        )
    for path in sorted(_CONFIGS.glob("*.yaml")):
        yield _row(f"configs/{path.name}", load_config(path), options.jobs)
    for rows, columns in GRIDS:
        for name, blocks in MIXES.items():
            yield _row(name, grid_config(rows, columns, blocks), options.jobs)
    space = Space()
    index = done = 0
    while done < options.designs:
        try:
            yield _row(f"sweep {index}", space[index].config(), options.jobs)
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
    path, _ = longest_path(mapped.flat)
    with_wires, _ = longest_path(mapped.flat, technology.wires)
    return _Row(
        f"{accelerator.size}, {name}",
        path.delay,
        plan.kind_of(path.module),
        with_wires.delay,
        plan.cycles().core,
    )


if __name__ == "__main__":
    main()
