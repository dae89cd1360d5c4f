"""Words of records, with each field as wide as needed."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest

from hawx_hw.architectures.common.records import WordFormat


@dataclass(frozen=True)
class Record:
    first: int
    second: int = 0
    third: int = 0


def test_fields_are_as_wide_as_the_records_need() -> None:
    format = WordFormat.of([Record(0, 5, -3), Record(1, 8, 2)], {"third"})
    assert format.widths == (("first", 1, False), ("second", 4, False), ("third", 3, True))
    assert format.bits == 8
    assert format.pack(Record(1, 5, -3)) == 0b101_0101_1


@pytest.mark.parametrize("seed", range(5))
def test_records_can_be_read_back(seed: int) -> None:
    rng = np.random.default_rng(seed)
    records = [
        Record(int(rng.integers(0, 300)), int(rng.integers(-40, 50)), int(rng.integers(0, 2)))
        for _ in range(20)
    ]
    format = WordFormat.of(records, {"second"})
    for record in records:
        word = format.pack(record)
        for name, bits, signed in format.widths:
            field = word & ((1 << bits) - 1)
            word >>= bits
            if signed and field >> (bits - 1):
                field -= 1 << bits
            assert field == getattr(record, name)
        assert word == 0


def test_what_cannot_be_packed_is_refused() -> None:
    with pytest.raises(ValueError, match="Field 'second' must not be negative, not -2"):
        WordFormat.of([Record(0, -2)], {"first"})
    with pytest.raises(ValueError, match="at least one record"):
        WordFormat.of([])
