"""Products of rank 1 as the kernel of kernels/multiply.h reads them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.emulation.factors import Factors

__all__ = ["FILTERS", "PreparedProduct", "lay_out"]

#: Filters that the kernel takes at a time: FEW in kernels/multiply.h.
FILTERS = 4
_WORD_MAX = 2**15 - 1


@dataclass(frozen=True, eq=False)
class PreparedProduct:
    """A layer of rank 1 as the kernels read it; :func:`lay_out` makes it.

    ``remap`` is None where activations stay as they are.
    """

    weights: np.ndarray
    offset: np.ndarray
    remap: np.ndarray | None

    @property
    def nbytes(self) -> int:
        """Memory that it takes."""
        return self.weights.nbytes + self.offset.nbytes


def lay_out(factors: Factors) -> PreparedProduct | None:
    """Lay products of rank 1 out for :meth:`hawx_hw.emulation.native.Native.convolve`.

    All sums must be known to fit 32 bits (``Products.sums_fit``). None where 16 bits do not
    hold the weights or the remapped activations.
    """
    weight, remap, offset = factors.weight[:, 0], factors.remap[0], factors.offset
    if factors.rank != 1 or max(np.abs(weight).max(), np.abs(remap).max()) > _WORD_MAX:
        return None
    # A constant in all activations goes into the offset, where 8 bits then hold what is left.
    low, high = int(remap.min()), int(remap.max())
    narrow = high - low < 256
    constant = low + 128 if narrow and not -128 <= low <= high <= 127 else 0
    remap = remap - constant
    offset = offset + constant * weight.sum(axis=1)
    filters, taps = weight.shape
    blocks, pairs = -(-filters // FILTERS), -(-taps // 2)
    padded = np.zeros((blocks * FILTERS, pairs * 2), dtype=np.int16)
    padded[:filters, :taps] = weight
    by_block = padded.view(np.uint16).astype(np.uint32).reshape(blocks, FILTERS, pairs, 2)
    weights = (by_block[..., 0] | by_block[..., 1] << 16).transpose(0, 2, 1)
    # Modulo 2^32: constants of the weights may be large, the sums are not.
    offset = offset.astype(np.uint64).astype(np.uint32).view(np.int32)
    narrow = remap.min() >= -128 and remap.max() <= 127
    # By the activation's byte.
    by_byte = np.roll(remap.astype(np.int8 if narrow else np.int16), 128)
    identity = np.array_equal(by_byte, np.arange(256, dtype=np.uint8).view(np.int8))
    return PreparedProduct(np.ascontiguousarray(weights), offset, None if identity else by_byte)
