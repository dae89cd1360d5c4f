"""Assigned graph -> area, power and longest path, foretold without synthesis.

Writes ``predict.json``.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError
from hawx_hw.pipeline.inputs import load_plan
from hawx_hw.pipeline.stage import Context, Stage
from hawx_hw.pipeline.technology import load_technology
from hawx_hw.util.fingerprints import versions

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["STAGE"]


def _run(context: Context) -> None:
    from hawx_hw.prediction.designs import DesignForecaster
    from hawx_hw.synthesis import default_store

    technology = load_technology(context.config, context.base)
    content = {"technology": {"name": technology.name, "sha256": technology.digest}}
    with context.progress.task("predicting", estimate=5.0):
        plan = load_plan(context)
        try:
            forecaster = DesignForecaster(
                technology,
                plan.blocks,
                objective=context.config.accelerator.block_implementation,
                clock_mhz=context.config.accelerator.clock_mhz,
                store=default_store(),
            )
        except UserError as error:
            # A run of all stages goes on without.
            told: dict[str, Any] = {"forecast": None, "reason": error.what}
        else:
            told = {"forecast": forecaster(plan), "reason": None}
    context.write_json("predict.json", {**content, **told})


def _files(config: Config, base: Path) -> dict[str, Path]:
    from hawx_hw.prediction.shipped import own_files

    technology = load_technology(config, base)
    return {"technology": technology.liberty, **own_files(technology.name)}


STAGE = Stage(
    "predict",
    _run,
    needs=("assign", "pick"),
    settings=("accelerator.block_implementation", "accelerator.clock_mhz", "technology"),
    files=_files,
    tools=lambda config, base: versions("numpy", "scikit-learn", "scipy"),
    estimate=5.0,
)
