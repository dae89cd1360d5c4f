"""Which codes a tensor takes: of how many the range is used, what saturates, what never changes."""

from __future__ import annotations

import numpy as np
import torch

from hawx_hw.graph.graph import CODE_MAX, CODE_MIN, Tensor

__all__ = ["CodeUse"]

_CODES = CODE_MAX - CODE_MIN + 1


class CodeUse:
    """The codes of one tensor over the images that were added.

    Parameters
    ----------
    tensor : Tensor

    Attributes
    ----------
    lowest, highest : ndarray of int64
        ``(channels,)``
    """

    def __init__(self, tensor: Tensor):
        self._tensor = tensor
        channels = tensor.shape[0]
        self.lowest = np.full(channels, CODE_MAX)
        self.highest = np.full(channels, CODE_MIN)
        self._real_low = np.full(channels, np.inf)
        self._real_high = np.full(channels, -np.inf)
        self._values = self._below = self._above = 0

    def add(self, codes: np.ndarray, exact: torch.Tensor, real: torch.Tensor) -> None:
        """Add some images.

        Parameters
        ----------
        codes : ndarray of int8
            ``(batch, channels, ...)``
        exact : Tensor of float32
            What was rounded to these codes, with the network's own clamp applied: so the zeros of a
            ReLU are inside of the range.
        real : Tensor of float32
            What the float network computes.
        """
        by_channel = codes.reshape(len(codes), len(self.lowest), -1)
        self.lowest = np.minimum(self.lowest, by_channel.min(axis=(0, 2)))
        self.highest = np.maximum(self.highest, by_channel.max(axis=(0, 2)))
        values = real.reshape(by_channel.shape)
        self._real_low = np.minimum(self._real_low, values.amin((0, 2)).numpy())
        self._real_high = np.maximum(self._real_high, values.amax((0, 2)).numpy())
        # A value of less than half a step beyond the last code is rounded to it, like any other.
        scale, zero_point = self._tensor.scale, self._tensor.zero_point
        self._values += exact.numel()
        self._below += int((exact < (CODE_MIN - 0.5 - zero_point) * scale).sum())
        self._above += int((exact > (CODE_MAX + 0.5 - zero_point) * scale).sum())

    @property
    def saturated(self) -> tuple[float, float]:
        """Shares of values below and above the range of the codes, in [0, 1]."""
        return self._below / self._values, self._above / self._values

    @property
    def constant(self) -> np.ndarray:
        """Channels that always have one code: bool, ``(channels,)``."""
        return self.lowest == self.highest

    @property
    def dead(self) -> np.ndarray:
        """Channels that are always zero: bool, ``(channels,)``."""
        return self.constant & (self.lowest == self._tensor.zero_point)

    @property
    def real_constant(self) -> np.ndarray:
        """Channels that always have one value in the float network: bool, ``(channels,)``."""
        return self._real_low == self._real_high

    @property
    def used(self) -> float:
        """Codes from the lowest to the highest that occurs, as a share of all 256."""
        return float(self.highest.max() - self.lowest.min() + 1) / _CODES

    @property
    def typical_used(self) -> float:
        """The same of the median channel that is not constant; 0 where all are."""
        varying = ~self.constant
        spans = (self.highest - self.lowest + 1)[varying]
        return float(np.median(spans)) / _CODES if len(spans) else 0.0
