"""The section ``compensation``: less error of approximate blocks, without any hardware."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from hawx_hw.config.base import Model

__all__ = ["CompensationConfig", "WeightChoice"]

WeightChoice = Literal["together", "one_by_one", "none"]


class CompensationConfig(Model):
    """What compensates for the errors of approximate blocks, at no cost in hardware."""

    bias: bool = Field(
        default=True, description="Fold the mean error of each filter into its bias."
    )
    weights: WeightChoice = Field(
        default="together",
        description="How weights are replaced by codes that their block treats best: those of a "
        "filter together, so that their errors compensate for one another; one_by_one, which is "
        "the default with bias: false; or none.",
    )
    activations: bool = Field(
        default=True,
        description="Round activations where they are made, if all blocks that read them drop "
        "their low bits.",
    )

    @model_validator(mode="before")
    @classmethod
    def _default(cls, given: object) -> object:
        """Without the bias correction, which weights chosen together need, one by one."""
        if isinstance(given, Mapping) and given.get("bias") is False:
            return {"weights": "one_by_one", **given}
        return given

    @model_validator(mode="after")
    def _means_are_corrected(self) -> CompensationConfig:
        """Weights chosen together leave the mean of the error to the bias."""
        if self.weights == "together" and not self.bias:
            raise PydanticCustomError(
                "user_error",
                "{what}",
                {
                    "key": "compensation.weights",
                    "what": "weights: together needs bias: true, which takes the mean error",
                    "hint": "Leave out bias, or choose weights: one_by_one.",
                },
            )
        return self
