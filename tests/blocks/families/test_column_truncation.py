"""Truncated multipliers with correction, against bits written out and means over all pairs."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.families.array import Array
from hawx_hw.blocks.families.column_truncation import (
    ConstantCorrection,
    VariableCorrection,
    catalogue,
)
from hawx_hw.errors import UserError
from tests.blocks.simulation import assert_gateware, sample

PRODUCTS = np.multiply.outer(np.arange(-128, 128), np.arange(-128, 128))
CODES = [*range(-128, 128, 13), -127, -1, 0, 1, 127]


def ref_variable(a: int, b: int, v: int) -> int:
    """Bit positions from v on; the position below them at twice its weight."""
    total = 0
    for i, j in itertools.product(range(8), range(8)):
        if (a >> i & 1) and (b >> j & 1) and i + j >= v - 1:
            weight = 2 ** max(v, i + j)
            total += -weight if (i == 7) != (j == 7) else weight
    return total


@pytest.mark.parametrize("v", range(3, 11))
def test_variable_correction(v: int) -> None:
    table = VariableCorrection(v).table
    for a, b in itertools.product(CODES, CODES):
        assert table[a + 128, b + 128] == ref_variable(a, b, v)


@pytest.mark.parametrize("v", range(3, 11))
def test_constant_is_the_mean_of_what_is_lost(v: int) -> None:
    """The mean over all pairs, and so all combinations of bits, rounded to the other positions."""
    array = Array(0, 0, v).table
    mean = (PRODUCTS - array).mean()
    constant = int(np.floor(mean / 2**v + 0.5)) * 2**v
    np.testing.assert_array_equal(ConstantCorrection(v).table, array + constant)
    assert constant > 0


@pytest.mark.parametrize("v", range(4, 9))
def test_variable_correction_is_nearer_than_none(v: int) -> None:
    without = np.abs(Array(0, 0, v).table - PRODUCTS).mean()
    assert np.abs(VariableCorrection(v).table - PRODUCTS).mean() < without / 2


def test_zero() -> None:
    assert not VariableCorrection(6).table[128].any()
    assert set(ConstantCorrection(6).table[128].tolist()) == {64}


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block: Block) -> None:
    factors = block.factors()
    assert factors is not None
    np.testing.assert_array_equal(factors[0] @ factors[1].T, block.table)


@pytest.mark.parametrize(
    "block",
    [ConstantCorrection(4), ConstantCorrection(10), *map(VariableCorrection, (3, 8, 10))],
    ids=lambda block: block.name,
)
def test_gateware_and_int8_call(block: Block) -> None:
    assert_gateware(block, sample(60, seed=17))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)


@pytest.mark.parametrize("name", ["constant_correction(2)", "variable_correction(11)"])
def test_wrong_parameters(name: str) -> None:
    with pytest.raises(UserError, match=r"v must be in \[3, 10\]"):
        by_name(name)
