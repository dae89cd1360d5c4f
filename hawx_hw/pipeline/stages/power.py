"""Standard cells and real images -> power and energy, by layer, part, holder of blocks and block.

Writes ``power.json``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.config.load import blame
from hawx_hw.pipeline.data import check_images, dataset_files, image_codes
from hawx_hw.pipeline.inputs import load_plan
from hawx_hw.pipeline.rtl import period_of
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology, technology_files
from hawx_hw.util.files import read_text
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config
    from hawx_hw.netlist.flat import FlatNetlist
    from hawx_hw.technology import Technology
    from hawx_hw.util.files import FileSet

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    settings = context.config.power
    plan = load_plan(context)
    images = image_codes(context, "power", plan.graph)
    technology = load_technology(context.config, context.base)
    with context.progress.task("reading the cells", estimate=5.0):
        from hawx_hw.synthesis.result import SynthResult
        from hawx_hw.verification.power import measure_power

        flat = _cells(context, technology)
    with context.progress.task("images through the gates", estimate=60.0) as task:
        result = measure_power(
            flat,
            plan,
            context.folder / "mem",
            images,
            technology,
            longest_path_ns=SynthResult.read(context.folder).timing.longest_path_ns,
            clock_mhz=context.config.accelerator.clock_mhz,
            clock_gating=context.config.accelerator.clock_gating,
            glitch_cycles=settings.glitch_cycles if settings.glitches else None,
            wires=settings.wires,
            progress=task.update,
        )
    context.write(result)


def _cells(context: Context, technology: Technology) -> FlatNetlist:
    """The netlist of the stage ``synth``; its modules are in the store."""
    from hawx_hw.design.program import EmitResult
    from hawx_hw.design.sources import verilog_sources
    from hawx_hw.synthesis import default_store
    from hawx_hw.synthesis.modules import map_designs

    sources = {str(path): read_text(path) for path in verilog_sources(context.folder)}
    (mapped,) = map_designs(
        [(sources, EmitResult.read(context.folder).top)],
        technology,
        period_ns=period_of(context.config),
        clock_gating=context.config.accelerator.clock_gating,
        jobs=os.cpu_count() or 1,
        store=default_store(),
    )
    return mapped.flat


def _check(config: Config, base: Path) -> None:
    check_images(config, base, "power.images")
    with blame("power.wires"):
        load_technology(config, base).wire_model(config.power.wires)


def _files(config: Config, base: Path) -> dict[str, Path | FileSet]:
    return {**dataset_files(config, base), **technology_files(config, base)}


STAGE = Stage(
    "power",
    _run,
    needs=("assign", "emit", "pick", "synth"),
    settings=("power", "technology", "accelerator.clock_mhz", "accelerator.clock_gating"),
    files=_files,
    tools=lambda config, base: versions(
        "numpy", "pillow", "pyosys", "pyslang", "scikit-learn", "scipy"
    ),
    check=_check,
    estimate=90.0,
)
