"""Broken arrays, signed and unsigned, against the partial products that are left."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.broken_array import BrokenArray, UnsignedBrokenArray, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = [*range(-128, 128, 11), -127, -1, 0, 1, 127]


@pytest.mark.parametrize("parameters", [(0, 0), (0, 6), (3, 4), (7, 14), (2, 9)])
def test_unsigned(parameters: tuple[int, int]) -> None:
    hbl, vbl = parameters
    block = UnsignedBrokenArray(hbl, vbl)
    for a, b in itertools.product(CODES, CODES):
        total = sum(
            2 ** (i + j)
            for i, j in itertools.product(range(8), range(8))
            if j >= hbl and i + j >= vbl and abs(a) >> i & 1 and (b + 128) >> j & 1
        )
        assert block.table[a + 128, b + 128] == (-total if a < 0 else total) - 128 * a


@pytest.mark.parametrize(
    ("name", "other"),
    [("broken_array(2,5)", "array(0,2,5)"), ("broken_array(2,5,1)", "array(2,0,5)")],
)
def test_signed_ones_are_arrays(name: str, other: str) -> None:
    assert by_name(name).digest == by_name(other).digest


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block) -> None:
    u, v = block.factors()
    np.testing.assert_array_equal(u @ v.T, block.table)


@pytest.mark.parametrize("parameters", [(8, 0), (0, 15), (0, 0, 2)])
def test_wrong_parameters(parameters: tuple[int, ...]) -> None:
    with pytest.raises(ValueError, match="must be "):
        BrokenArray(*parameters)


@pytest.mark.parametrize(
    "block",
    [BrokenArray(1, 6), BrokenArray(1, 6, 1), UnsignedBrokenArray(2, 5)],
    ids=lambda block: block.name,
)
def test_gateware_and_int8_call(block) -> None:
    assert_gateware(block, sample(60, seed=12))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)
