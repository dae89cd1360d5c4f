"""Weights of a filter chosen together, so that their errors compensate for one another.

Remapping treats each weight alone, but the error of the filter's sum matters: activations at
neighboring taps are similar, so that the error of one weight can be compensated by its neighbors.
For blocks of rank 1, ``M(w, x) = u(w) v(x)``, this is least squares over the values of ``u``, with
the covariances of ``v(x)`` on calibration images. It is solved greedily as in GPTQ (E. Frantar,
S. Ashkboos, T. Hoefler, D. Alistarh, ICLR 2023), after Optimal Brain Surgeon (B. Hassibi,
D. Stork, G. Wolff, 1993): one weight after another takes its nearest value, and the remaining
ones are adjusted to compensate for its error as well as possible.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky

from hawx_hw.blocks.assignment import LayerBlocks
from hawx_hw.blocks.block import CODES, Block
from hawx_hw.compensation.weight_remapping import remap_weights
from hawx_hw.graph.graph import WEIGHT_MAX, Conv2d, Linear
from hawx_hw.graph.groups import padded_input, split

__all__ = ["JointRounding", "patches", "rank_one", "round_together"]

#: Sampled positions, evenly spaced over images and pixels.
_POSITIONS = 8192
#: Added to variances, as a share of their mean: the uncertainty of so few positions.
_DAMPING = 0.01
_LEAST = 1e-6


def round_together(
    node: Conv2d | Linear,
    layer: LayerBlocks,
    codes: np.ndarray,
    histogram: np.ndarray,
    zero_point: int,
) -> Conv2d | Linear:
    """The node with the weights of each filter chosen together.

    Filters of a block whose table has a higher rank, and of several blocks, are remapped weight by
    weight (:func:`~hawx_hw.compensation.weight_remapping.remap_weights`). As there, the bias
    compensates for other weights at the zero point; means are left to the bias correction.

    Parameters
    ----------
    node : Conv2d or Linear
    layer : LayerBlocks
    codes : ndarray of int8
        The node's input on calibration images, ``(batch, *shape)``.
    histogram : ndarray
        ``(256,)``: counts of the input's codes, indexed ``[code + 128]``.
    zero_point : int
        Zero point of the input.

    Returns
    -------
    Conv2d or Linear
        The node with other weights and biases.
    """
    if isinstance(node, Conv2d) and node.groups > 1:
        return _by_group(node, layer, codes, zero_point)
    remapped = remap_weights(node, layer, histogram, zero_point)
    weight = node.weight.reshape(len(node.weight), -1).astype(np.int64)
    choice = layer.choice.reshape(weight.shape)
    together = JointRounding(patches(node, codes, zero_point))
    chosen = remapped.weight.reshape(weight.shape).astype(np.int64)
    bias = remapped.bias.astype(np.int64)
    for index, block in enumerate(layer.blocks):
        mine = np.flatnonzero((choice == index).all(axis=1))
        if len(mine) and rank_one(block) is not None:
            chosen[mine] = together.codes(block, weight[mine])
            at_zero = block.table[chosen[mine] + 128, zero_point + 128].sum(axis=1)
            bias[mine] = node.bias[mine] + weight[mine].sum(axis=1) * zero_point - at_zero
    if abs(bias).max() > np.iinfo(np.int32).max:
        raise OverflowError(f"A bias of {node.name!r} does not fit int32")
    return replace(
        node,
        weight=chosen.astype(np.int8).reshape(node.weight.shape),
        bias=bias.astype(np.int32),
    )


def _by_group(node: Conv2d, layer: LayerBlocks, codes: np.ndarray, zero_point: int) -> Conv2d:
    """Every group alone, for the activations of its channels."""
    parts = []
    for filters, channels, plain in split(node):
        read = codes[:, channels]
        histogram = np.bincount((read.astype(np.int64) + 128).ravel(), minlength=256)
        own = layer.filters(filters)
        parts.append(round_together(plain, own, read, histogram, zero_point))
    return replace(
        node,
        weight=np.concatenate([part.weight for part in parts]),
        bias=np.concatenate([part.bias for part in parts]),
    )


def rank_one(block: Block) -> tuple[np.ndarray, np.ndarray] | None:
    """``u`` and ``v`` of a table ``u(w) v(x)``, int64 ``(256,)``; None for other tables."""
    factors = block.factors()
    if factors is None or factors[0].shape[1] != 1:
        return None
    left, right = (factor[:, 0].astype(np.int64) for factor in factors)
    return left, right


class JointRounding:
    """Chooses the weights of one layer's filters for the activations at its taps.

    Parameters
    ----------
    activations : ndarray of int8
        From :func:`patches`.
    """

    def __init__(self, activations: np.ndarray):
        self._activations = activations
        self._systems: dict[bytes, _System] = {}

    def codes(self, block: Block, weight: np.ndarray) -> np.ndarray:
        """Codes for the weights of some filters under a block of rank 1.

        Parameters
        ----------
        block : Block
        weight : ndarray of int64
            ``(filters, taps)``: the original codes.

        Returns
        -------
        ndarray of int64
            ``(filters, taps)``, codes that the block accepts.

        Raises
        ------
        ValueError
            The block's table has a higher rank.
        """
        factors = rank_one(block)
        if factors is None:
            raise ValueError(f"Block must have a table of rank 1, not {block.name!r}")
        left, right = factors
        if (left == CODES).all() and (right == CODES).all():
            return weight
        key = right.tobytes()
        if key not in self._systems:
            self._systems[key] = _System(right, self._activations)
        system = self._systems[key]
        accepted = np.array([w for w in block.weights if abs(w) <= WEIGHT_MAX])
        levels, first = np.unique(left[accepted + 128], return_index=True)
        codes = np.empty(weight.shape, dtype=np.int64)
        targets = system.targets(weight)[:, system.order]
        for tap, factors_of_tap in enumerate(system.upper):
            target = targets[:, tap]
            nearest = np.abs(target[:, None] - levels).argmin(axis=1)
            codes[:, system.order[tap]] = accepted[first[nearest]]
            error = (target - levels[nearest]) / factors_of_tap[tap]
            targets[:, tap:] -= error[:, None] * factors_of_tap[tap:]
        return codes


class _System:
    """Least squares over the factors ``right`` of the activations at the taps."""

    def __init__(self, right: np.ndarray, activations: np.ndarray):
        values = right[activations.astype(np.int64) + 128]
        covariance = _covariance(values, values)
        same = (values == activations).all()
        cross = covariance if same else _covariance(values, activations)
        least = _DAMPING * max(float(np.diag(covariance).mean()), _LEAST)
        damping = least * np.eye(len(covariance))
        covariance = covariance + damping
        self._factor = cho_factor(covariance)
        self._cross = cross + damping
        #: The order in which weights are chosen: by decreasing variance.
        self.order = np.argsort(-np.diag(covariance), kind="stable")
        inverse = cho_solve(self._factor, np.eye(len(covariance)))
        #: ``upper.T @ upper`` is the inverse, in that order.
        self.upper = cholesky(inverse[np.ix_(self.order, self.order)], lower=False)

    def targets(self, weight: np.ndarray) -> np.ndarray:
        """The real factors that approximate the exact sums best: float64 ``(filters, taps)``."""
        targets: np.ndarray = cho_solve(self._factor, self._cross @ weight.T).T
        return targets


def patches(node: Conv2d | Linear, codes: np.ndarray, zero_point: int) -> np.ndarray:
    """The activations at the taps, at evenly spaced positions: int8 ``(positions, taps)``.

    Of a convolution of one group.
    """
    if isinstance(node, Linear):
        return codes.reshape(len(codes), -1)
    padded = padded_input(node, codes, zero_point)
    windows = np.lib.stride_tricks.sliding_window_view(padded, node.extent, (2, 3))
    windows = windows[..., :: node.dilation[0], :: node.dilation[1]]
    windows = windows[:, :, :: node.stride[0], :: node.stride[1]].transpose(0, 2, 3, 1, 4, 5)
    count = int(np.prod(windows.shape[:3]))
    at = np.unravel_index(
        np.linspace(0, count - 1, min(count, _POSITIONS)).astype(np.int64), windows.shape[:3]
    )
    sampled: np.ndarray = windows[at].reshape(len(at[0]), -1)
    return sampled


def _covariance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariances along axis 0 of integer arrays: float64 with exact sums."""
    x, y = x.astype(np.float64), y.astype(np.float64)
    covariance: np.ndarray = x.T @ y / len(x) - np.outer(x.mean(axis=0), y.mean(axis=0))
    return covariance
