"""Designs sampled all over their space, synthesized and simulated: what predictors learn from."""

from hawx_hw.architectures.systolic.sampling import Design, Space

__all__ = ["Design", "Space"]
