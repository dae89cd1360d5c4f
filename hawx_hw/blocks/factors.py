"""Factorizations of tables, with no more terms than needed."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

__all__ = ["low_part_factors", "merged"]


def merged(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same sum of products in fewer terms, where terms share a factor or are zero.

    Parameters
    ----------
    u, v : ndarray of integers
        ``(256, terms)``, or any other equal lengths; they stand for ``u @ v.T``.

    Returns
    -------
    u, v : ndarray of int32
        At least one term, in the order in which their factors first occur.
    """
    u, v = _summed(u, v)
    v, u = _summed(v, u)
    some = np.flatnonzero(u.any(axis=0) & v.any(axis=0))
    if not some.size:
        some = np.zeros(1, dtype=np.intp)
        u = np.zeros_like(u)
    return u[:, some].astype(np.int32), v[:, some].astype(np.int32)


def _summed(parts: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Add up the terms that have the same key."""
    groups: dict[bytes, list[int]] = {}
    for term in range(keys.shape[1]):
        groups.setdefault(keys[:, term].tobytes(), []).append(term)
    sums = [parts[:, group].sum(axis=1) for group in groups.values()]
    firsts = [group[0] for group in groups.values()]
    return np.stack(sums, axis=1), keys[:, firsts]


def low_part_factors(
    magnitudes: Callable[[np.ndarray, np.ndarray], np.ndarray], k: int
) -> tuple[np.ndarray, np.ndarray]:
    """Factors of an unsigned multiplier whose error depends on the operands' ``k`` low bits only.

    They are the exact product, and the error for each value of the weight's low bits.

    Parameters
    ----------
    magnitudes : callable
        The unsigned products of broadcast int32 operands.
    k : int

    Returns
    -------
    u, v : ndarray of int32
        ``(256, terms)``.
    """
    codes = np.arange(256, dtype=np.int32)
    lows = np.arange(1, 1 << k, dtype=np.int32)
    part = codes[:, None] & (1 << k) - 1
    error = magnitudes(lows, part) - lows * part
    # Operands whose low bits are a power of two select one partial product: they have no error.
    wrong = error.any(axis=0)
    return (
        np.column_stack([codes, part == lows[wrong]]),
        np.column_stack([codes, error[:, wrong]]),
    )
