"""Compensation of approximate blocks in weights, biases and codes, without any hardware."""

from hawx_hw.compensation.layerwise import Compensation, compensate

__all__ = ["Compensation", "compensate"]
