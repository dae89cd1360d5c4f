"""Exact factorizations of the products of a layer into a few ordinary products.

A block whose table is ``sum_r u_r(weight) * v_r(activation)`` turns a layer into one ordinary
convolution of remapped operands with r times the channels. Floating point takes that sum exactly
as long as no partial sum, in any order, exceeds the whole numbers that the format represents; the
certificate is the sum of the magnitudes, filter by filter. It is valid for matrix products, which
add products of the operands themselves, but not for Winograd or Fourier transforms.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.emulation.products import Products

__all__ = ["Factors", "factorize", "single"]

_ZERO = 128  # the index of the activation code 0


@dataclass(frozen=True, eq=False)
class Factors:
    """``sum = offset + sum over taps and r of weight[f, r, tap] * remap[r, activation + 128]``.

    Parameters
    ----------
    weight : ndarray of int64
        ``(filters, rank, taps)``.
    remap : ndarray of int64
        ``(rank, 256)``.
    offset : ndarray of int64
        ``(filters,)``, bias included.
    """

    weight: np.ndarray
    remap: np.ndarray
    offset: np.ndarray

    @property
    def rank(self) -> int:
        """Number of ordinary products that replace one look-up."""
        return len(self.remap)

    @property
    def kind(self) -> type[np.float32] | type[np.float64] | None:
        """The narrowest format in which every partial sum is exact; None where none is."""
        largest = np.abs(self.remap).max(axis=1)
        total = int((np.abs(self.weight).sum(axis=2) * largest).sum(axis=1).max())
        if total <= 2**24:
            return np.float32
        return np.float64 if total <= 2**53 else None


def factorize(products: Products) -> Factors | None:
    """The products as one ordinary product, or by the blocks' factorizations; None if neither.

    The result is proven: factors are multiplied out and compared with every table entry in use.
    """
    factors = single(products)
    if factors is not None:
        return factors
    factors = _stated(products)
    return factors if factors is not None and _proven(products, factors) else None


def single(products: Products) -> Factors | None:
    """The products as one ordinary product of remapped operands; None where that is not exact.

    All blocks of the layer must remap activations alike. A constant of each weight may be added.
    """
    parts = [_single(block) for block in products.blocks]
    remap = np.zeros(256, dtype=np.int64)
    scales, constants = [], []
    for part in parts:
        if part is None:
            return None
        if part.remap.any():
            if remap.any() and not np.array_equal(remap, part.remap):
                return None
            remap = part.remap
        scales.append(part.scale)
        constants.append(part.constant)
    constant = np.concatenate(constants)[products.index].sum(axis=1)
    weight = np.concatenate(scales)[products.index]
    return Factors(weight[:, None, :], remap[None, :], products.node.bias + constant)


@dataclass(frozen=True, eq=False)
class _Single:
    """``table[a] == scale[a] * remap + constant[a]``, except for the weight -128."""

    remap: np.ndarray
    scale: np.ndarray
    constant: np.ndarray


_CACHED = 512
_singles: OrderedDict[str, _Single | None] = OrderedDict()


def _single(block: Block) -> _Single | None:
    if block.digest not in _singles:
        _singles[block.digest] = _derive_single(block.table.astype(np.int64))
        if len(_singles) > _CACHED:
            _singles.popitem(last=False)
    return _singles[block.digest]


def _derive_single(table: np.ndarray) -> _Single | None:
    """Derive the remap from the table; a layer's weights are never -128, so entry 0 is ignored."""
    constant = table[:, _ZERO].copy()
    varying = table - constant[:, None]
    largest, pivot = np.unravel_index(np.abs(varying[1:]).argmax(), varying[1:].shape)
    remap = varying[1 + largest]
    if not remap.any():
        scale = np.zeros(len(varying), dtype=np.int64)
    else:
        remap = remap // np.gcd.reduce(remap)
        remap = remap * np.sign(remap[remap.nonzero()[0][-1]])  # one sign, so that blocks agree
        scale = varying[:, pivot] // remap[pivot]
    if not np.array_equal(scale[1:, None] * remap, varying[1:]):
        return None
    return _Single(remap, scale, constant)


def _stated(products: Products) -> Factors | None:
    """The sum of the blocks' own factorizations; equal remaps are shared."""
    remaps: dict[bytes, int] = {}
    weights: list[np.ndarray] = []
    unique: list[np.ndarray] = []
    of_block = products.index // 256
    for number, block in enumerate(products.blocks):
        stated = block.factors()
        if stated is None:
            return None
        u, v = (part.astype(np.int64) for part in stated)
        weight = np.where((of_block == number)[..., None], u[products.index % 256], 0)
        for r in range(v.shape[1]):
            at = remaps.setdefault(v[:, r].tobytes(), len(unique))
            if at == len(unique):
                unique.append(v[:, r])
                weights.append(weight[..., r])
            else:
                weights[at] = weights[at] + weight[..., r]
    offset = products.node.bias.astype(np.int64)
    return Factors(np.stack(weights, axis=1), np.stack(unique), offset)


def _proven(products: Products, factors: Factors) -> bool:
    """Compare each distinct weight's table entry with its factors, and the offsets."""
    _, first = np.unique(products.index, return_index=True)
    f, k = np.unravel_index(first, products.index.shape)
    factored = factors.weight[f, :, k] @ factors.remap
    table = products.table()
    expected = table[products.index[f, k]]
    constant = expected[:, _ZERO] - factored[:, _ZERO]
    if not np.array_equal(factored + constant[:, None], expected):
        return False
    every = np.zeros(len(table), dtype=np.int64)
    every[products.index[f, k]] = constant
    offset = every[products.index].sum(axis=1) + products.node.bias
    return bool(np.array_equal(offset, factors.offset))
