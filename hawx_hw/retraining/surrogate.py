"""The real functions through which gradients of blocks flow.

The forward pass computes the integer graph; only derivatives come from here. A product ``M(w, x)``
of a block is differentiated in one of three ways:

``straight``
    as ``w (x - z)``, whatever the block;
``gain``
    as ``straight``, times the block's mean slope at that weight, and at that activation, over the
    distribution of the other operand (one number a code);
``table``
    as the table's own differences, by its exact factors ``sum_i u_i(w) v_i(x)``: as many
    convolutions as factors.

Slopes are central differences over ``2 h`` codes with the block's own step ``h``, of codes that the
block accepts: what it makes of others, such as those that do not fit its operands, is not read.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property
from typing import Literal

import numpy as np
import torch

from hawx_hw.blocks.block import CODES, Block

__all__ = ["Gradient", "Surrogate", "surrogate"]

#: The ways to differentiate a product; see the module.
Gradient = Literal["straight", "gain", "table"]

#: Codes on each side over which slopes are taken, at least: single steps of a table are noise.
_STEP = 4


@dataclass(frozen=True, eq=False)
class Surrogate:
    """A product as a sum of products of real functions of the codes, and their slopes.

    Parameters
    ----------
    weight, weight_slope, activation, activation_slope : Tensor of float32
        ``(256, rank)``, indexed ``[code + 128]``.
    """

    weight: torch.Tensor
    weight_slope: torch.Tensor
    activation: torch.Tensor
    activation_slope: torch.Tensor

    @property
    def rank(self) -> int:
        """Number of products."""
        return self.weight.shape[1]

    @cached_property
    def zero_point(self) -> int | None:
        """The activation code whose distance the only feature is; None: the features are others."""
        values = self.activation[:, 0]
        linear = self.rank == 1 and bool((values.diff() == 1).all())
        return -128 - int(values[0]) if linear else None

    @cached_property
    def key(self) -> bytes:
        """Equal for equal surrogates."""
        return b"".join(tensor.numpy().tobytes() for tensor in self.tensors().values())

    def tensors(self) -> dict[str, torch.Tensor]:
        """All tensors by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}


def surrogate(
    block: Block, gradient: Gradient, shares: np.ndarray, weights: np.ndarray, zero_point: int
) -> Surrogate:
    """The surrogate of a block's products.

    Parameters
    ----------
    block : Block
    gradient : {"straight", "gain", "table"}
    shares : ndarray of float64
        ``(256,)``: of the activation codes, indexed ``[code + 128]``.
    weights : ndarray of float64
        ``(256,)``: of the weight codes.
    zero_point : int
        Of the activations.

    Raises
    ------
    ValueError
        ``table`` for a block without exact factors.
    """
    codes = CODES.astype(np.float64)
    ones = np.ones(256)
    if not block.table.any():
        # Nothing flows through products that are all 0.
        return _surrogate(*np.empty((4, 256, 0)))
    if gradient == "table":
        factors = block.factors()
        if factors is None:
            raise ValueError(f"Block must have exact factors, not {block.name!r}")
        left, right = (factor.astype(np.float64) for factor in factors)
        right_centered = right - right[zero_point + 128]
        return _surrogate(
            left,
            _slopes(left, max(_STEP, block.weight_step), block.weights),
            right_centered,
            _slopes(right, max(_STEP, block.activation_step), block.activations),
        )
    of_weight, of_activation = ones, ones
    if gradient == "gain":
        of_weight, of_activation = _gains(block, shares, weights, zero_point)
    return _surrogate(
        codes[:, None], of_weight[:, None], (codes - zero_point)[:, None], of_activation[:, None]
    )


def _surrogate(*arrays: np.ndarray) -> Surrogate:
    return Surrogate(*(torch.from_numpy(array.astype(np.float32)) for array in arrays))


def _slopes(values: np.ndarray, step: int, accepted: range) -> np.ndarray:
    """Central differences along axis 0, over fewer codes at the ends of the accepted ones."""
    index, low, high = np.arange(len(values)), accepted[0] + 128, accepted[-1] + 128
    above, below = np.clip(index + step, low, high), np.clip(index - step, low, high)
    # Beyond the ends nothing is left.
    width = np.maximum(above - below, 1).reshape(-1, *[1] * (values.ndim - 1))
    slopes: np.ndarray = (values[above] - values[below]) / width
    return slopes


def _gains(
    block: Block, shares: np.ndarray, weights: np.ndarray, zero_point: int
) -> tuple[np.ndarray, np.ndarray]:
    """The least-squares gain of a product's slope, by weight code and by activation code."""
    table = block.table.astype(np.float64)
    offsets = CODES.astype(np.float64) - zero_point
    centered = table - table[:, [zero_point + 128]]
    by_weight = _slopes(centered, max(_STEP, block.weight_step), block.weights)
    by_activation = _slopes(table.T, max(_STEP, block.activation_step), block.activations)
    power = shares @ offsets**2
    rho_weight = by_weight @ (shares * offsets) / power if power else np.ones(256)
    codes = CODES.astype(np.float64)
    square = weights @ codes**2
    rho_activation = by_activation @ (weights * codes) / square if square else np.ones(256)
    return rho_weight, rho_activation
