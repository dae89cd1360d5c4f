"""Perforated rows, against the sum of the rows that are left."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks.perforation import Perforation, catalogue


def ref_product(a: int, b: int, j: int, m: int) -> int:
    rows = [i for i in range(8) if not j <= i < j + m and (a % 256) >> i & 1]
    return sum((-1 if i == 7 else 1) * 2**i * b for i in rows)


@pytest.mark.parametrize("parameters", [(0, 1), (2, 3), (7, 1), (0, 8), (5, 3)])
def test_table(parameters: tuple[int, int]) -> None:
    table = Perforation(*parameters).table
    for a, b in itertools.product(range(-128, 128, 3), [-128, -77, -1, 0, 1, 5, 127]):
        assert table[a + 128, b + 128] == ref_product(a, b, *parameters)


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block) -> None:
    u, v = block.factors()
    np.testing.assert_array_equal(u @ v.T, block.table)


@pytest.mark.parametrize("parameters", [(8, 1), (0, 0), (4, 5), (-1, 1)])
def test_wrong_parameters(parameters: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="must be in "):
        Perforation(*parameters)
