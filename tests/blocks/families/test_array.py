"""Arrays with partial products left out, against the sum that defines them."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.array import Array, catalogue
from hawx_hw.errors import UserError
from tests.blocks.simulation import assert_gateware, sample

MEMBERS = [(0, 0, 0), (0, 0, 4), (1, 0, 4), (2, 0, 5), (3, 1, 0), (1, 2, 7), (7, 7, 0), (0, 0, 14)]


def ref_product(a: int, b: int, ha: int, hb: int, v: int) -> int:
    """Bit by bit, from the formula."""
    total = 0
    for i, j in itertools.product(range(8), range(8)):
        if i >= ha and j >= hb and i + j >= v and (a >> i & 1) and (b >> j & 1):
            total += (-1 if i == 7 else 1) * (-1 if j == 7 else 1) * 2 ** (i + j)
    return total


@pytest.mark.parametrize("parameters", MEMBERS)
def test_table(parameters: tuple[int, int, int]) -> None:
    table = Array(*parameters).table
    codes = [*range(-128, 128, 7), -1, 0, 1, 126, 127]
    for a, b in itertools.product(codes, codes):
        assert table[a + 128, b + 128] == ref_product(a, b, *parameters)


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block: Array) -> None:
    u, v = block.factors()
    np.testing.assert_array_equal(u @ v.T, block.table)
    assert u.shape[1] <= 8
    if block.v == 0:
        assert u.shape[1] == 1


def test_implementations() -> None:
    assert Array(1, 2, 3).implementations == ("multiply", "booth", "tree", "chain")
    assert Array(1, 2, 4).implementations == ("tree", "chain")


@pytest.mark.parametrize("name", ["array(8,0,0)", "array(0,-1,0)", "array(0,0,15)", "array(1,2)"])
def test_wrong_parameters(name: str) -> None:
    with pytest.raises(UserError, match=r"Write array\(ha=\.\., hb=\.\., v=\.\.\)"):
        by_name(name)


@pytest.mark.parametrize(
    "block",
    [Array(1, 1, 0), Array(2, 0, 5), Array(0, 3, 9), Array(7, 7, 14)],
    ids=lambda block: block.name,
)
def test_gateware_and_int8_call(block) -> None:
    assert_gateware(block, sample(60, seed=11))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)
