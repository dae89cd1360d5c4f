"""Assigned graph -> area, power and longest path, foretold without synthesis.

Writes ``predict.json``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.errors import UserError
from hawx_hw.fingerprints import versions
from hawx_hw.pipeline import Context, Stage
from hawx_hw.stages.emit import load_plan, load_technology

if TYPE_CHECKING:
    from hawx_hw.config import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.mapping.cycles import predict
    from hawx_hw.prediction.description import describe
    from hawx_hw.prediction.forecast import forecast
    from hawx_hw.prediction.shipped import read_kept
    from hawx_hw.synthesis import default_store
    from hawx_hw.verification.accelerator_job import cycles_per_image

    technology = load_technology(context.config, context.base)
    content = {"technology": {"name": technology.name, "sha256": technology.digest}}
    try:
        kept = read_kept(technology.name)
        if kept.predictors.library != technology.digest:
            raise UserError(f"The predictors are of another library than {technology.name}'s")
    except UserError as error:
        # A run of all stages goes on without.
        context.write_json("predict.json", {**content, "forecast": None, "reason": error.what})
        return
    with context.progress.task("predicting", estimate=5.0):
        plan = load_plan(context)
        shape = context.config.accelerator
        blocks = kept.blocks.completed(plan.grid.blocks, technology, store=default_store())
        description = describe(
            plan,
            technology,
            blocks,
            objective=shape.block_architecture,
            clock_mhz=shape.clock_mhz,
        )
        told = forecast(description, kept.predictors, cycles_per_image(plan, predict(plan)))
    context.write_json("predict.json", {**content, "forecast": told, "reason": None})


def _files(config: Config, base: Path) -> dict[str, Path]:
    from hawx_hw.prediction.shipped import own_files

    technology = load_technology(config, base)
    return {"technology": technology.liberty, **own_files(technology.name)}


STAGE = Stage(
    "predict",
    _run,
    needs=("assign",),
    settings=("accelerator", "technology"),
    files=_files,
    code=("blocks", "gateware", "mapping", "prediction", "technology", "stages/predict.py"),
    tools=lambda config, base: versions("numpy", "scikit-learn", "scipy"),
    estimate=5.0,
)
