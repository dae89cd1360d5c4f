"""Factorisations of tables, with no more terms than needed."""

from __future__ import annotations

import numpy as np

__all__ = ["merged"]


def merged(u: np.ndarray, v: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The same sum of products in fewer terms, where terms share a factor or are zero.

    Parameters
    ----------
    u, v : ndarray of integers
        ``(rows, terms)``; they stand for ``u @ v.T``.

    Returns
    -------
    u, v : ndarray of int32
        At least one term, in the order in which their factors first come.
    """
    u, v = _summed(u, v)
    v, u = _summed(v, u)
    some = np.flatnonzero(u.any(axis=0) & v.any(axis=0))
    if not some.size:
        some = np.zeros(1, dtype=np.intp)
        u = np.zeros_like(u)
    return u[:, some].astype(np.int32), v[:, some].astype(np.int32)


def _summed(parts: np.ndarray, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Terms of one key become one term."""
    groups: dict[bytes, list[int]] = {}
    for term in range(keys.shape[1]):
        groups.setdefault(keys[:, term].tobytes(), []).append(term)
    sums = [parts[:, group].sum(axis=1) for group in groups.values()]
    firsts = [group[0] for group in groups.values()]
    return np.stack(sums, axis=1), keys[:, firsts]
