"""High-radix digits: the nearest of nine values, by trying all of them."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.rad import Rad, catalogue
from tests.blocks.simulation import assert_gateware, sample


def ref_encoded(b: int, k: int) -> int:
    """The high part, and the nearest digit; of two as near, the larger magnitude."""
    high = (b + 2 ** (k - 1)) // 2**k * 2**k
    digits = [0] + [sign * 2**power for power in range(k - 4, k) for sign in (-1, 1)]
    return high + min(digits, key=lambda digit: (abs(b - high - digit), -abs(digit)))


@pytest.mark.parametrize("k", [4, 6, 8])
def test_table(k: int) -> None:
    table = Rad(k).table
    for b in range(-128, 128):
        expected = np.arange(-128, 128) * ref_encoded(b, k)
        np.testing.assert_array_equal(table[:, b + 128], expected)


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block) -> None:
    u, v = block.factors()
    np.testing.assert_array_equal(u @ v.T, block.table)


@pytest.mark.parametrize("k", [0, 2, 5, 10])
def test_wrong_parameters(k: int) -> None:
    with pytest.raises(ValueError, match="k must be 4, 6 or 8"):
        Rad(k)


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_gateware_and_int8_call(block) -> None:
    assert_gateware(block, sample(60, seed=15))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)
