"""Designs sampled all over their space, synthesized and simulated: what predictors learn from."""

from hawx_hw.sweep.space import SampledDesign, Space

__all__ = ["SampledDesign", "Space"]
