"""Products of a layer as a few ordinary products, where they are that exactly.

A block whose table is ``sum_r u_r(weight) * v_r(activation)`` turns a layer into one ordinary
convolution of remapped operands with r times the channels. Floating point takes that sum exactly
as long as no partial sum, in any order, leaves the whole numbers that the format holds; the
certificate is the sum of the magnitudes, filter by filter. It holds for matrix products, which add
products of the operands themselves; it would not for Winograd or Fourier transforms.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import dataclass

import numpy as np

from hawx_hw.blocks.block import Block
from hawx_hw.emulation.products import Products

__all__ = ["Factors", "factorize", "single"]

_ZERO = 128  # the column of the activation code 0


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
        ``(filters,)``; the bias is in it.
    """

    weight: np.ndarray
    remap: np.ndarray
    offset: np.ndarray

    @property
    def rank(self) -> int:
        """Ordinary products for one look-up."""
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
    """The products as one ordinary product, or as those that the blocks state; None if neither.

    Whatever is found is proven: the factors are multiplied out and compared with every row in use.
    """
    found = single(products)
    if found is not None:
        return found
    found = _stated(products)
    return found if found is not None and _proven(products, found) else None


def single(products: Products) -> Factors | None:
    """The products as one ordinary product of remapped operands; None where they are not that.

    All blocks of the layer must remap activations alike. A constant of each weight may come on top.
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
    """``table[row] = scale[row] * remap + constant[row]``, but for the row of the weight -128."""

    remap: np.ndarray
    scale: np.ndarray
    constant: np.ndarray


_KEPT = 512
_singles: OrderedDict[str, _Single | None] = OrderedDict()


def _single(block: Block) -> _Single | None:
    if block.digest not in _singles:
        _singles[block.digest] = _find_single(block.table.astype(np.int64))
        if len(_singles) > _KEPT:
            _singles.popitem(last=False)
    return _singles[block.digest]


def _find_single(table: np.ndarray) -> _Single | None:
    """A layer's weights are never -128: row 0 may be anything."""
    constant = table[:, _ZERO].copy()
    rows = table - constant[:, None]
    pivot_row, pivot = np.unravel_index(np.abs(rows[1:]).argmax(), rows[1:].shape)
    remap = rows[1 + pivot_row]
    if not remap.any():
        scale = np.zeros(len(rows), dtype=np.int64)
    else:
        remap = remap // np.gcd.reduce(remap)
        remap = remap * np.sign(remap[remap.nonzero()[0][-1]])  # one sign, so that blocks agree
        scale = rows[:, pivot] // remap[pivot]
    if not np.array_equal(scale[1:, None] * remap, rows[1:]):
        return None
    return _Single(remap, scale, constant)


def _stated(products: Products) -> Factors | None:
    """The sum of the factorizations that the blocks state; equal remaps are shared."""
    remaps: dict[bytes, int] = {}
    weights: list[np.ndarray] = []
    rows: list[np.ndarray] = []
    of_block = products.index // 256
    for number, block in enumerate(products.blocks):
        stated = block.factors()
        if stated is None:
            return None
        u, v = (part.astype(np.int64) for part in stated)
        weight = np.where((of_block == number)[..., None], u[products.index % 256], 0)
        for r in range(v.shape[1]):
            at = remaps.setdefault(v[:, r].tobytes(), len(rows))
            if at == len(rows):
                rows.append(v[:, r])
                weights.append(weight[..., r])
            else:
                weights[at] = weights[at] + weight[..., r]
    offset = products.node.bias.astype(np.int64)
    return Factors(np.stack(weights, axis=1), np.stack(rows), offset)


def _proven(products: Products, factors: Factors) -> bool:
    """Compare each distinct weight's row with what its factors make, and the offsets."""
    _, first = np.unique(products.index, return_index=True)
    f, k = np.unravel_index(first, products.index.shape)
    rows = factors.weight[f, :, k] @ factors.remap
    table = products.table()
    wanted = table[products.index[f, k]]
    constant = wanted[:, _ZERO] - rows[:, _ZERO]
    if not np.array_equal(rows + constant[:, None], wanted):
        return False
    every = np.zeros(len(table), dtype=np.int64)
    every[products.index[f, k]] = constant
    offset = every[products.index].sum(axis=1) + products.node.bias
    return bool(np.array_equal(offset, factors.offset))
