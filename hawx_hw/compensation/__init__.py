"""Free accuracy: what makes up for approximate blocks without a gate."""

from hawx_hw.compensation.layerwise import Compensation, compensate

__all__ = ["Compensation", "compensate"]
