"""The predictors of the config's technology, as stages read them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from hawx_hw.architectures.registry import architecture_of
from hawx_hw.pipeline.technology import load_technology

if TYPE_CHECKING:
    from hawx_hw.config.models import Config

__all__ = ["predictor_inputs"]


def predictor_inputs(config: Config, base: Path) -> dict[str, Path]:
    """The files that a prediction is made from: those of the technology, and the predictors."""
    from hawx_hw.prediction.storage import predictor_files

    technology = load_technology(config, base)
    predictors = predictor_files(architecture_of(config.accelerator), technology.name)
    return {**technology.inputs, **predictors}
