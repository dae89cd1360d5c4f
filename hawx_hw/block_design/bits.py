"""Covariances of the bits of a layer's activations: what every mask's error follows from.

The partial product of bit ``i`` of a weight and bit ``j`` of an activation is a product of two
bits. All sums of a layer under any mask of partial products, with any weights, are therefore linear
in the bits of the activations at its taps, and the variance of their errors is a quadratic form
whose matrix is the covariance of these bits: positions are gone through once, not once a mask.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from hawx_hw.block_design.form import PLACES, SIGNED, SumForm
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.mask import Mask
from hawx_hw.compensation.sum_errors import SumErrors, levels

__all__ = ["BitCovariances", "BitErrors", "bit_covariances"]

#: Values of float64 at once, while a form is made.
_AT_ONCE = 1 << 23


@dataclass(frozen=True, eq=False)
class BitCovariances:
    """Covariances over positions, of the taps of one group of filters.

    Parameters
    ----------
    activations : ndarray of int8
        ``(positions, taps)``: multiples of ``step``.
    step : int
        A power of two.
    bits : ndarray of float64
        ``(taps, bits, taps, bits)``: of the bits of the activations, from that of ``step`` up.
    cross : ndarray of float64
        ``(taps, bits, taps)``: of these and the exact activations.
    exact : ndarray of float64
        ``(taps, taps)``: of the exact activations.
    """

    activations: np.ndarray
    step: int
    bits: np.ndarray
    cross: np.ndarray
    exact: np.ndarray

    @property
    def places(self) -> np.ndarray:
        """Which bits of the activation there are."""
        return np.arange(self.step.bit_length() - 1, 8)

    def form(self, codes: np.ndarray, weight: np.ndarray, importance: np.ndarray) -> SumForm:
        """The quadratic form of the selected partial products, added up over filters.

        Parameters
        ----------
        codes, weight : ndarray of int64
            ``(filters, taps)``: the codes that the block gets, and the original ones.
        importance : ndarray of float64
            ``(filters,)``: what each filter's variance counts.
        """
        taps, places = len(self.exact), self.places
        own = (codes[:, None] >> PLACES[:, None] & 1).astype(np.float64)
        counted = own * importance[:, None, None]
        blocks = np.zeros((8, len(places), len(places), 8))
        matrix = self.bits.reshape(taps, -1)
        count = max(1, _AT_ONCE // (8 * matrix.shape[1]))
        for start in range(0, len(codes), count):
            part = own[start : start + count]
            half = (part.reshape(-1, taps) @ matrix).reshape(
                len(part), 8, len(places), taps, len(places)
            )
            blocks += np.tensordot(half, counted[start : start + count], axes=((0, 3), (0, 2)))
        targets = self.cross @ weight.T.astype(np.float64)
        cross = np.einsum("fik,kjf->ij", counted, targets)
        # Bits of their values in two's complement; those below the step are always zero.
        values = SIGNED[:, None] * SIGNED[places]
        covariance = np.zeros((8, 8, 8, 8))
        covariance[np.ix_(PLACES, places, PLACES, places)] = (
            blocks.transpose(0, 1, 3, 2) * values[:, :, None, None] * values
        )
        products = np.zeros((8, 8))
        products[:, places] = cross * values
        return SumForm(
            covariance.reshape(64, 64), products.ravel(), self.variance(weight, importance)
        )

    def variance(self, weight: np.ndarray, importance: np.ndarray) -> float:
        """The variance of the exact sums, added up over filters; see :meth:`form`."""
        plain = weight.astype(np.float64)
        return float(((plain @ self.exact) * plain).sum(axis=1) @ importance)

    def error(
        self, mask: Mask, codes: np.ndarray, weight: np.ndarray, importance: np.ndarray
    ) -> float:
        """The variance of the errors of the sums, added up over filters.

        Parameters
        ----------
        mask : Mask
        codes, weight, importance
            See :meth:`form`.
        """
        per_bit = (codes[..., None] >> PLACES & 1) * SIGNED @ mask.selected * SIGNED
        vectors = per_bit[..., self.places].reshape(len(codes), -1).astype(np.float64)
        size = vectors.shape[1]
        plain = weight.astype(np.float64)
        made = (vectors @ self.bits.reshape(size, size)) * vectors
        both = (vectors @ self.cross.reshape(size, -1)) * plain
        error = float((made.sum(axis=1) - 2 * both.sum(axis=1)) @ importance)
        return error + self.variance(weight, importance)


def bit_covariances(activations: np.ndarray, exact: np.ndarray, step: int) -> BitCovariances:
    """Go through the positions.

    Parameters
    ----------
    activations : ndarray of int8
        ``(positions, taps)``: multiples of ``step``; fewer than 2**16 positions.
    exact : ndarray of int8
        ``(positions, taps)``: the same before they were rounded.
    step : int
        A power of two.
    """
    places = np.arange(step.bit_length() - 1, 8)
    positions, taps = activations.shape
    bits = (activations[:, :, None].astype(np.int16) >> places & 1).astype(np.float32)
    bits = bits.reshape(positions, -1)
    plain = exact.astype(np.float32)
    mean, mean_exact = bits.mean(axis=0, dtype=np.float64), plain.mean(axis=0, dtype=np.float64)
    # Sums of so many whole numbers below 2**8 are exact in float32.
    both = (bits.T @ bits).astype(np.float64) / positions - np.outer(mean, mean)
    cross = (bits.T @ plain).astype(np.float64) / positions - np.outer(mean, mean_exact)
    double = exact.astype(np.float64)
    own = double.T @ double / positions - np.outer(mean_exact, mean_exact)
    shape = (taps, len(places))
    return BitCovariances(
        activations, step, both.reshape(*shape, *shape), cross.reshape(*shape, taps), own
    )


class BitErrors(SumErrors):
    """The quadratic form of some taps, without going through the positions again.

    Parameters
    ----------
    block : Block
        Of all taps; its products are sums of partial products.
    bits : BitCovariances
    """

    def __init__(self, block: Block, bits: BitCovariances):
        taps, count = len(bits.exact), len(bits.places)
        level = levels(block)
        rank = level.right.shape[1]
        self._levels = [level] * taps
        self._bounds = np.arange(taps + 1) * rank
        # The features of a code are the sums of those of its bits.
        of_bit = level.right[SIGNED[bits.places] + 128]
        half = (bits.bits.reshape(-1, count) @ of_bit).reshape(taps, count, taps * rank)
        self.covariance = (of_bit.T @ half).reshape(taps * rank, taps * rank)
        activations = bits.bits.reshape(-1, count) @ SIGNED[bits.places].astype(np.float64)
        cross = activations.reshape(taps, count, taps)
        self._cross = (of_bit.T @ cross).reshape(taps * rank, taps)
        variance = bits.activations.astype(np.float64).var(axis=0)
        self.order = np.argsort(-variance, kind="stable")
        self._shrink(bits.activations)
