"""The stages from config to results, in the order in which they run.

Each module imports what is slow to import when its stage runs, so that a run with nothing to do is
quick.
"""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.pipeline.stage import Ending, Stage
from hawx_hw.pipeline.stages import (
    accelerator,
    assign,
    emit,
    pick,
    power,
    predict,
    profile,
    quantize,
    references,
    retrain,
    search,
    synth,
    verify,
)

if TYPE_CHECKING:
    from rich.console import Console

    from hawx_hw.config.models import Config
    from hawx_hw.report.result import SummaryResult

__all__ = ["REPORT", "STAGES", "SUMMARY", "pipeline_of"]

STAGES: tuple[Stage, ...] = (
    quantize.STAGE,
    accelerator.STAGE,
    profile.STAGE,
    search.STAGE,
    retrain.STAGE,
    pick.STAGE,
    assign.STAGE,
    predict.STAGE,
    emit.STAGE,
    verify.STAGE,
    synth.STAGE,
    power.STAGE,
    references.STAGE,
)


#: In the build folder: what ``hawx report`` writes.
REPORT = "report.html"


def _summary(config: Config, folder: Path, stages: tuple[str, ...]) -> SummaryResult:
    from hawx_hw.report.metrics import summary_result

    return summary_result(config, folder, stages)


#: What every run ends with.
SUMMARY = Ending("summary.json", _summary, removed=(REPORT,))


def pipeline_of(config: Config, folder: Path, console: Console, *, base: Path = Path()) -> Pipeline:
    """The pipeline of all stages, which ends with summary.json.

    Parameters
    ----------
    config, folder, console, base
        See :class:`~hawx_hw.pipeline.pipeline.Pipeline`.
    """
    return Pipeline(
        config, folder, STAGES, console, base=base, ending=SUMMARY, describe=_description
    )


def _description(stage: str, folder: Path) -> str:
    from hawx_hw.report.stage_lines import stage_line

    return stage_line(stage, folder)
