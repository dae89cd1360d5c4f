"""How codes stand for real values."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.graph.graph import CODE_MAX, CODE_MIN

__all__ = ["Encoding"]


@dataclass(frozen=True)
class Encoding:
    """``value = scale * (code - zero_point)``."""

    scale: float
    zero_point: int

    def code(self, value: float) -> int:
        """The nearest code of a real value, or the nearest end of the range."""
        # clip first: the value may be infinite
        low, high = ((end - self.zero_point) * self.scale for end in (CODE_MIN, CODE_MAX))
        return int(np.floor(np.clip(value, low, high) / self.scale + 0.5)) + self.zero_point
