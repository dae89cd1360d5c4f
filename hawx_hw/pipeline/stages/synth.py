"""Verilog -> standard cells: how many, how large, how fast, in a technology.

Writes ``synth.json`` and ``netlist.v``, the mapped Verilog.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.design.emission import TOP
    from hawx_hw.synthesis import default_store, synthesize

    technology = load_technology(context.config, context.base)
    rtl = context.folder / "rtl"
    sources = [rtl / name for name in (rtl / "filelist.f").read_text("utf-8").split()]
    with context.progress.task("synthesizing", estimate=30.0) as task:
        clock = context.config.accelerator.clock_mhz
        result = synthesize(
            sources,
            TOP,
            technology,
            workdir=context.scratch,
            period_ns=None if clock is None else 1000 / clock,
            jobs=os.cpu_count() or 1,
            store=default_store(),
            progress=task.update,
        )
    shutil.move(result.netlist, context.output / "netlist.v")
    context.write_json("synth.json", result.metrics)


def _tools(config: Config, base: Path) -> dict[str, str]:
    from hawx_hw.synthesis.opensta import find_opensta

    found = versions("pyosys")
    opensta = find_opensta()
    return {**found, "opensta": opensta[1]} if opensta else found


STAGE = Stage(
    "synth",
    _run,
    needs=("emit",),
    settings=("technology", "accelerator.clock_mhz"),
    files=lambda config, base: {"technology": load_technology(config, base).liberty},
    tools=_tools,
    estimate=50.0,
)
