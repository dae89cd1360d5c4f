"""The rank of an integer matrix over the rationals, exactly."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator

import numpy as np

__all__ = ["integer_rank"]

#: Below 2**31, so that a product of two remainders fits in int64.
_LARGEST = 2**31 - 1


def integer_rank(matrix: np.ndarray) -> int:
    """The rank of ``matrix``, exactly: a proof, no tolerance.

    The rank modulo a prime is never larger than the rank. If it is ``r`` modulo each of so many
    primes that their product exceeds Hadamard's bound on the minors of size ``r + 1``, all these
    minors are zero, and the rank is ``r``. A matrix one of whose axes has
    no more than ``r`` vectors after those that are zero, repeated or negated are left out needs no
    further primes.

    Parameters
    ----------
    matrix : ndarray of integers
        Two axes; magnitudes below 2**31.

    Raises
    ------
    TypeError
        The entries are not integers.
    ValueError
        There are not two axes, or an entry is too large.
    """
    if not np.issubdtype(matrix.dtype, np.integer):
        raise TypeError(f"matrix must be of integers, not {matrix.dtype}")
    if matrix.ndim != 2:
        raise ValueError(f"matrix must have 2 axes, not {matrix.ndim}")
    rest = matrix.astype(np.int64)
    if rest.size and np.abs(rest).max() >= 2**31:
        raise ValueError("matrix must have entries below 2**31")
    rest = _distinct(_distinct(rest).T)
    result = 0
    remaining = math.inf
    for prime in _primes():
        rank = _rank_modulo(rest, prime)
        if rank > result or remaining == math.inf:
            result = max(result, rank)
            remaining = _minor_bits(rest, result + 1)
        if result == min(rest.shape):
            break
        remaining -= math.log2(prime)
        if remaining < 0:
            break
    return result


def _distinct(matrix: np.ndarray) -> np.ndarray:
    """The vectors along axis 0 that are neither zero nor equal to another or its negative."""
    vectors = matrix[matrix.any(axis=1)]
    if not vectors.size:
        return vectors
    leading = vectors[np.arange(len(vectors)), (vectors != 0).argmax(axis=1)]
    distinct: np.ndarray = np.unique(vectors * np.sign(leading)[:, None], axis=0)
    return distinct


def _minor_bits(matrix: np.ndarray, size: int) -> float:
    """Hadamard's upper bound of log2 of the magnitude of every minor of size ``size``."""
    squares = [(matrix.astype(np.float64) ** 2).sum(axis=axis) for axis in (0, 1)]
    # One bit more covers the rounding errors of the sums of logarithms.
    return 1 + min(float(np.sort(np.log2(s))[::-1][:size].sum()) / 2 for s in squares)


def _rank_modulo(matrix: np.ndarray, prime: int) -> int:
    rest = matrix % prime
    rank = 0
    while rest.size:
        row, column = divmod(int((rest != 0).argmax()), rest.shape[1])
        if not rest[row, column]:
            break
        pivot = rest[row] * pow(int(rest[row, column]), -1, prime) % prime
        factors = np.delete(rest[:, column], row)
        rest = np.delete(np.delete(rest, row, axis=0), column, axis=1)
        rest = (rest - factors[:, None] * np.delete(pivot, column)[None, :]) % prime
        rank += 1
    return rank


def _primes() -> Iterator[int]:
    """Primes below 2**31, from the largest down."""
    return (n for n in itertools.count(_LARGEST, -2) if _is_prime(n))


def _is_prime(number: int) -> bool:
    """Miller and Rabin's test, which these bases decide for numbers below 2**32."""
    odd = number - 1
    twos = (odd & -odd).bit_length() - 1
    odd >>= twos
    for base in (2, 7, 61):
        power = pow(base, odd, number)
        if power in (1, number - 1):
            continue
        for _ in range(twos - 1):
            power = power * power % number
            if power == number - 1:
                break
        else:
            return False
    return True
