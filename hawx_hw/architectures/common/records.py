"""Memory words of records, each field just as wide as the program needs."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, fields
from typing import Any

__all__ = ["WordFormat"]


@dataclass(frozen=True)
class WordFormat:
    """Bit widths of the fields of records, which are dataclasses of integers.

    Parameters
    ----------
    widths : tuple of (str, int, bool)
        Name, bits and signedness of each field, the first at bit 0.
    """

    widths: tuple[tuple[str, int, bool], ...]

    @classmethod
    def of(cls, records: Sequence[Any], signed: Collection[str] = ()) -> WordFormat:
        """The narrowest format that holds ``records``.

        Parameters
        ----------
        records : sequence of dataclass
            At least one, all of one class.
        signed : collection of str
            Names of the fields that may be negative.

        Raises
        ------
        ValueError
            There is no record, or another field is negative.
        """
        if not records:
            raise ValueError("A format needs at least one record")
        widths = []
        for field in fields(records[0]):
            values = [getattr(record, field.name) for record in records]
            negative = field.name in signed
            if not negative and min(values) < 0:
                raise ValueError(f"Field {field.name!r} must not be negative, not {min(values)!r}")
            bits = max(v.bit_length() if v >= 0 else (~v).bit_length() for v in values)
            widths.append((field.name, max(1, bits + negative), negative))
        return cls(tuple(widths))

    @property
    def bits(self) -> int:
        """Bits of a word."""
        return sum(width for _, width, _ in self.widths)

    def pack(self, record: Any) -> int:
        """The memory word of ``record``."""
        word = offset = 0
        for name, width, _ in self.widths:
            word |= (getattr(record, name) & ((1 << width) - 1)) << offset
            offset += width
        return word
