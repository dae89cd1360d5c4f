"""Mitchell's multiplier against its definition, on fractions."""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import pytest

from hawx_hw.blocks.families.mitchell import Mitchell, UnsignedMitchell, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)
EXACT = np.outer(CODES, CODES)


def split(x: int, w: int) -> tuple[int, Fraction]:
    """``i`` and ``f`` cut to ``w`` bits, of ``x = 2**i (1 + f)``."""
    i = len(f"{x:b}") - 1
    f = Fraction(x, 2**i) - 1
    return i, Fraction(math.floor(f * 2**w), 2**w)


def unsigned(x: int, y: int, w: int) -> int:
    if x == 0 or y == 0:
        return 0
    (i, f), (j, g) = split(x, w), split(y, w)
    product = 2 ** (i + j) * (1 + f + g) if f + g < 1 else 2 ** (i + j + 1) * (f + g)
    assert product.denominator == 1
    return int(product)


def table(kind: type[Mitchell], w: int) -> np.ndarray:
    half = kind is UnsignedMitchell
    by_magnitude = np.array(
        [[unsigned(x, y, w) for y in range(256 if half else 129)] for x in range(129)]
    )
    a, b = np.meshgrid(CODES, CODES, indexing="ij")
    if half:
        return np.where(a < 0, -1, 1) * by_magnitude[abs(a), b + 128] - 128 * a
    return np.sign(a * b) * by_magnitude[abs(a), abs(b)]


@pytest.mark.parametrize(
    "kind, w",
    [
        (Mitchell, 1),
        (Mitchell, 3),
        (Mitchell, 6),
        (UnsignedMitchell, 2),
        (UnsignedMitchell, 5),
        (UnsignedMitchell, 7),
    ],
)
def test_table(kind: type[Mitchell], w: int) -> None:
    np.testing.assert_array_equal(kind(w).table, table(kind, w))


@pytest.mark.parametrize("w", range(1, 5))
def test_factors(w: int) -> None:
    for kind, rank in ((Mitchell, 2**w), (UnsignedMitchell, 2**w + 1)):
        factors = kind(w).factors()
        assert factors is not None
        u, v = factors
        assert u.shape == v.shape == (256, rank)
        np.testing.assert_array_equal(u @ v.T, kind(w).table)


def test_long_fractions_have_no_short_factors() -> None:
    assert Mitchell(5).factors() is None


def test_largest_error_is_a_ninth() -> None:
    # Mitchell 1962: at f = g = 1/2, that is 3 * 3 = 8 and its multiples.
    products = Mitchell(6).table
    assert (abs(products) <= abs(EXACT)).all()
    assert (9 * (abs(EXACT) - abs(products)) <= abs(EXACT)).all()
    assert products[128 + 3, 128 + 3] == 8
    assert products[128 - 96, 128 + 96] == -96 * 96 * 8 // 9


@pytest.mark.parametrize(
    "block", [Mitchell(1), Mitchell(6), UnsignedMitchell(3), UnsignedMitchell(7)], ids=str
)
def test_gateware(block: Mitchell) -> None:
    assert_gateware(block, sample(200, seed=block.w))


def test_products_of_powers_of_two_are_exact() -> None:
    powers = np.array([2**i for i in range(7)]) + 128
    for w in range(1, 7):
        np.testing.assert_array_equal(
            Mitchell(w).table[np.ix_(powers, powers)], EXACT[np.ix_(powers, powers)]
        )


@pytest.mark.parametrize("kind, largest", [(Mitchell, 6), (UnsignedMitchell, 7)])
def test_refuses_other_fractions(kind: type[Mitchell], largest: int) -> None:
    for w in (0, -1, largest + 1):
        with pytest.raises(ValueError, match=f"w must be from 1 to {largest}, not {w}"):
            kind(w)


def test_every_parameter_gives_another_table() -> None:
    blocks = [*map(Mitchell, range(1, 7)), *map(UnsignedMitchell, range(1, 8))]
    assert len({block.digest for block in blocks}) == len(blocks)
    assert set(catalogue()) <= set(blocks)
