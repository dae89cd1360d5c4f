"""Weight codes replaced by those that the block treats best."""

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
    centerd: bool = False,
) -> Conv2d | Linear:
    """The node with each weight replaced by the code that its block treats best.

    The bias of a node holds ``-zero_point * w`` for each weight, so that an activation of zero
    counts nothing. With another code ``w'`` and a block ``M`` that is ``-M(w', zero_point)``: the
    bias takes the difference, exactly. A weight then contributes
    ``M(w', x) - M(w', zero_point)`` where it should contribute ``w (x - zero_point)``, and the code
    with the least mean square of the difference wins, over the activations that the layer sees. Of
    equals the nearest to ``w`` wins, then the smaller. For a block of lower precision that is
    rounding to its grid.

    Parameters
    ----------
    node : Conv2d or Linear
    layer : LayerBlocks
    histogram : ndarray
        ``(256,)``: how often the layer's input has each code, indexed ``[code + 128]``.
    zero_point : int
        Of the input.
    centerd : bool
        Take the least variance of the difference instead: its mean is left to the bias correction.

    Returns
    -------
    Conv2d or Linear
        With other weights and biases; for exact blocks the same.
    """
    weight = node.weight.astype(np.int64)
    chosen = np.empty_like(weight)
    at_zero = np.empty_like(weight)
    for index, block in enumerate(layer.blocks):
        mine = layer.choice == index
        codes = best_codes(block, histogram, zero_point, centerd=centerd)
        chosen[mine] = codes[weight[mine] + 128]
        at_zero[mine] = block.table[chosen[mine] + 128, zero_point + 128]
    axes = tuple(range(1, weight.ndim))
    bias = node.bias.astype(np.int64) + (weight * zero_point - at_zero).sum(axis=axes)
    return replace(node, weight=chosen.astype(np.int8), bias=_int32(bias))


def best_codes(
    block: Block, histogram: np.ndarray, zero_point: int, *, centerd: bool = False
) -> np.ndarray:
    """For each weight code the one to use instead: int64 ``(256,)``, indexed ``[w + 128]``.

    Where the histogram is empty every activation counts the same. ``centerd`` leaves the mean of
    the difference out of its square.
    """
    accepted = np.array([w for w in block.weights if abs(w) <= WEIGHT_MAX], dtype=np.int64)
    share = _shares(histogram)
    rows = block.table[accepted + 128].astype(np.int64)
    made = rows - rows[:, zero_point + 128, None]
    wanted = CODES.astype(np.int64) - zero_point
    # The square of made - w * wanted, summed, for all pairs at once.
    square = made**2 @ share
    cross = made * wanted @ share
    power = wanted**2 @ share
    codes = np.arange(-128, 128)
    cost = square[None, :] - 2 * codes[:, None] * cross[None, :] + codes[:, None] ** 2 * power
    if centerd:
        # Products of two such sums leave int64.
        mean = (made @ share)[None, :] - codes[:, None] * int(wanted @ share)
        cost = int(share.sum()) * cost.astype(object) - mean.astype(object) ** 2
    distance = np.abs(accepted[None, :] - codes[:, None])
    nearest = np.where(cost == cost.min(axis=1, keepdims=True), distance, 256)
    best: np.ndarray = accepted[np.argmin(nearest, axis=1)]
    return best


def _shares(histogram: np.ndarray) -> np.ndarray:
    """The histogram in units so coarse that no sum of squared products leaves int64."""
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
