"""The section ``training``: the network is trained again under its approximate blocks."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from hawx_hw.config.base import Model

__all__ = ["GradientChoice", "TrainingConfig"]

GradientChoice = Literal["straight", "gain", "table"]


class TrainingConfig(Model):
    """How a network learns again, computing with the blocks that it is built with."""

    epochs: int = Field(
        default=5, ge=1, le=100_000, description="Passes over the images for learning."
    )
    gradient: GradientChoice = Field(
        default="straight",
        description="How a product is differentiated: straight as an exact one; gain as that times "
        "the block's mean slope at each operand; table by the differences of the block's own "
        "table, for blocks that are sums of few products.",
    )
    seed: int = Field(
        default=0, ge=0, lt=2**32, description="Of the order of images and of their distortion."
    )
    learning_rate: float = Field(
        default=0.5,
        gt=0,
        le=10,
        description="At the start; lower for coarse blocks whose network gets worse. It falls to 0 "
        "along half a cosine, and is about the largest change of a parameter in a step, in the "
        "units of its kind.",
    )
    distillation: bool = Field(
        default=False,
        description="Learn from the outputs of the network with exact blocks, beside the labels.",
    )
    finalists: int = Field(
        default=3,
        ge=1,
        le=100,
        description="Designs of a search that are retrained, from the cheapest that keeps "
        "accuracy_drop without it to cheaper ones; those that keep it afterwards may be chosen.",
    )
