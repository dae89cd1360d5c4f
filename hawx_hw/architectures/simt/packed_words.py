"""Memory words of streams and stores, each field as narrow as a program allows."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence, Set
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Generic, Self, TypeVar

from hawx_hw.architectures.simt.unit import Unit

if TYPE_CHECKING:
    from amaranth.lib import data

__all__ = ["PackedFormat"]

_T = TypeVar("_T")


@dataclass(frozen=True)
class PackedFormat(ABC, Generic[_T]):
    """Widths of the fields of a unit's descriptors: as narrow as a program's descriptors allow.

    A field that is 0 in all of them has no bits, and the gateware nothing that it would be for.

    Parameters
    ----------
    unit : Unit
    shapes : tuple of (str, int, bool)
        Name, bits and signedness of each field, the first at bit 0.
    """

    #: What a descriptor is called in errors.
    KIND: ClassVar[str]
    #: Fields of a word, the first at bit 0, with their meaning.
    FIELDS: ClassVar[Mapping[str, str]]
    #: Those that may be negative.
    SIGNED: ClassVar[Set[str]]

    unit: Unit
    shapes: tuple[tuple[str, int, bool], ...]

    @staticmethod
    @abstractmethod
    def values(descriptor: _T, unit: Unit) -> dict[str, int]:
        """The value of each field; of those that play no part, 0."""

    @classmethod
    def of(cls, descriptors: Sequence[_T], unit: Unit) -> Self:
        """The narrowest one that holds ``descriptors``."""
        return cls(
            unit, cls.narrowest([cls.values(descriptor, unit) for descriptor in descriptors])
        )

    @classmethod
    def narrowest(cls, words: Sequence[Mapping[str, int]]) -> tuple[tuple[str, int, bool], ...]:
        """The shapes that hold the values of some words."""
        shapes = []
        for name in cls.FIELDS:
            values = [word[name] for word in words]
            low, high = min(values, default=0), max(values, default=0)
            signed = name in cls.SIGNED and low < 0
            bits = max((~low if low < 0 else low).bit_length(), high.bit_length()) + signed
            shapes.append((name, bits, signed))
        return tuple(shapes)

    def stored(self, descriptor: _T) -> Mapping[str, int]:
        """The values of the fields of a descriptor's word."""
        return self.values(descriptor, self.unit)

    @property
    def widths(self) -> tuple[tuple[str, int], ...]:
        """Name and bits of each field."""
        return tuple((name, bits) for name, bits, _ in self.shapes)

    @property
    def layout(self) -> data.StructLayout:
        """The word as a structure."""
        # Whoever only compiles a program needs no hardware description.
        from amaranth.hdl import Shape
        from amaranth.lib import data

        return data.StructLayout(
            {name: Shape(bits, signed=signed) for name, bits, signed in self.shapes}
        )

    @property
    def bits(self) -> int:
        """Bits of a word, at least one."""
        return max(1, sum(bits for _, bits, _ in self.shapes))

    def has(self, *names: str) -> bool:
        """Whether any of some fields is not always 0."""
        return any(bits for name, bits, _ in self.shapes if name in names)

    def pack(self, descriptor: _T) -> int:
        """The memory word of a descriptor.

        Raises
        ------
        ValueError
            It does not fit.
        """
        word = offset = 0
        values = self.stored(descriptor)
        for name, bits, signed in self.shapes:
            value = values[name]
            low, high = (-(1 << bits - 1), 1 << bits - 1) if signed else (0, 1 << bits)
            if not low <= value < high:
                raise ValueError(
                    f"{self.KIND} field {name} must be in [{low}, {high - 1}], not {value}"
                )
            word |= (value & ((1 << bits) - 1)) << offset
            offset += bits
        return word
