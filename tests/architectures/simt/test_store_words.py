"""Words of the store memory."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawx_hw.architectures.simt.descriptors import Store
from hawx_hw.architectures.simt.store_words import (
    FIELDS,
    StoreFormat,
    last_step,
    steps_of_word,
)
from hawx_hw.architectures.simt.unit import Unit

UNIT = Unit(lanes=16, cluster=8, word=8, requantizers=3, instructions=("QST",))


def unpacked(format: StoreFormat, word: int) -> dict[str, int]:
    values = {}
    for name, bits, signed in format.shapes:
        value = word & ((1 << bits) - 1)
        values[name] = value - (1 << bits) if signed and value >> (bits - 1) else value
        word >>= bits
    return values


def test_fields_of_a_store() -> None:
    store = Store(
        window=4, shift=12, low=-3, high=99, step=4, lanes=11, window_step=2, block_step=-25,
        constant_step=3, element_step=5, result=True,
    )  # fmt: skip
    format = StoreFormat.of([store, Store(low=-128, groups=2, lanes=8)], UNIT)
    assert unpacked(format, format.pack(store)) == {
        "window": 3,
        "words": 1,  # 8 and 3 codes
        "last_steps": 0,
        "last_codes": 2,
        "groups": 0,
        "group_words": 0,
        "word_step": -25,
        "window_step": 2 + 25,
        "constant_step": 3,
        "constant_back": -3,
        "element_step": 5,
        "shift": 12 - 1,  # the other store's is the least
        "low": 125,
        "high": 28,
        "step": 3,
        "result": 1,
        "refused": 0,
        "bad_shift": 0,
    }
    assert list(FIELDS) == [name for name, _, _ in format.shapes]


def test_what_never_differs_from_zero_has_no_bits() -> None:
    format = StoreFormat.of([Store(lanes=8)], UNIT)
    assert not format.has("window", "words", "element_step", "result", "refused", "bad_shift")
    # Codes that are limited by their own range alone, and shifts that are all alike.
    assert not format.has("shift", "low", "high")
    assert format.least_shift == Store().shift
    limited = StoreFormat.of([Store(lanes=8, low=-127, high=126, shift=3), Store(shift=5)], UNIT)
    widths = dict(limited.widths)
    assert (widths["low"], widths["high"], widths["shift"]) == (1, 1, 2)
    # Registers as they are need none.
    every = replace(UNIT, instructions=())
    assert StoreFormat.of([Store(shift=5)], every).least_shift == 0
    assert StoreFormat.of([], UNIT).bits == 1


@pytest.mark.parametrize(
    ("lanes", "expected"), [(1, (1, 1)), (3, (1, 3)), (4, (2, 1)), (8, (3, 2)), (9, (1, 1))]
)
def test_steps_of_the_last_word(lanes: int, expected: tuple[int, int]) -> None:
    assert last_step(Store(lanes=lanes), UNIT) == expected
    assert steps_of_word(UNIT) == 3


def test_what_the_unit_does_not_serve_is_marked() -> None:
    for store in (Store(groups=3), Store(lanes=17), Store(groups=2, lanes=9)):
        format = StoreFormat.of([store], UNIT)
        assert unpacked(format, format.pack(store))["refused"] == 1
    for shift in (0, 40):
        format = StoreFormat.of([Store(shift=shift)], UNIT)
        assert unpacked(format, format.pack(Store(shift=shift)))["bad_shift"] == 1


def test_a_value_that_does_not_fit() -> None:
    format = StoreFormat.of([Store(shift=3), Store(shift=6)], UNIT)
    for shift, stored in ((7, 4), (2, -1)):
        with pytest.raises(ValueError, match=rf"Store field shift must be in .0, 3., not {stored}"):
            format.pack(Store(shift=shift))
