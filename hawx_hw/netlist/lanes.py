"""Integers of lanes, and the words whose bits are lanes."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray

__all__ = ["lanes_of", "words_of"]

_Words = NDArray[np.uint64]


def words_of(values: NDArray[Any], bits: int, words: int) -> _Words:
    """Integers of lanes as the words of single bits.

    Parameters
    ----------
    values : ndarray of int, shape (..., lanes)
        Negative ones in two's complement; at most 64 bits.
    bits : int
    words : int
        Words of 64 lanes each; lanes that are missing are 0.

    Returns
    -------
    ndarray of uint64, shape (..., bits, words)
        The lowest bit first; lane 0 is the lowest bit of word 0.
    """
    codes = np.asarray(values).astype(np.int64).astype(np.uint64)
    missing = 64 * words - codes.shape[-1]
    codes = np.pad(codes, [(0, 0)] * (codes.ndim - 1) + [(0, missing)])
    each = codes[..., None, :] >> np.arange(bits, dtype=np.uint64)[:, None] & np.uint64(1)
    packed = np.packbits(each.astype(np.uint8), axis=-1, bitorder="little")
    return np.ascontiguousarray(packed).view("<u8").astype(np.uint64)


def lanes_of(words: _Words, lanes: int) -> NDArray[np.int64]:
    """The unsigned integers of each lane: the inverse of :func:`words_of`.

    Parameters
    ----------
    words : ndarray of uint64, shape (..., bits, words)
    lanes : int

    Returns
    -------
    ndarray of int64, shape (..., lanes)
    """
    octets = np.ascontiguousarray(words.astype("<u8")).view(np.uint8)
    each = np.unpackbits(octets, axis=-1, bitorder="little")[..., :lanes].astype(np.int64)
    weights = np.int64(1) << np.arange(words.shape[-2], dtype=np.int64)
    return np.sum(each * weights[:, None], axis=-2)
