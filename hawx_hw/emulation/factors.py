"""Products of a layer as a few ordinary products, where they are that exactly.

A block whose table is ``sum_r u_r(weight) * v_r(activation)`` turns a layer into one ordinary
convolution of remapped operands with r times the channels. Floating point takes that sum exactly
as long as no partial sum, in any order, leaves the whole numbers that the format holds; the
certificate is the sum of the magnitudes, filter by filter. It holds for matrix products, which add
products of the operands themselves; it would not for Winograd or Fourier transforms.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.emulation.products import Products

__all__ = ["Factors", "factorize"]

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
    table = products.table()
    used = np.unique(products.index)
    found = _single(products, table, used)
    if found is None:
        found = _stated(products)
    if found is None or not _proven(products, found, table):
        return None
    return found


def _single(products: Products, table: np.ndarray, used: np.ndarray) -> Factors | None:
    """Rank 1 but for a constant of each row, whichever blocks the rows come from."""
    rows = table[used]
    constant = rows[:, _ZERO].copy()
    rows = rows - constant[:, None]
    pivot_row, pivot = np.unravel_index(np.abs(rows).argmax(), rows.shape)
    remap = rows[pivot_row]
    if not remap.any():
        remap = np.zeros(256, dtype=np.int64)
        scale = np.zeros(len(used), dtype=np.int64)
    else:
        remap = remap // np.gcd.reduce(remap)
        scale = rows[:, pivot] // remap[pivot]
    if not np.array_equal(scale[:, None] * remap, rows):
        return None
    at = np.searchsorted(used, products.index)
    offset = products.node.bias + constant[at].sum(axis=1)
    return Factors(scale[at][:, None, :], remap[None, :], offset)


def _stated(products: Products) -> Factors | None:
    """The sum of the factorisations that the blocks state; equal remaps are shared."""
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


def _proven(products: Products, factors: Factors, table: np.ndarray) -> bool:
    """Compare each distinct weight's row with what its factors make, and the offsets."""
    _, first = np.unique(products.index, return_index=True)
    f, k = np.unravel_index(first, products.index.shape)
    rows = factors.weight[f, :, k] @ factors.remap
    wanted = table[products.index[f, k]]
    constant = wanted[:, _ZERO] - rows[:, _ZERO]
    if not np.array_equal(rows + constant[:, None], wanted):
        return False
    every = np.zeros(len(table), dtype=np.int64)
    every[products.index[f, k]] = constant
    offset = every[products.index].sum(axis=1) + products.node.bias
    return bool(np.array_equal(offset, factors.offset))
