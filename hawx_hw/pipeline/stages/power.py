"""Standard cells and real images -> power and energy, by layer, part, PE and block.

Writes ``power.json``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.data import image_codes
from hawx_hw.pipeline.inputs import load_plan
from hawx_hw.pipeline.rtl import period_of, rtl_files
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
    settings = context.config.power
    images = image_codes(context, settings.images, key="power.images")
    technology = load_technology(context.config, context.base)
    with context.progress.task("reading the cells", estimate=5.0):
        from hawx_hw.netlist.timed import library_delays
        from hawx_hw.power.model import PowerModel
        from hawx_hw.power.report import power_report
        from hawx_hw.power.result import PowerResult
        from hawx_hw.synthesis.result import SynthResult
        from hawx_hw.verification.gate_level import simulate_accelerator

        flat = _cells(context, technology)
        model = PowerModel(flat, technology.supply)
    plan = load_plan(context)
    with context.progress.task("images through the gates", estimate=60.0) as task:
        activity = simulate_accelerator(
            flat,
            plan,
            context.folder / "mem",
            images,
            delays=library_delays(flat) if settings.glitches else None,
            progress=task.update,
        )
    synth = SynthResult.read(context.folder)
    clock, source = clock_of(
        context.config.accelerator.clock_mhz, technology.clock_mhz, synth.timing.longest_path_ns
    )
    with context.progress.task("power", estimate=2.0) as task:
        report = power_report(
            model,
            activity.layers,
            technology.memories,
            part_of=plan.part_of,
            clock_mhz=clock,
            images=settings.images,
            progress=task.update,
        )
    glitches = "with" if settings.glitches else "without"
    context.write(
        PowerResult(
            **dict(report),
            technology=synth.technology,
            clock=source,
            method=f"toggles {glitches} glitches, liberty energies; no wires, no clock tree",
        )
    )


def _cells(context: Context, technology: Technology) -> FlatNetlist:
    """The netlist of the stage ``synth``; its modules are in the store."""
    from hawx_hw.design.program import EmitResult
    from hawx_hw.synthesis import default_store
    from hawx_hw.synthesis.modules import map_designs

    sources = {str(path): path.read_text("utf-8") for path in rtl_files(context.folder)}
    (mapped,) = map_designs(
        [(sources, EmitResult.read(context.folder).top)],
        technology,
        period_ns=period_of(context.config),
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
