"""Products of rank 1 as the kernels read them, decoded and compared."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.emulation.factors import Factors
from hawx_hw.emulation.rank_one import FILTERS, lay_out

CODES = np.arange(-128, 128)


def factors(weight: np.ndarray, remap: np.ndarray, offset: np.ndarray) -> Factors:
    return Factors(weight[:, None, :], remap[None, :], offset)


def decoded(prepared, filters: int, taps: int) -> np.ndarray:
    """The weights ``(filters, taps)`` of words ``(blocks of filters, pairs of taps, filters)``."""
    words = prepared.weights
    assert words.dtype == np.uint32
    assert words.shape == (-(-filters // FILTERS), -(-taps // 2), FILTERS)
    result = np.zeros((words.shape[0] * FILTERS, words.shape[1] * 2), np.int64)
    for block, pair, filter_ in np.ndindex(words.shape):
        word = int(words[block, pair, filter_])
        for half in (0, 1):
            value = word >> 16 * half & 0xFFFF
            result[block * FILTERS + filter_, 2 * pair + half] = (value ^ 0x8000) - 0x8000
    assert not result[filters:].any()
    assert not result[:, taps:].any()
    return result[:filters, :taps]


@pytest.mark.parametrize(
    ("remap", "kind"),
    [
        (CODES, None),  # activations as they are
        (CODES // 2 * 2, np.int8),
        (np.maximum(CODES, 0), np.int8),
        (CODES + 300, None),  # a constant on top of the code itself
        (np.maximum(CODES, 0) * 2, np.int8),  # 0 to 254: 8 bits once 128 is taken off
        (CODES * 3, np.int16),
        (CODES**2, np.int16),
    ],
)
@pytest.mark.parametrize(("filters", "taps"), [(1, 1), (4, 6), (7, 5)])
def test_sums_are_those_of_the_factors(remap, kind, filters: int, taps: int) -> None:
    rng = np.random.default_rng(taps)
    weight = rng.integers(-(2**15) + 1, 2**15, (filters, taps))
    offset = rng.integers(-1000, 1000, filters)
    prepared = lay_out(factors(weight, remap, offset))
    assert prepared is not None
    assert (prepared.remap is None) == (kind is None)
    assert prepared.offset.dtype == np.int32
    codes = rng.integers(-128, 128, taps)
    if prepared.remap is None:
        operands = codes
    else:
        assert prepared.remap.dtype == kind
        operands = prepared.remap[codes & 255].astype(np.int64)  # indexed by the code's byte
    sums = decoded(prepared, filters, taps) @ operands + prepared.offset
    expected = weight @ remap[codes + 128] + offset
    # What the kernels add up is right modulo 2^32.
    assert ((sums - expected) % 2**32 == 0).all()


@pytest.mark.parametrize(
    ("weight", "remap", "fits"),
    [
        (2**15 - 1, CODES, True),
        (2**15, CODES, False),
        (-(2**15) + 1, CODES, True),
        (1, np.where(CODES == 127, 2**15 - 1, 0), True),
        (1, np.where(CODES == 127, 2**15, 0), False),
    ],
)
def test_operands_that_16_bits_do_not_hold_are_refused(weight, remap, fits: bool) -> None:
    made = lay_out(factors(np.array([[weight]]), remap, np.zeros(1, np.int64)))
    assert (made is not None) == fits


def test_a_higher_rank_is_refused() -> None:
    two = Factors(np.ones((1, 2, 1), np.int64), np.stack([CODES, CODES]), np.zeros(1, np.int64))
    assert lay_out(two) is None


def test_memory_is_that_of_weights_and_offsets() -> None:
    prepared = lay_out(factors(np.ones((5, 3), np.int64), CODES, np.zeros(5, np.int64)))
    assert prepared is not None
    assert prepared.nbytes == 2 * 2 * 4 * 4 + 5 * 4  # blocks, pairs, filters, bytes; 5 offsets
