"""The static segment method against its restatement on strings of bits."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.ssm import Ssm, UnsignedSsm, catalogue
from tests.blocks.segments import assert_factors, signed_table, static_segment, unsigned_table
from tests.blocks.simulation import assert_gateware, sample


@pytest.mark.parametrize("k", range(4, 7))
def test_signed_table(k: int) -> None:
    np.testing.assert_array_equal(Ssm(k).table, signed_table(static_segment, k))


@pytest.mark.parametrize("k", range(4, 8))
def test_unsigned_table(k: int) -> None:
    np.testing.assert_array_equal(UnsignedSsm(k).table, unsigned_table(static_segment, k))


@pytest.mark.parametrize("kind, rank", [(Ssm, 1), (UnsignedSsm, 2)])
@pytest.mark.parametrize("k", range(4, 7))
def test_factors(kind: type[Ssm], rank: int, k: int) -> None:
    assert_factors(kind(k), rank)


@pytest.mark.parametrize("block", [Ssm(4), Ssm(5), UnsignedSsm(4), UnsignedSsm(7)], ids=str)
def test_gateware(block: Ssm) -> None:
    assert_gateware(block, sample(300, seed=block.k))


@pytest.mark.parametrize("k", range(4, 7))
def test_zero_times_anything_is_zero(k: int) -> None:
    table = Ssm(k).table
    assert not table[128].any()
    assert not table[:, 128].any()


def test_small_operands_are_exact() -> None:
    for k in range(4, 7):
        small = range(-(1 << k) + 1, 1 << k)
        part = slice(small.start + 128, small.stop + 128)
        table = Ssm(k).table[part, part]
        np.testing.assert_array_equal(table, np.outer(small, small))


@pytest.mark.parametrize("kind, largest", [(Ssm, 6), (UnsignedSsm, 7)])
def test_refuses_other_segments(kind: type[Ssm], largest: int) -> None:
    for k in (3, 0, largest + 1):
        with pytest.raises(ValueError, match=f"k must be from 4 to {largest}, not {k}"):
            kind(k)


def test_catalogue_has_distinct_tables() -> None:
    blocks = catalogue()
    assert len({block.digest for block in blocks}) == len(blocks)
    assert Ssm(5) in blocks
    assert UnsignedSsm(5) in blocks
