"""Each filter's mean error folded into its bias."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.graph.graph import Conv2d, Linear

__all__ = ["correct_bias", "mean_sums"]


def correct_bias(node: Conv2d | Linear, error: np.ndarray) -> Conv2d | Linear:
    """The node with its mean error subtracted from the bias, rounded to whole numbers, halves up.

    Parameters
    ----------
    node : Conv2d or Linear
    error : ndarray of float64
        ``(filters,)``: mean of its sums, less the mean of the exact sums.
    """
    bias = node.bias.astype(np.int64) - np.floor(error + 0.5).astype(np.int64)
    limits = np.iinfo(np.int32)
    if not (bias.min() >= limits.min and bias.max() <= limits.max):
        raise OverflowError("A bias does not fit int32")
    return replace(node, bias=bias.astype(np.int32))


def mean_sums(
    node: Conv2d | Linear, layer: LayerBlocks | None, histograms: np.ndarray
) -> np.ndarray:
    """Mean of each filter's sums, bias included: float64 ``(filters,)``.

    The mean of a sum is the sum over taps and activation codes of the code's share times the
    product, so that histograms are enough and no image is needed.

    Parameters
    ----------
    node : Conv2d or Linear
    layer : LayerBlocks or None
        None for exact products.
    histograms : ndarray of int64
        From :func:`~hawx_hw.compensation.histograms.tap_histograms`.
    """
    groups = len(histograms)
    weight = node.weight.reshape(groups, -1, node.weight[0].size)
    counts = histograms.reshape(groups, -1, 256)
    pixels = int(counts[0, 0].sum())
    filters = weight.shape[1]
    totals = []
    for group in range(groups):
        own = slice(group * filters, (group + 1) * filters)
        blocks = None if layer is None else layer.filters(own)
        totals.append(_totals(weight[group], counts[group], blocks))
    mean: np.ndarray = np.concatenate(totals) / pixels + node.bias
    return mean


def _totals(weight: np.ndarray, counts: np.ndarray, layer: LayerBlocks | None) -> np.ndarray:
    """Products summed over all positions: int64 ``(filters,)`` of one group."""
    if layer is None:
        means = counts @ np.arange(-128, 128)
        exact: np.ndarray = weight.astype(np.int64) @ means
        return exact
    total = np.zeros(len(weight), dtype=np.int64)
    choice = layer.choice.reshape(weight.shape)
    for index, block in enumerate(layer.blocks):
        # (taps, weight codes): the sum of each code's products with the activations at each tap. In
        # float64, which represents these sums exactly, and whose matrix products are fast.
        products = counts.astype(np.float64) @ block.table.T.astype(np.float64)
        picked = products[np.arange(weight.shape[1]), weight.astype(np.int64) + 128]
        total += np.where(choice == index, picked.astype(np.int64), 0).sum(axis=1)
    return total
