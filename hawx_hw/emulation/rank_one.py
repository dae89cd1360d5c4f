"""Products of rank 1 in the layout of kernels/multiply.h."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.emulation.factors import Factors

__all__ = ["FILTERS", "PreparedProduct", "lay_out"]

#: Filters that the kernel computes at a time: FEW in kernels/multiply.h.
FILTERS = 4
_WORD_MAX = 2**15 - 1


@dataclass(frozen=True, eq=False)
class PreparedProduct:
    """A layer of rank 1 in the layout of the kernels, made by :func:`lay_out`.

    ``remap`` is None where activations are not remapped.
    """

    weights: np.ndarray
    offset: np.ndarray
    remap: np.ndarray | None

    @property
    def nbytes(self) -> int:
        """Size of the arrays in bytes."""
        return self.weights.nbytes + self.offset.nbytes


def lay_out(factors: Factors) -> PreparedProduct | None:
    """Lay products of rank 1 out for :meth:`hawx_hw.emulation.native.Native.convolve`.

    All sums must be known to fit 32 bits (``Products.sums_fit``). None where the weights
    or the remapped activations do not fit 16 bits.
    """
    weight, remap, offset = factors.weight[:, 0], factors.remap[0], factors.offset
    if factors.rank != 1 or max(np.abs(weight).max(), np.abs(remap).max()) > _WORD_MAX:
        return None
    # A constant of all activations goes into the offset where the rest then fits 8 bits.
    low, high = int(remap.min()), int(remap.max())
    narrow = high - low < 256
    constant = low + 128 if narrow and not -128 <= low <= high <= 127 else 0
    remap = remap - constant
    offset = offset + constant * weight.sum(axis=1)
    filters, taps = weight.shape
    packs, pairs = -(-filters // FILTERS), -(-taps // 2)
    padded = np.zeros((packs * FILTERS, pairs * 2), dtype=np.int16)
    padded[:filters, :taps] = weight
    by_pack = padded.view(np.uint16).astype(np.uint32).reshape(packs, FILTERS, pairs, 2)
    weights = (by_pack[..., 0] | by_pack[..., 1] << 16).transpose(0, 2, 1)
    # Modulo 2^32: constants of the weights may be large, the sums are not.
    offset = offset.astype(np.uint64).astype(np.uint32).view(np.int32)
    narrow = remap.min() >= -128 and remap.max() <= 127
    # Indexed by the activation's byte.
    by_byte = np.roll(remap.astype(np.int8 if narrow else np.int16), 128)
    identity = np.array_equal(by_byte, np.arange(256, dtype=np.uint8).view(np.int8))
    return PreparedProduct(np.ascontiguousarray(weights), offset, None if identity else by_byte)
