"""Weight codes replaced by those with the least error under their block."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES, Block
from hawx_hw.graph.graph import WEIGHT_MAX, Conv2d, Linear

__all__ = ["best_codes", "remap_weights"]

# Whole numbers, so that every machine finds the same codes: 2**17 squared times this fits int64.
_UNITS = 1 << 16


def remap_weights(
    node: Conv2d | Linear,
    layer: LayerBlocks,
    histogram: np.ndarray,
    zero_point: int,
    *,
    centered: bool = False,
) -> Conv2d | Linear:
    """The node with each weight replaced by the code with the least error under its block.

    The bias of a node holds ``-zero_point * w`` for each weight, so that an activation of zero
    contributes nothing. With another code ``w'`` and a block ``M`` that is ``-M(w', zero_point)``:
    the bias takes the difference, exactly. A weight then contributes ``M(w', x) - M(w',
    zero_point)`` where it should contribute ``w (x - zero_point)``, and the code with the least
    mean square of the difference over the layer's activations is taken. Of equal codes the nearest
    to ``w`` is taken, then the smaller. For a block of lower precision that is rounding to its
    step. Under a block whose product depends on no weight, all are that nearest to 0.

    Parameters
    ----------
    node : Conv2d or Linear
    layer : LayerBlocks
    histogram : ndarray
        ``(256,)``: counts of the codes of the layer's input, indexed ``[code + 128]``.
    zero_point : int
        Zero point of the input.
    centered : bool
        Take the least variance of the difference instead: its mean is left to the bias correction.

    Returns
    -------
    Conv2d or Linear
        The node with other weights and biases; unchanged for exact blocks.
    """
    weight = node.weight.astype(np.int64)
    chosen = np.empty_like(weight)
    at_zero = np.empty_like(weight)
    for index, block in enumerate(layer.blocks):
        used = layer.choice == index
        codes = best_codes(block, histogram, zero_point, centered=centered)
        chosen[used] = codes[weight[used] + 128]
        at_zero[used] = block.table[chosen[used] + 128, zero_point + 128]
    axes = tuple(range(1, weight.ndim))
    bias = node.bias.astype(np.int64) + (weight * zero_point - at_zero).sum(axis=axes)
    return replace(node, weight=chosen.astype(np.int8), bias=_int32(bias))


def best_codes(
    block: Block, histogram: np.ndarray, zero_point: int, *, centered: bool = False
) -> np.ndarray:
    """The replacement of each weight code: int64 ``(256,)``, indexed ``[w + 128]``.

    Where the histogram is empty every activation has the same weight. ``centered`` leaves the mean
    of the difference out of its square.
    """
    accepted = np.array([w for w in block.weights if abs(w) <= WEIGHT_MAX], dtype=np.int64)
    share = _shares(histogram)
    products = block.table[accepted + 128].astype(np.int64)
    if (products == products[0]).all():
        return np.full(256, accepted[np.argmin(np.abs(accepted))])
    products -= products[:, zero_point + 128, None]
    values = CODES.astype(np.int64) - zero_point
    # The square of products - w * values, summed, for all pairs at once.
    square = products**2 @ share
    cross = products * values @ share
    power = values**2 @ share
    codes = np.arange(-128, 128)
    cost = square[None, :] - 2 * codes[:, None] * cross[None, :] + codes[:, None] ** 2 * power
    if centered:
        # Products of two such sums exceed int64.
        mean = (products @ share)[None, :] - codes[:, None] * int(values @ share)
        cost = int(share.sum()) * cost.astype(object) - mean.astype(object) ** 2
    distance = np.abs(accepted[None, :] - codes[:, None])
    nearest = np.where(cost == cost.min(axis=1, keepdims=True), distance, 256)
    best: np.ndarray = accepted[np.argmin(nearest, axis=1)]
    return best


def _shares(histogram: np.ndarray) -> np.ndarray:
    """The histogram in units so coarse that no sum of squared products exceeds int64."""
    total = int(histogram.sum())
    if total == 0:
        return np.ones(256, dtype=np.int64)
    units: np.ndarray = -(-histogram.astype(np.int64) * _UNITS // total)
    return units


def _int32(values: np.ndarray) -> np.ndarray:
    limits = np.iinfo(np.int32)
    if values.size and not (values.min() >= limits.min and values.max() <= limits.max):
        raise OverflowError("A bias does not fit int32")
    return values.astype(np.int32)
