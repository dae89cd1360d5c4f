"""Words whose bits are lanes, against Python's own integers."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.netlist.lanes import lanes_of, words_of


@pytest.mark.parametrize(("lanes", "words"), [(1, 1), (64, 1), (65, 2), (100, 2), (130, 4)])
@pytest.mark.parametrize("bits", [1, 7, 64])
def test_bit_by_bit(lanes: int, words: int, bits: int) -> None:
    rng = np.random.default_rng(bits * lanes)
    values = rng.integers(-(1 << 63), (1 << 63) - 1, lanes, dtype=np.int64)
    result = words_of(values, bits, words)
    assert (result.shape, result.dtype) == ((bits, words), np.uint64)
    for bit in range(bits):
        expected = sum((int(value) >> bit & 1) << lane for lane, value in enumerate(values))
        assert sum(int(word) << (64 * at) for at, word in enumerate(result[bit])) == expected


def test_the_inverse_is_unsigned() -> None:
    values = np.array([[-1, 5, 127, -128], [0, -2, 3, 64]])
    assert lanes_of(words_of(values, 8, 1), 4).tolist() == (values & 255).tolist()


def test_lanes_of_one_number_add_up() -> None:
    """Bit 2 in lane 1 alone."""
    words = np.zeros((3, 1), dtype=np.uint64)
    words[2, 0] = 0b10
    assert lanes_of(words, 3).tolist() == [0, 4, 0]
