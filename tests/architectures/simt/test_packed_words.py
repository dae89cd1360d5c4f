"""What words of streams and stores have in common."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from hawx_hw.architectures.simt.packed_words import PackedFormat
from hawx_hw.architectures.simt.unit import Unit

Record = dict[str, int]


@dataclass(frozen=True)
class Format(PackedFormat[Record]):
    """A format of records that are their own values."""

    KIND = "Record"
    FIELDS = {"a": "", "b": "", "c": ""}
    SIGNED = frozenset({"b", "c"})

    @staticmethod
    def values(record: Record, unit: Unit) -> Record:
        return record


def test_fields_are_as_narrow_as_the_records_allow() -> None:
    format = Format.of([{"a": 5, "b": -3, "c": 0}, {"a": 0, "b": 2, "c": 0}], Unit())
    assert format.shapes == (("a", 3, False), ("b", 3, True), ("c", 0, False))
    assert format.widths == (("a", 3), ("b", 3), ("c", 0))
    assert format.bits == 6 == format.layout.size
    assert format.has("a", "c") and not format.has("c")
    assert format.pack({"a": 5, "b": -3, "c": 0}) == 0b101_101
    assert format.pack({"a": 1, "b": 2, "c": 0}) == 0b010_001


def test_what_does_not_fit_is_refused() -> None:
    format = Format.of([{"a": 5, "b": -3, "c": 0}], Unit())
    for record, message in (
        ({"a": 8, "b": 0, "c": 0}, "Record field a must be in [0, 7], not 8"),
        ({"a": 0, "b": 4, "c": 0}, "Record field b must be in [-4, 3], not 4"),
        ({"a": 0, "b": 0, "c": 1}, "Record field c must be in [0, 0], not 1"),
    ):
        with pytest.raises(ValueError) as caught:
            format.pack(record)
        assert str(caught.value) == message


def test_a_word_of_nothing_has_one_bit() -> None:
    assert Format.of([], Unit()).bits == 1
