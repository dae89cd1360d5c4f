"""DRUM against the words of the paper, on strings of bits."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.blocks.families.drum import Drum, UnsignedDrum, catalogue
from tests.blocks.simulation import assert_gateware, sample

CODES = range(-128, 128)


def window(x: int, k: int) -> int:
    """``k`` bits from the leading one down; the last of them 1 where bits were cut off."""
    bits = f"{x:b}"
    if len(bits) <= k:
        return x
    return int(bits[: k - 1] + "1" + "0" * (len(bits) - k), 2)


def signed(a: int, b: int, k: int) -> int:
    product = window(abs(a), k) * window(abs(b), k)
    return -product if (a < 0) != (b < 0) else product


def unsigned(a: int, b: int, k: int) -> int:
    product = window(abs(a), k) * window(b + 128, k)
    return (-product if a < 0 else product) - 128 * a


@pytest.mark.parametrize("k", range(2, 8))
def test_table(k: int) -> None:
    expected = [[signed(a, b, k) for b in CODES] for a in CODES]
    np.testing.assert_array_equal(Drum(k).table, expected)
    expected = [[unsigned(a, b, k) for b in CODES] for a in CODES]
    np.testing.assert_array_equal(UnsignedDrum(k).table, expected)


@pytest.mark.parametrize("kind, rank", [(Drum, 1), (UnsignedDrum, 2)])
@pytest.mark.parametrize("k", range(2, 8))
def test_factors(kind: type[Drum], rank: int, k: int) -> None:
    factors = kind(k).factors()
    assert factors is not None
    u, v = factors
    assert u.shape == v.shape == (256, rank)
    assert u.dtype == v.dtype == np.int32
    np.testing.assert_array_equal(u @ v.T, kind(k).table)


@pytest.mark.parametrize("block", [Drum(2), Drum(5), UnsignedDrum(4), UnsignedDrum(7)], ids=str)
def test_gateware(block: Drum) -> None:
    assert_gateware(block, sample(300, seed=block.k))


@pytest.mark.parametrize("k", range(2, 8))
def test_zero_times_anything_is_zero(k: int) -> None:
    table = Drum(k).table
    assert not table[128].any()
    assert not table[:, 128].any()


def test_long_operands_are_unbiased() -> None:
    # Operands of eight bits, windows of k: the set bit is worth 1 where the cut bits are worth
    # 2**cut - 1 over two on average, and the cut-off part of the window's last bit half as much.
    for k in range(2, 8):
        error = [window(x, k) - x for x in range(128, 256)]
        assert np.mean(error) == 0.5


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
