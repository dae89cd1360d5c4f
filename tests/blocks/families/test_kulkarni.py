"""The underdesigned multiplier against the recursion of the paper."""

from __future__ import annotations

from fractions import Fraction

import numpy as np
import pytest

from hawx_hw.blocks.families.kulkarni import Kulkarni, UnsignedKulkarni, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)
EXACT = np.outer(CODES, CODES)


def multiply(x: int, y: int, bits: int, c: int, significance: int = 0) -> int:
    """Halves of the operands multiplied each with each, down to two bits, and added."""
    if bits == 2:
        return 7 if x == y == 3 and significance < c else x * y
    half = bits // 2
    digits = half // 2
    (x1, x0), (y1, y0) = divmod(x, 2**half), divmod(y, 2**half)
    return (
        multiply(x0, y0, half, c, significance)
        + (multiply(x1, y0, half, c, significance + digits) << half)
        + (multiply(x0, y1, half, c, significance + digits) << half)
        + (multiply(x1, y1, half, c, significance + 2 * digits) << bits)
    )


@pytest.mark.parametrize("c", [2, 5])
def test_signed_table(c: int) -> None:
    magnitudes = np.array([[multiply(x, y, 8, c) for y in range(129)] for x in range(129)])
    index = abs(np.array(CODES))
    np.testing.assert_array_equal(
        Kulkarni(c).table, np.sign(EXACT) * magnitudes[np.ix_(index, index)]
    )


@pytest.mark.parametrize("c", [3, 6])
def test_unsigned_table(c: int) -> None:
    products = [
        [(-1 if a < 0 else 1) * multiply(abs(a), b + 128, 8, c) - 128 * a for b in CODES]
        for a in CODES
    ]
    np.testing.assert_array_equal(UnsignedKulkarni(c).table, products)


@pytest.mark.parametrize(
    "block, rank",
    [
        *((Kulkarni(c), rank) for c, rank in zip(range(1, 6), (2, 3, 4, 3, 2))),
        *((UnsignedKulkarni(c), rank) for c, rank in zip(range(1, 7), (2, 3, 4, 4, 3, 2))),
    ],
    ids=str,
)
def test_factors(block: Kulkarni, rank: int) -> None:
    factors = block.factors()
    assert factors is not None
    u, v = factors
    assert u.shape == v.shape == (256, rank)
    np.testing.assert_array_equal(u @ v.T, block.table)


def test_largest_error_is_two_ninths() -> None:
    # VLSI Design 2011: 22.22 %, reached wherever all digits are 3 or 0.
    products = Kulkarni(5).table
    assert (9 * (abs(EXACT) - abs(products)) <= 2 * abs(EXACT)).all()
    assert products[128 + 63, 128 - 63] * 9 == -63 * 63 * 7


def test_mean_relative_error_of_the_smallest() -> None:
    # VLSI Design 2011: 1.39 % for the block of 2 x 2 bits; one of 16 products is 2/9 too small.
    products = Kulkarni(5).table[128:132, 128:132].tolist()
    wrong = [
        Fraction(x * y - products[x][y], x * y)
        for x in range(4)
        for y in range(4)
        if products[x][y] != x * y
    ]
    assert wrong == [Fraction(2, 9)]
    assert round(float(sum(wrong)) / 16, 4) == 0.0139


@pytest.mark.parametrize("block", [Kulkarni(2), Kulkarni(5), UnsignedKulkarni(6)], ids=str)
def test_gateware(block: Kulkarni) -> None:
    assert_gateware(block, sample(200, seed=block.c))


@pytest.mark.parametrize("kind, largest", [(Kulkarni, 5), (UnsignedKulkarni, 6)])
def test_refuses_other_parameters(kind: type[Kulkarni], largest: int) -> None:
    for c in (0, -1, largest + 1):
        with pytest.raises(ValueError, match=f"c must be from 1 to {largest}, not {c}"):
            kind(c)


def test_catalogue_has_distinct_tables() -> None:
    blocks = catalogue()
    assert len({block.digest for block in blocks}) == len(blocks)
    assert Kulkarni(5) in blocks
