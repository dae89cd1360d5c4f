"""The energy of glitches from a sample of cycles, beside the simulation of all cycles with delays.

    python benchmarks/glitches.py BUILD... [--dataset NAME] [--images N] [--cycles N ...]

BUILD is the build folder of a config that ``hawx run CONFIG --until synth`` has synthesized. Some
test images (8) run through the gates: without delays, with delays in all cycles, and with delays in
a sample of these (64, 256 and 512). The tables give the energy of an image and of its parts, and
the seconds of CPU that each simulation took; only ratios of times mean something.
"""

from __future__ import annotations

import argparse
import time
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.console import Console
from rich.table import Table

from hawx_hw import datasets
from hawx_hw.architectures.base import Plan
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.design.design import Design
from hawx_hw.design.program import EmitResult
from hawx_hw.design.sources import verilog_sources
from hawx_hw.graph.pixels import codes
from hawx_hw.graph.storage import load_graph
from hawx_hw.netlist.flat import FlatNetlist
from hawx_hw.netlist.timed import library_delays
from hawx_hw.pipeline.inputs import ASSIGNED, DESIGN
from hawx_hw.power.model import PowerModel
from hawx_hw.power.report import power_report
from hawx_hw.power.result import PowerReport
from hawx_hw.synthesis import default_store
from hawx_hw.synthesis.modules import map_designs
from hawx_hw.synthesis.result import SynthResult
from hawx_hw.technology import Technology, load
from hawx_hw.util.files import read_text
from hawx_hw.verification.gate_level import simulate_accelerator

_CLOCK = 500.0
#: How far the energy of an image may be off, as a share.
_LIMIT = 0.03


@dataclass(frozen=True, eq=False)
class _Accelerator:
    """A synthesized accelerator and its images."""

    technology: Technology
    flat: FlatNetlist
    plan: Plan
    memories: Path
    images: NDArray[np.int8]

    def report(self, timed: int | None) -> tuple[PowerReport, float]:
        """Power with some cycles of an image timed (all: a large number), and seconds."""
        begin = time.process_time()
        activity = simulate_accelerator(
            self.flat,
            self.plan,
            self.memories,
            self.images,
            delays=library_delays(self.flat) if timed else None,
            timed_cycles=timed,
        )
        report = power_report(
            PowerModel(self.flat, self.technology.supply),
            activity.layers,
            self.technology.memories,
            part_of=self.plan.part_of,
            clock_mhz=_CLOCK,
            images=len(self.images),
            timed=activity.timed,
        )
        return report, time.process_time() - begin


def main() -> None:
    """Print a table for each build folder; exit 1 if an estimate is off by more than the limit."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("builds", type=Path, nargs="+", metavar="BUILD")
    parser.add_argument("--dataset", default="digits")
    parser.add_argument("--images", type=int, default=8)
    parser.add_argument("--cycles", type=int, nargs="+", default=[64, 256, 512])
    arguments = parser.parse_args()
    images = codes(evenly_spaced(datasets.load(arguments.dataset).test, arguments.images).images)
    worst = max(_compare(build, images, arguments.cycles) for build in arguments.builds)
    if worst > _LIMIT:
        raise SystemExit(f"An estimate is off by {100 * worst:.2f} %.")


def _compare(build: Path, images: NDArray[np.int8], counts: list[int]) -> float:
    """Print the table of a build; returns the largest relative error of an image's energy."""
    accelerator = _accelerator(build, images)
    settled, fast = accelerator.report(None)
    every, slow = accelerator.report(1 << 40)
    reference = every.glitches
    assert reference is not None
    console = Console(width=160)
    console.print(
        f"{build.name}: {accelerator.flat.cells:,} cells, {every.cycles:,} cycles, {len(images)} "
        f"images; {every.energy_pj / 1000:,.1f} nJ an image with delays in all cycles "
        f"({slow:.1f} s), {settled.energy_pj / 1000:,.1f} without glitches ({fast:.1f} s)"
    )
    table = Table()
    for name in ("glitches of", "nJ", "of the settled", "cycles", "nJ", "difference",
                 "standard error", "seconds"):  # fmt: skip
        table.add_column(name, justify="right")
    worst = 0.0
    for count in counts:
        report, seconds = accelerator.report(count)
        estimate = report.glitches
        assert estimate is not None
        error = report.energy_pj / every.energy_pj - 1
        worst = max(worst, abs(error))
        console.print(
            f"{estimate.cycles} cycles: energy of an image {100 * error:+.3f} %, standard error "
            f"{100 * estimate.standard_error_pj / every.energy_pj:.3f} %; {seconds:.1f} s, "
            f"{slow / seconds:.1f} times faster than all cycles"
        )
        rows = [("all", estimate, reference)]
        rows += [(name, estimate.parts[name], part) for name, part in reference.parts.items()]
        for name, own, other in rows:
            table.add_row(
                name,
                f"{other.glitch_pj / 1000:.3f}",
                f"{100 * other.glitch_pj / other.settled_pj:+.1f} %",
                str(estimate.cycles),
                f"{own.glitch_pj / 1000:.3f}",
                f"{(own.glitch_pj - other.glitch_pj) / 1000:+.3f}",
                f"{own.standard_error_pj / 1000:.3f}",
                f"{seconds:.1f}",
            )
        table.add_section()
    console.print(table)
    return worst


def _accelerator(build: Path, images: NDArray[np.int8]) -> _Accelerator:
    synthesized = SynthResult.read(build)
    technology = load(synthesized.technology.name)
    sources = {str(path): read_text(path) for path in verilog_sources(build)}
    (mapped,) = map_designs(
        [(sources, EmitResult.read(build).top)],
        technology,
        period_ns=synthesized.options.period_ns,
        clock_gating=synthesized.options.clock_gating,
        store=default_store(),
    )
    plan = Design.load(build / DESIGN, build).plan(load_graph(build / ASSIGNED), build)
    return _Accelerator(technology, mapped.flat, plan, build / "mem", images)


if __name__ == "__main__":
    main()
