"""Compensation of approximate blocks in weights, biases and codes, without any hardware."""

from hawx_hw.compensation.layerwise import compensate
from hawx_hw.compensation.result import Compensation

__all__ = ["Compensation", "compensate"]
