"""RoBA against the definition in the paper."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.roba import ApproximateSignRoba, Roba, UnsignedRoba, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)
EXACT = np.outer(CODES, CODES)
POWERS = [2**i for i in range(9)]


def nearest(x: int) -> int:
    """Nearest power of two; the larger where two are, except for three."""
    if x in (0, 3):
        return {0: 0, 3: 2}[x]
    return min(POWERS, key=lambda power: (abs(x - power), -power))


def unsigned(x: int, y: int) -> int:
    return nearest(x) * y + nearest(y) * x - nearest(x) * nearest(y)


def signed(a: int, b: int) -> int:
    product = unsigned(abs(a), abs(b))
    return -product if (a < 0) != (b < 0) else product


def half_signed(a: int, b: int) -> int:
    product = unsigned(abs(a), b + 128)
    return (-product if a < 0 else product) - 128 * a


def inverted(a: int, b: int) -> int:
    """Bits of negative operands and products inverted instead of negated."""
    x = int(f"{a & 255:08b}".translate({48: 49, 49: 48}), 2) if a < 0 else a
    y = int(f"{b & 255:08b}".translate({48: 49, 49: 48}), 2) if b < 0 else b
    product = unsigned(x, y)
    return product ^ -1 if (a < 0) != (b < 0) else product


@pytest.mark.parametrize(
    "block, product",
    [(Roba(), signed), (UnsignedRoba(), half_signed), (ApproximateSignRoba(), inverted)],
    ids=["roba", "uroba", "asroba"],
)
def test_table(block: Roba, product) -> None:  # type: ignore[no-untyped-def]
    expected = [[product(a, b) for b in CODES] for a in CODES]
    np.testing.assert_array_equal(block.table, expected)


@pytest.mark.parametrize("block, rank", [(Roba(), 2), (UnsignedRoba(), 2)], ids=str)
def test_factors(block: Roba, rank: int) -> None:
    factors = block.factors()
    assert factors is not None
    u, v = factors
    assert u.shape == v.shape == (256, rank)
    np.testing.assert_array_equal(u @ v.T, block.table)


def test_factors_of_inverted_signs() -> None:
    u, v = ApproximateSignRoba().factors()
    assert u.dtype == v.dtype == np.int32
    assert u.shape == v.shape == (256, 4)
    np.testing.assert_array_equal(u @ v.T, ApproximateSignRoba().table)


def test_largest_relative_error() -> None:
    # An operand is at most a third away from its power (192 from 256, 96 from 128), 3 from 2 too:
    # the error is at most a ninth of the product.
    error = abs(Roba().table - EXACT)
    assert (9 * error <= abs(EXACT)).all()
    assert 9 * error[128 + 96, 128 + 96] == 96 * 96
    assert 9 * error[128 + 3, 128 + 3] == 9


def test_products_with_powers_of_two_are_exact() -> None:
    powers = np.array([-128, -64, -8, -1, 0, 1, 2, 32, 64]) + 128
    np.testing.assert_array_equal(Roba().table[powers], EXACT[powers])
    np.testing.assert_array_equal(Roba().table[:, powers], EXACT[:, powers])


def test_inverted_signs_make_zero_products_minus_one() -> None:
    table = ApproximateSignRoba().table
    assert table[128, 127] == -1
    assert table[128, 128] == 0


@pytest.mark.parametrize("block", catalogue(), ids=str)
def test_gateware(block: Roba) -> None:
    assert_gateware(block, sample(200, seed=1))
