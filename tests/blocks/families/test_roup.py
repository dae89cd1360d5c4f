"""Perforated and rounded Booth multipliers, against digits and the published errors."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.roup import AsymmetricRoup, Roup, catalogue
from tests.blocks.simulation import assert_gateware, sample

PRODUCTS = np.multiply.outer(np.arange(-128, 128), np.arange(-128, 128))


def ref_digit(b: int, j: int) -> int:
    bits = [(b % 256) >> k & 1 for k in range(8)]
    return -2 * bits[2 * j + 1] + bits[2 * j] + (bits[2 * j - 1] if j else 0)


def ref_rounded(a: int, bits: int) -> int:
    return a if bits == 0 else (a // 2**bits + (a // 2 ** (bits - 1)) % 2) * 2**bits


def ref_product(a: int, b: int, p: int, roundings: list[int]) -> int:
    return sum(4**j * ref_digit(b, j) * ref_rounded(a, roundings[j]) for j in range(p, 4))


@pytest.mark.parametrize("p", range(4))
@pytest.mark.parametrize("r", [0, 1, 2, 5, 7])
def test_tables(p: int, r: int) -> None:
    plain, aligned = Roup(p, r).table, AsymmetricRoup(p, r).table
    codes = [*range(-128, 128, 9), -1, 0, 1, 126, 127]
    for a, b in itertools.product(codes, codes):
        assert plain[a + 128, b + 128] == ref_product(a, b, p, [r] * 4)
        shrinking = [max(0, r - 2 * j) for j in range(4)]
        assert aligned[a + 128, b + 128] == ref_product(a, b, p, shrinking)


@pytest.mark.parametrize(
    ("block", "mean", "deviation", "largest", "relative"),
    [
        (Roup(0, 1), 32.0, 52.3, 128, 2.40),
        (Roup(0, 2), 64.0, 90.5, 256, 4.53),
        (Roup(1, 0), 64.0, 90.5, 256, 4.53),
        (Roup(1, 1), 78.7, 104.5, 382, 6.28),
        (Roup(1, 2), 98.7, 128.0, 508, 7.95),
        (Roup(1, 4), 270.4, 354.6, 1264, 17.18),
        (Roup(2, 2), 270.4, 354.6, 1264, 17.18),
        (AsymmetricRoup(0, 4), 6.4, 8.4, 28, 1.07),
        (AsymmetricRoup(0, 6), 32.1, 41.0, 164, 4.21),
        (AsymmetricRoup(1, 4), 65.1, 90.7, 268, 4.83),
        (AsymmetricRoup(1, 6), 73.2, 96.7, 356, 6.51),
    ],
    ids=lambda value: getattr(value, "name", ""),
)
def test_error_metrics(
    block: Block, mean: float, deviation: float, largest: int, relative: float
) -> None:
    error = block.table - PRODUCTS
    counted = PRODUCTS != 0
    assert np.abs(error).mean() == pytest.approx(mean, abs=0.06)
    assert error.std() == pytest.approx(deviation, abs=0.06)
    assert np.abs(error).max() == largest
    shares = np.abs(error[counted] / PRODUCTS[counted])
    assert 100 * shares.mean() == pytest.approx(relative, abs=0.006)


def test_bias() -> None:
    assert (Roup(0, 1).table - PRODUCTS).mean() == -0.25


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block: Block) -> None:
    factors = block.factors()
    assert factors is not None
    np.testing.assert_array_equal(factors[0] @ factors[1].T, block.table)


@pytest.mark.parametrize("parameters", [(4, 0), (-1, 0), (0, 8)])
def test_wrong_parameters(parameters: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match=r"must be in \[0, "):
        Roup(*parameters)


@pytest.mark.parametrize(
    "block",
    [Roup(1, 2), Roup(2, 7), AsymmetricRoup(0, 4), AsymmetricRoup(1, 7)],
    ids=lambda block: block.name,
)
def test_gateware_and_int8_call(block) -> None:
    assert_gateware(block, sample(60, seed=16))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)
