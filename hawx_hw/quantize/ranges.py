"""The range of real values that a tensor's codes cover, from its values on calibration images."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph.graph import CODE_MAX, CODE_MIN
from hawx_hw.importing.encoding import Encoding

__all__ = ["Histogram", "encoding"]

_BINS = 2048
_CODES = CODE_MAX - CODE_MIN
_SCALE_BITS = 16


def encoding(low: float, high: float) -> Encoding:
    """The int8 encoding that covers [low, high], widened to hold zero exactly.

    The scale is rounded up to 16 significant bits: a last-digit difference of ``low`` or ``high``
    between two machines then hardly ever changes it.

    Parameters
    ----------
    low, high : float
        Finite, ``low <= high``.
    """
    if not (np.isfinite(low) and np.isfinite(high) and low <= high):
        raise ValueError(f"Range must be finite and in order, not [{low!r}, {high!r}]")
    low, high = min(low, 0.0), max(high, 0.0)
    width = (high - low) or 1.0
    mantissa, exponent = np.frexp(width / _CODES)
    # The margin prevents a representable quotient from being rounded up by its last digit.
    rounded = np.ceil(float(mantissa) * 2.0**_SCALE_BITS - 1e-6)
    scale = float(np.ldexp(rounded, int(exponent) - _SCALE_BITS))
    zero_point = int(np.clip(np.floor(CODE_MIN - low / scale + 0.5), CODE_MIN, CODE_MAX))
    return Encoding(scale, zero_point)


class Histogram:
    """Counts of a tensor's values between the least and the largest, which are given."""

    def __init__(self, low: float, high: float):
        self._low, self._high = min(low, 0.0), max(high, 0.0)
        self._counts = np.zeros(_BINS, dtype=np.int64)

    def add(self, values: np.ndarray) -> None:
        """Count more values, each within the range."""
        if self._high > self._low:
            counts, _ = np.histogram(values, bins=_BINS, range=(self._low, self._high))
            self._counts += counts

    def best(self) -> Encoding:
        """The encoding of least mean squared error among those that cut both ends by one factor.

        The factors are 64/64, 63/64, ... 16/64; of equal errors the largest factor is taken.
        """
        edges = np.linspace(self._low, self._high, _BINS + 1)
        centers = (edges[:-1] + edges[1:]) / 2
        best, least = encoding(self._low, self._high), np.inf
        for step in range(64, 15, -1):
            candidate = encoding(self._low * step / 64, self._high * step / 64)
            codes = np.floor(centers / candidate.scale + 0.5) + candidate.zero_point
            codes = np.clip(codes, CODE_MIN, CODE_MAX)
            errors = (codes - candidate.zero_point) * candidate.scale - centers
            error = float(np.sum(self._counts * errors**2))
            if error < least * (1 - 1e-9):
                best, least = candidate, error
        return best
