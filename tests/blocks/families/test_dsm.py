"""The dynamic segment method against its restatement on strings of bits."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.dsm import Dsm, UnsignedDsm, catalogue
from tests.blocks.segments import assert_factors, dynamic_segment, signed_table, unsigned_table
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)


@pytest.mark.parametrize("k", range(1, 7))
def test_signed_table(k: int) -> None:
    np.testing.assert_array_equal(Dsm(k).table, signed_table(dynamic_segment, k))


@pytest.mark.parametrize("k", range(1, 8))
def test_unsigned_table(k: int) -> None:
    np.testing.assert_array_equal(UnsignedDsm(k).table, unsigned_table(dynamic_segment, k))


@pytest.mark.parametrize("kind, rank", [(Dsm, 1), (UnsignedDsm, 2)])
@pytest.mark.parametrize("k", range(1, 7))
def test_factors(kind: type[Dsm], rank: int, k: int) -> None:
    assert_factors(kind(k), rank)


@pytest.mark.parametrize("block", [Dsm(1), Dsm(5), UnsignedDsm(4), UnsignedDsm(7)], ids=str)
def test_gateware(block: Dsm) -> None:
    assert_gateware(block, sample(300, seed=block.k))


@pytest.mark.parametrize("k", range(1, 7))
def test_zero_times_anything_is_zero(k: int) -> None:
    table = Dsm(k).table
    assert not table[128].any()
    assert not table[:, 128].any()


def test_relative_error_has_the_bound_of_the_segments() -> None:
    # What is cut off an operand is less than 2**(1 - k) of it.
    exact = np.outer(CODES, CODES)
    for k in range(1, 7):
        error = np.abs(Dsm(k).table - exact)
        assert (error <= np.abs(exact) * (1 - (1 - 2.0 ** (1 - k)) ** 2)).all()


@pytest.mark.parametrize("kind, largest", [(Dsm, 6), (UnsignedDsm, 7)])
def test_refuses_other_segments(kind: type[Dsm], largest: int) -> None:
    for k in (0, -3, largest + 1):
        with pytest.raises(ValueError, match=f"k must be from 1 to {largest}, not {k}"):
            kind(k)


def test_catalogue_has_distinct_tables() -> None:
    blocks = catalogue()
    assert len({block.digest for block in blocks}) == len(blocks)
    assert Dsm(5) in blocks
    assert UnsignedDsm(5) in blocks
