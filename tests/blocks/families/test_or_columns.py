"""Bit positions compressed by OR gates, counted bit by bit."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.or_columns import OrColumns, UnsignedOrColumns, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)


def multiply(x: int, y: int, k: int) -> int:
    total = 0
    for position in range(15):
        ones = sum(
            (x >> i) % 2 == 1 and (y >> position - i) % 2 == 1
            for i in range(max(position - 7, 0), min(position, 7) + 1)
        )
        total += (min(ones, 1) if position < k else ones) * 2**position
    return total


@pytest.mark.parametrize("k", [3, 9])
def test_signed_table(k: int) -> None:
    magnitudes = np.array([[multiply(x, y, k) for y in range(129)] for x in range(129)])
    a, b = np.meshgrid(CODES, CODES, indexing="ij")
    expected = np.sign(a * b) * magnitudes[abs(a), abs(b)]
    np.testing.assert_array_equal(OrColumns(k).table, expected)


def test_unsigned_table() -> None:
    magnitudes = np.array([[multiply(x, y, 13) for y in range(256)] for x in range(129)])
    a, b = np.meshgrid(CODES, CODES, indexing="ij")
    expected = np.where(a < 0, -1, 1) * magnitudes[abs(a), b + 128] - 128 * a
    np.testing.assert_array_equal(UnsignedOrColumns(13).table, expected)


@pytest.mark.parametrize("k, rank", [(2, 2), (3, 5), (4, 12)])
def test_factors(k: int, rank: int) -> None:
    for block in (OrColumns(k), UnsignedOrColumns(k)):
        factors = block.factors()
        assert factors is not None
        u, v = factors
        assert u.shape == v.shape == (256, rank)
        np.testing.assert_array_equal(u @ v.T, block.table)


def test_many_columns_have_no_short_factors() -> None:
    assert OrColumns(5).factors() is None


def test_never_too_large() -> None:
    exact = abs(np.outer(CODES, CODES))
    for k in range(2, 13):
        assert (abs(OrColumns(k).table) <= exact).all()


@pytest.mark.parametrize(
    "block", [OrColumns(2), OrColumns(6), UnsignedOrColumns(9), UnsignedOrColumns(13)], ids=str
)
def test_gateware(block: OrColumns) -> None:
    assert_gateware(block, sample(150, seed=block.k))


@pytest.mark.parametrize("kind, largest", [(OrColumns, 12), (UnsignedOrColumns, 13)])
def test_refuses_other_parameters(kind: type[OrColumns], largest: int) -> None:
    for k in (1, -1, largest + 1):
        with pytest.raises(ValueError, match=f"k must be from 2 to {largest}, not {k}"):
            kind(k)


def test_every_parameter_gives_another_table() -> None:
    blocks = [*map(OrColumns, range(2, 13)), *map(UnsignedOrColumns, range(2, 14))]
    assert len({block.digest for block in blocks}) == len(blocks)
    assert set(catalogue()) <= set(blocks)
