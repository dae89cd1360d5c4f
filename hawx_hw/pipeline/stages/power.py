"""Standard cells and real images -> power and energy, by layer, part, PE and block.

Writes ``power.json``.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.pipeline.data import load_dataset
from hawx_hw.pipeline.inputs import load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.power.clock import clock_of
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.netlist.flat import FlatNetlist
    from hawx_hw.technology import Technology

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    images, glitches = context.config.power.images, context.config.power.glitches
    test = load_dataset(context).test
    if images > len(test):
        raise UserError(
            f"There are only {len(test)} test images, not {images}.",
            where="power.images",
            hint=f"Ask for {len(test)} or fewer.",
        )
    technology = load_technology(context.config, context.base)
    with context.progress.task("reading the cells", estimate=5.0):
        from hawx_hw.datasets.dataset import evenly_spaced
        from hawx_hw.netlist.timed import library_delays
        from hawx_hw.power.model import PowerModel
        from hawx_hw.power.report import power_report
        from hawx_hw.quantize import codes
        from hawx_hw.verification.gate_level import simulate_accelerator

        flat = _cells(context, technology)
        model = PowerModel(flat, technology.supply)
    plan = load_plan(context)
    chosen = evenly_spaced(test, images).images
    with context.progress.task("images through the gates", estimate=60.0) as task:
        found = simulate_accelerator(
            flat,
            plan,
            context.folder / "mem",
            codes(chosen),
            delays=library_delays(flat) if glitches else None,
            progress=task.update,
        )
    synth = json.loads((context.folder / "synth.json").read_text("utf-8"))
    clock, source = clock_of(
        context.config.accelerator.clock_mhz,
        technology.clock_mhz,
        synth["timing"]["longest_path_ns"],
    )
    with context.progress.task("power", estimate=2.0) as task:
        report = power_report(
            model,
            found.layers,
            technology.memories,
            part_of=plan.part_of,
            clock_mhz=clock,
            images=images,
            progress=task.update,
        )
    context.write_json(
        "power.json",
        {
            "technology": synth["technology"],
            "clock": source,
            "method": f"toggles {'with' if glitches else 'without'} glitches, liberty energies; "
            "no wires, no clock tree",
            **report,
        },
    )


def _cells(context: Context, technology: Technology) -> FlatNetlist:
    """The netlist that the stage before made; its modules lie in the store."""
    from hawx_hw.design.emission import TOP
    from hawx_hw.synthesis import default_store
    from hawx_hw.synthesis.modules import map_designs

    rtl = context.folder / "rtl"
    names = (rtl / "filelist.f").read_text("utf-8").split()
    clock = context.config.accelerator.clock_mhz
    (mapped,) = map_designs(
        [({str(rtl / name): (rtl / name).read_text("utf-8") for name in names}, TOP)],
        technology,
        period_ns=None if clock is None else 1000 / clock,
        jobs=os.cpu_count() or 1,
        store=default_store(),
    )
    return mapped.flat


def _files(config: Config, base: Path) -> dict[str, Path]:
    return {"technology": load_technology(config, base).liberty}


def _tools(config: Config, base: Path) -> dict[str, str]:
    """Versions, and what the technology states besides its cells."""
    return {
        **versions("numpy", "pyosys"),
        "technology": load_technology(config, base).fingerprint,
    }


STAGE = Stage(
    "power",
    _run,
    needs=("assign", "emit", "pick", "synth"),
    settings=("power", "technology", "accelerator.clock_mhz"),
    files=_files,
    tools=_tools,
    estimate=90.0,
)
