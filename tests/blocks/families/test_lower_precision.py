"""Operands of fewer bits, against whole-number arithmetic."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.lower_precision import Precision, Rounding, Truncation, catalogue
from hawx_hw.errors import UserError
from tests.blocks.simulation import assert_gateware, sample

CODES = [*range(-128, 128, 5), -127, -1, 0, 1, 126, 127]


def cut(code: int, bits: int) -> int:
    return code // 2**bits * 2**bits


def nearest(code: int, bits: int) -> int:
    """The nearest multiple of ``2**bits``, halves up."""
    return (2 * code + 2**bits) // 2 ** (bits + 1) * 2**bits


@pytest.mark.parametrize("parameters", [(8, 8), (5, 8), (4, 6), (1, 1), (2, 7)])
def test_precision(parameters: tuple[int, int]) -> None:
    block = Precision(*parameters)
    w, a = parameters
    for weight, code in itertools.product(CODES, CODES):
        expected = cut(weight, 8 - w) * cut(code, 8 - a)
        assert block.table[weight + 128, code + 128] == expected
    assert (block.weight_step, block.activation_step) == (2 ** (8 - w), 2 ** (8 - a))


def test_precision_is_exact_on_its_grid() -> None:
    table = Precision(5, 6).table[::8, ::4]
    np.testing.assert_array_equal(
        table, np.multiply.outer(np.arange(-128, 128, 8), np.arange(-128, 128, 4))
    )


@pytest.mark.parametrize("parameters", [(0, 1), (3, 2), (7, 7), (0, 0)])
def test_rounding_and_truncation(parameters: tuple[int, int]) -> None:
    rounding, truncation = Rounding(*parameters).table, Truncation(*parameters).table
    low, high = parameters
    for weight, code in itertools.product(CODES, CODES):
        at = weight + 128, code + 128
        assert rounding[at] == nearest(weight, low) * nearest(code, high)
        assert truncation[at] == cut(weight, low) * cut(code, high)


@pytest.mark.parametrize("block", catalogue(), ids=lambda block: block.name)
def test_factors(block) -> None:
    u, v = block.factors()
    assert u.shape == (256, 1)
    np.testing.assert_array_equal(u @ v.T, block.table)


def test_names_of_one_table() -> None:
    digests = {by_name(n).digest for n in ("precision(7,6)", "truncation(1,2)", "array(1,2,0)")}
    assert len(digests) == 1


@pytest.mark.parametrize("name", ["precision(0,8)", "precision(8,9)", "rounding(8,0)"])
def test_wrong_parameters(name: str) -> None:
    with pytest.raises(UserError, match="must be in "):
        by_name(name)


@pytest.mark.parametrize(
    "block",
    [Precision(5, 8), Precision(1, 2), Truncation(2, 3), Rounding(1, 3), Rounding(7, 0)],
    ids=lambda block: block.name,
)
def test_gateware_and_int8_call(block) -> None:
    assert_gateware(block, sample(60, seed=13))
    codes = np.arange(-128, 128).astype(np.int8)
    np.testing.assert_array_equal(block.multiply(codes[:, None], codes), block.table)
