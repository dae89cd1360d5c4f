"""DRUM against its restatement on strings of bits."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.drum import Drum, UnsignedDrum, catalogue
from tests.blocks.segments import assert_factors, signed_table, unbiased_segment, unsigned_table
from tests.blocks.simulation import assert_gateware, sample


@pytest.mark.parametrize("k", range(2, 8))
def test_table(k: int) -> None:
    np.testing.assert_array_equal(Drum(k).table, signed_table(unbiased_segment, k))
    np.testing.assert_array_equal(UnsignedDrum(k).table, unsigned_table(unbiased_segment, k))


@pytest.mark.parametrize("kind, rank", [(Drum, 1), (UnsignedDrum, 2)])
@pytest.mark.parametrize("k", range(2, 8))
def test_factors(kind: type[Drum], rank: int, k: int) -> None:
    assert_factors(kind(k), rank)


@pytest.mark.parametrize("block", [Drum(2), Drum(5), UnsignedDrum(4), UnsignedDrum(7)], ids=str)
def test_gateware(block: Drum) -> None:
    assert_gateware(block, sample(300, seed=block.k))


@pytest.mark.parametrize("k", range(2, 8))
def test_zero_times_anything_is_zero(k: int) -> None:
    table = Drum(k).table
    assert not table[128].any()
    assert not table[:, 128].any()


@pytest.mark.parametrize("k", range(2, 8))
def test_long_operands_are_unbiased(k: int) -> None:
    """Over all operands of eight bits the set bit is worth half more than what was cut off."""
    # The weight 1 is exact, and the activation code x - 128 stands for x.
    operands = UnsignedDrum(k).raw_table[1 + 128, 128:]
    assert np.mean(operands - np.arange(128, 256)) == 0.5


@pytest.mark.parametrize("kind", [Drum, UnsignedDrum])
@pytest.mark.parametrize("k", [1, 8, -3])
def test_refuses_other_windows(kind: type[Drum], k: int) -> None:
    with pytest.raises(ValueError, match=f"k must be from 2 to 7, not {k}"):
        kind(k)


def test_catalogue_has_distinct_tables() -> None:
    blocks = catalogue()
    assert len({block.digest for block in blocks}) == len(blocks)
    assert Drum(6) in blocks
    assert UnsignedDrum(6) in blocks
