"""The stages from config to results, in the order in which they run.

Each module imports what is slow to import when its stage runs, so that a run with nothing to do is
quick.
"""

from __future__ import annotations

from hawx_hw.pipeline.stage import Stage
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
    search,
    synth,
    verify,
)

__all__ = ["STAGES"]

STAGES: tuple[Stage, ...] = (
    quantize.STAGE,
    accelerator.STAGE,
    profile.STAGE,
    search.STAGE,
    pick.STAGE,
    assign.STAGE,
    predict.STAGE,
    emit.STAGE,
    verify.STAGE,
    synth.STAGE,
    power.STAGE,
    references.STAGE,
)
