"""Filters whose largest weight leaves few codes to all others."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.graph.graph import WEIGHT_MAX

__all__ = ["OutlierWeights", "outlier_weights"]

#: A filter is one of outliers where the root mean square of its other weights is below so many
#: codes, of 127: rounding then makes an error of a tenth of them. Weights of a normal distribution
#: have 30 and more, whatever the filter's size.
FEWEST_CODES = 3.0
#: Fewer weights beside the largest are no distribution.
_LEAST_WEIGHTS = 8


@dataclass(frozen=True)
class OutlierWeights:
    """Filters of one layer.

    Parameters
    ----------
    filters : ndarray of int64
        Their indices.
    filter : int
        The one of the least codes.
    codes : float
        Root mean square of its other weights, in codes.
    channel : int
        The input channel, within the filter's group, that its largest weight reads.
    """

    filters: np.ndarray
    filter: int
    codes: float
    channel: int


def outlier_weights(weight: np.ndarray) -> OutlierWeights | None:
    """The filters with an outlier; None where there is none.

    Parameters
    ----------
    weight : ndarray of float64
        Filters along the first axis, channels along the second.
    """
    flat = np.abs(weight.reshape(len(weight), -1))
    peaks = flat.max(axis=1)
    others = np.count_nonzero(flat, axis=1) - 1
    squares = (flat**2).sum(axis=1) - peaks**2
    # Zeros are exact under any scale: pruned weights do not count.
    rms = np.sqrt(np.maximum(squares, 0) / np.maximum(others, 1))
    codes = WEIGHT_MAX * rms / np.where(peaks > 0, peaks, 1)
    few = (others >= _LEAST_WEIGHTS) & (codes < FEWEST_CODES)
    if not few.any():
        return None
    worst = int(np.where(few, codes, np.inf).argmin())
    channel = int(flat[worst].argmax()) // int(np.prod(weight.shape[2:], dtype=np.int64))
    return OutlierWeights(np.flatnonzero(few), worst, float(codes[worst]), channel)
