"""Perforated multipliers, against the sum of the remaining partial products."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.perforation import BoothPerforation, Perforation, catalogue
from tests.blocks.simulation import assert_gateware, sample


def ref_product(a: int, b: int, j: int, m: int) -> int:
    bits = [i for i in range(8) if not j <= i < j + m and (a % 256) >> i & 1]
    return sum((-1 if i == 7 else 1) * 2**i * b for i in bits)


@pytest.mark.parametrize("parameters", [(0, 1), (2, 3), (7, 1), (0, 8), (5, 3)])
def test_table(parameters: tuple[int, int]) -> None:
    table = Perforation(*parameters).table
    for a, b in itertools.product(range(-128, 128, 3), [-128, -77, -1, 0, 1, 5, 127]):
        assert table[a + 128, b + 128] == ref_product(a, b, *parameters)


def ref_digits(b: int) -> list[int]:
    """Booth digits, the lowest first: what makes the rest a multiple of four, in [-2, 2]."""
    bits = [0, *((b % 256) >> k & 1 for k in range(8))]
    return [bits[k] + bits[k + 1] - 2 * bits[k + 2] for k in range(0, 8, 2)]


@pytest.mark.parametrize("b", range(-128, 128, 5))
def test_digits_of_the_reference(b: int) -> None:
    assert sum(4**j * digit for j, digit in enumerate(ref_digits(b))) == b


@pytest.mark.parametrize("j, m", [(j, m) for j in range(4) for m in range(1, 5 - j)])
def test_booth_table(j: int, m: int) -> None:
    table = BoothPerforation(j, m).table
    for b in range(-128, 128):
        digits = [0 if j <= row < j + m else d for row, d in enumerate(ref_digits(b))]
        encoded = sum(4**j * digit for j, digit in enumerate(digits))
        np.testing.assert_array_equal(table[:, b + 128], np.arange(-128, 128) * encoded)


def test_lowest_booth_digits_are_those_of_roup() -> None:
    assert by_name("booth_perforation(0,2)").digest == by_name("roup(2,0)").digest


@pytest.mark.parametrize("parameters", [(4, 1), (0, 0), (2, 3), (-1, 1)])
def test_wrong_booth_parameters(parameters: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be in "):
        BoothPerforation(*parameters)


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block) -> None:
    u, v = block.factors()
    np.testing.assert_array_equal(u @ v.T, block.table)


@pytest.mark.parametrize("parameters", [(8, 1), (0, 0), (4, 5), (-1, 1)])
def test_wrong_parameters(parameters: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be in "):
        Perforation(*parameters)


@pytest.mark.parametrize(
    "block",
    [Perforation(1, 2), Perforation(5, 3), *map(BoothPerforation, (0, 1, 3), (1, 2, 1))],
    ids=lambda block: block.name,
)
def test_gateware_and_int8_call(block) -> None:
    assert_gateware(block, sample(60, seed=14))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)
