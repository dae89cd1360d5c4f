"""Verilog -> standard cells: how many, how large, how fast, in a technology.

Writes ``synth.json`` and ``netlist.v``, the mapped Verilog.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.rtl import period_of
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology, technology_files
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.design.program import EmitResult
    from hawx_hw.design.sources import verilog_sources
    from hawx_hw.synthesis import default_store, synthesize

    with context.progress.task("synthesizing", estimate=30.0) as task:
        synthesized = synthesize(
            verilog_sources(context.folder),
            EmitResult.read(context.folder).top,
            load_technology(context.config, context.base),
            workdir=context.scratch,
            period_ns=period_of(context.config),
            clock_gating=context.config.accelerator.clock_gating,
            jobs=os.cpu_count() or 1,
            store=default_store(),
            progress=task.update,
        )
    shutil.move(synthesized.netlist, context.output / "netlist.v")
    context.write(synthesized.result)


def _tools(config: Config, base: Path) -> dict[str, str]:
    from hawx_hw.synthesis.opensta import find_opensta

    tools = versions("numpy", "pyosys", "pyslang")
    opensta = find_opensta()
    return {**tools, "opensta": opensta[1]} if opensta else tools


STAGE = Stage(
    "synth",
    _run,
    needs=("emit",),
    settings=("technology", "accelerator.clock_mhz", "accelerator.clock_gating"),
    files=technology_files,
    tools=_tools,
    estimate=50.0,
)
