"""The segment multipliers (dsm, ssm, drum) restated on strings of bits.

Nothing here is shared with the product: operands are approximated as text, products are formed
one pair of codes at a time.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from hawx_hw.blocks import Block

__all__ = [
    "Approximation",
    "assert_factors",
    "dynamic_segment",
    "signed_table",
    "static_segment",
    "unbiased_segment",
    "unsigned_table",
]

#: ``approximation(x, k)``: what replaces the magnitude ``x`` in [0, 255], with segments of k bits.
Approximation = Callable[[int, int], int]

CODES = range(-128, 128)


def dynamic_segment(x: int, k: int) -> int:
    """The ``k`` bits from the leading one down; the rest is cut off (DSM)."""
    bits = f"{x:b}"
    return int(bits[:k] + "0" * (len(bits) - k), 2)


def static_segment(x: int, k: int) -> int:
    """The lower ``k`` bits where the others are zero, else the upper ``k`` of eight (SSM)."""
    bits = f"{x:08b}"
    if "1" not in bits[: 8 - k]:
        return int(bits[8 - k :], 2)
    return int(bits[:k] + "0" * (8 - k), 2)


def unbiased_segment(x: int, k: int) -> int:
    """The ``k`` bits from the leading one down; the last is 1 where bits were cut off (DRUM)."""
    bits = f"{x:b}"
    if len(bits) <= k:
        return x
    return int(bits[: k - 1] + "1" + "0" * (len(bits) - k), 2)


def signed_table(approximation: Approximation, k: int) -> list[list[int]]:
    """Products of signed codes, by sign and magnitude: ``[a + 128][b + 128]``."""

    def product(a: int, b: int) -> int:
        magnitude = approximation(abs(a), k) * approximation(abs(b), k)
        return -magnitude if (a < 0) != (b < 0) else magnitude

    return [[product(a, b) for b in CODES] for a in CODES]


def unsigned_table(approximation: Approximation, k: int) -> list[list[int]]:
    """Products with unsigned activations ``b + 128``, less the known term ``128 a``."""

    def product(a: int, b: int) -> int:
        magnitude = approximation(abs(a), k) * approximation(b + 128, k)
        return (-magnitude if a < 0 else magnitude) - 128 * a

    return [[product(a, b) for b in CODES] for a in CODES]


def assert_factors(block: Block, rank: int) -> None:
    """The block's factors have ``rank`` terms and multiply to its table."""
    factors = block.factors()
    assert factors is not None
    u, v = factors
    assert u.shape == v.shape == (256, rank)
    assert u.dtype == v.dtype == np.int32
    np.testing.assert_array_equal(u @ v.T, block.table)
