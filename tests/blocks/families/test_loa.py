"""Partial products added by lower-part-OR adders, bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.loa import Loa, UnsignedLoa, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)


def add(first: str, second: str, k: int) -> str:
    """A lower-part-OR adder of 16 bits, most significant first."""
    low = "".join("01"["1" in pair] for pair in zip(first[16 - k :], second[16 - k :]))
    carry = first[16 - k] == second[16 - k] == "1"
    high = int(first[: 16 - k], 2) + int(second[: 16 - k], 2) + carry
    return f"{high:0{16 - k}b}{low}"


def multiply(x: int, y: int, k: int, order: list[int]) -> int:
    total = "0" * 16
    for i in order:
        if x >> i & 1:
            total = add(total, f"{y << i:016b}", k)
    return int(total, 2)


def magnitudes(k: int, largest: int) -> np.ndarray:
    order = list(range(8))
    return np.array([[multiply(x, y, k, order) for y in range(largest + 1)] for x in range(129)])


@pytest.mark.parametrize("k", [2, 4, 13])
def test_signed_table(k: int) -> None:
    a, b = np.meshgrid(CODES, CODES, indexing="ij")
    expected = np.sign(a * b) * magnitudes(k, 128)[abs(a), abs(b)]
    np.testing.assert_array_equal(Loa(k).table, expected)


def test_unsigned_table() -> None:
    a, b = np.meshgrid(CODES, CODES, indexing="ij")
    expected = np.where(a < 0, -1, 1) * magnitudes(8, 255)[abs(a), b + 128] - 128 * a
    np.testing.assert_array_equal(UnsignedLoa(8).table, expected)


def test_order_of_partial_products_makes_no_difference() -> None:
    for x, y in ((127, 255), (93, 187), (55, 241)):
        for k in (3, 6, 9):
            products = {
                multiply(x, y, k, order)
                for order in ([*range(8)], [*range(7, -1, -1)], [3, 5, 0, 7, 2, 6, 1, 4])
            }
            assert products == {int(UnsignedLoa(k).raw_table[x + 128, y])}


@pytest.mark.parametrize("k, rank", [(2, 2), (3, 5), (4, 12)])
def test_factors(k: int, rank: int) -> None:
    for block in (Loa(k), UnsignedLoa(k)):
        factors = block.factors()
        assert factors is not None
        u, v = factors
        assert u.shape == v.shape == (256, rank)
        np.testing.assert_array_equal(u @ v.T, block.table)


def test_long_lower_parts_have_no_short_factors() -> None:
    assert Loa(5).factors() is None


@pytest.mark.parametrize("block", [Loa(2), Loa(13), UnsignedLoa(6), UnsignedLoa(14)], ids=str)
def test_gateware(block: Loa) -> None:
    assert_gateware(block, sample(150, seed=block.k))


@pytest.mark.parametrize("kind, largest", [(Loa, 13), (UnsignedLoa, 14)])
def test_refuses_other_parameters(kind: type[Loa], largest: int) -> None:
    for k in (1, -1, largest + 1):
        with pytest.raises(ValueError, match=f"k must be from 2 to {largest}, not {k}"):
            kind(k)


def test_every_parameter_gives_another_table() -> None:
    blocks = [*map(Loa, range(2, 14)), *map(UnsignedLoa, range(2, 15))]
    assert len({block.digest for block in blocks}) == len(blocks)
    assert set(catalogue()) <= set(blocks)


def test_products_of_powers_of_two_are_exact() -> None:
    powers = np.array([-64, -4, 0, 1, 2, 32]) + 128
    exact = np.outer(CODES, CODES)
    for k in range(2, 14):
        np.testing.assert_array_equal(Loa(k).table[powers], exact[powers])
