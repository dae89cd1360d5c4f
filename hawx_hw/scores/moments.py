"""Moments of errors from histograms: of single operations, and of the sums of a filter.

Each tap has its own distribution of activations; the errors of different taps are assumed to be
independent, so that means and variances add up.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

__all__ = ["Moments", "filter_moments", "operation_moments"]


@dataclass(frozen=True, eq=False)
class Moments:
    """Mean, variance and mean absolute value of errors, float64 arrays of one shape.

    For a filter, ``absolute`` is the sum over its operations.
    """

    mean: np.ndarray
    variance: np.ndarray
    absolute: np.ndarray


def operation_moments(errors: np.ndarray, histograms: np.ndarray) -> Moments:
    """hawx(o): the error of one operation, for every weight code.

    Parameters
    ----------
    errors : ndarray of int64
        ``(256, 256)``, indexed ``[w + 128, x + 128]``.
    histograms : ndarray of int64
        ``(..., 256)``: counts of the activation codes, not all zero.

    Returns
    -------
    Moments
        Each ``(..., 256)``, indexed ``[..., w + 128]``.
    """
    counts = histograms.astype(np.float64)
    total = counts.sum(axis=-1, keepdims=True)
    # Whole numbers below 2**53, so that constants have a variance of exactly zero.
    by_activation = errors.T.astype(np.float64)
    mean = counts @ by_activation / total
    variance = np.maximum(counts @ by_activation**2 / total - mean**2, 0.0)
    return Moments(mean, variance, counts @ np.abs(by_activation) / total)


def filter_moments(operations: Moments, weight: np.ndarray, taps: np.ndarray) -> Moments:
    """The error of each filter's sums, over the taps of a slice.

    Parameters
    ----------
    operations : Moments
        Moments by group of filters, tap and weight code, ``(groups, *taps, 256)``.
    weight : ndarray of int8
        ``(filters, *taps)``.
    taps : ndarray of bool
        The taps of the slice.

    Returns
    -------
    Moments
        Each ``(filters,)``.
    """
    tap = np.flatnonzero(taps)
    groups = len(operations.mean)
    group = np.arange(len(weight))[:, None] // (len(weight) // groups)
    code = weight.reshape(len(weight), -1)[:, tap].astype(np.int64) + 128

    def total(values: np.ndarray) -> np.ndarray:
        sums: np.ndarray = values.reshape(groups, -1, 256)[group, tap, code].sum(axis=1)
        return sums

    return Moments(total(operations.mean), total(operations.variance), total(operations.absolute))
