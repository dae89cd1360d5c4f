"""Streams and stores: the words that stream and store instructions name.

A :class:`Stream` is an affine loop nest over activations and weights, a :class:`Store` is how
registers become words of a memory. Both are plain integers; :class:`Format` packs them into memory
words, each field just as wide as a program needs.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypeVar

from hawx_hw.architectures.simt.isa import HAZARD
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["FIELDS", "Descriptor", "Format", "Store", "Stream", "store_format", "stream_format"]


@dataclass(frozen=True)
class Stream:
    """What a stream instruction reads::

        for block, kernel_y, kernel_x:              # positions; blocks of channels outermost
          for down, beats, across:                  # registers; beats come from s[rs + 4]
            for taps:                               # a run
              for group in groups:                  # at once

    Every loop adds its ``step`` to the address (bytes), its ``x`` and ``y`` to the coordinates; the
    start is in s[rs], s[rs + 1] and s[rs + 2]. Taps beyond ``width`` or ``height`` read ``pad``.

    Parameters
    ----------
    taps : int
        Of a run: bytes that lie together.
    across, down : int
        Elements of a window, along x and along y; 1 where nothing is pooled.
    kernel_x, kernel_y : int
        Positions of the kernel, without those that ``taps`` covers.
    blocks : int
        Blocks of channels.
    groups : int
        Pixel groups: parts of the lanes that work on neighboring windows.
    words : int
        Words that a run of all groups together reads: those at the run's first address of group 0,
        plus multiples of ``word_step``. A run lasts at least as many cycles.
    width, height : int
        Of the map; 0 where nothing lies beyond it.
    pad : int
        The code read beyond the map, in [-128, 127].
    selection : int
        Which blocks count, where the instruction has ``sel`` 0.
    """

    taps: int = 1
    tap_step: int = 0
    tap_x: int = 0
    across: int = 1
    across_step: int = 0
    across_x: int = 0
    beat_step: int = 0
    beat_x: int = 0
    beat_y: int = 0
    down: int = 1
    down_step: int = 0
    down_y: int = 0
    kernel_x: int = 1
    kernel_x_step: int = 0
    kernel_x_x: int = 0
    kernel_y: int = 1
    kernel_y_step: int = 0
    kernel_y_y: int = 0
    blocks: int = 1
    block_step: int = 0
    groups: int = 1
    group_step: int = 0
    group_x: int = 0
    words: int = 1
    word_step: int = 0
    width: int = 0
    height: int = 0
    pad: int = 0
    selection: int = 0

    @property
    def positions(self) -> int:
        """Runs into each register."""
        return self.blocks * self.kernel_y * self.kernel_x

    @property
    def window(self) -> int:
        """Registers of one beat."""
        return self.across * self.down

    @property
    def reach(self) -> int:
        """Bytes from the first tap of a run to its last."""
        return (self.taps - 1) * self.tap_step

    @property
    def run(self) -> int:
        """Cycles of one run."""
        return max(self.taps, self.words)

    def cycles(self, beats: int) -> int:
        """Cycles of the walk: n.

        ``words - 1`` before the first tap, and then for each position the runs of all registers, at
        least :data:`~hawx_hw.architectures.simt.isa.HAZARD` where there are several.
        """
        registers = beats * self.window
        hazard = HAZARD if registers > 1 else 0
        return self.words - 1 + self.positions * max(registers * self.run, hazard)


@dataclass(frozen=True)
class Store:
    """How registers become codes, and where the codes go.

    Parameters
    ----------
    window : int
        Registers of a window, for ``.max`` and ``.sum``.
    shift : int
        Of the requantization, in [1, 39]; others are a trap.
    low, high : int
        The clamp, in [-128, 127].
    step : int
        Codes are multiples of it, a power of two in [1, 128].
    lanes : int
        Lanes of each group whose codes are stored: words of L bytes, zero beyond them.
    groups : int
        Pixel groups, as in the stream.
    window_step, block_step : int
        Words from one window to the next, and from one word of a window to the next.
    constant_step, element_step : int
        Words of the requantization memory from one word of a window to the next, and from one
        register of a window to the next.
    result : bool
        Whether the words go to the result memory, not to the activation memory.
    """

    window: int = 1
    shift: int = 1
    low: int = -128
    high: int = 127
    step: int = 1
    lanes: int = 1
    groups: int = 1
    window_step: int = 1
    block_step: int = 1
    constant_step: int = 1
    element_step: int = 0
    result: bool = False

    def words(self, unit: Unit) -> int:
        """Words of one window."""
        return -(-self.lanes // unit.word)

    def codes(self, unit: Unit, word: int) -> int:
        """Codes of one word of a window."""
        return min(unit.word, self.lanes - word * unit.word)

    def windows(self, beats: int, remaining: int) -> int:
        """Windows that are stored, of all groups."""
        return min(beats * self.groups, remaining)

    def cycles(self, unit: Unit, beats: int, remaining: int, reduces: bool) -> int:
        """Cycles of the walk: m.

        Parameters
        ----------
        beats, remaining : int
            s[rs + 2] and s[rs + 3].
        reduces : bool
            Whether windows are reduced: ``.max`` or ``.sum``.
        """
        steps = sum(
            -(-self.codes(unit, word) // unit.requantizers) for word in range(self.words(unit))
        )
        window = self.window if reduces else 1
        return max(1, self.windows(beats, remaining) * window * steps)


Descriptor = Stream | Store
_T = TypeVar("_T", Stream, Store)


@dataclass(frozen=True)
class _Kind:
    """How a field's value is packed; ``bits`` is the least width, in which traps have room."""

    pack: Callable[[Any, Unit], int]
    unpack: Callable[[int, Unit], Any]
    signed: bool = False
    bits: int = 1


def _group_of(index: int, unit: Unit) -> int:
    # An index beyond the list stands for a number that no unit has.
    return unit.groups[index] if index < len(unit.groups) else unit.clusters + 1 + index


def _index_of(groups: int, unit: Unit) -> int:
    if groups in unit.groups:
        return unit.groups.index(groups)
    if groups > unit.clusters + len(unit.groups):
        return groups - unit.clusters - 1
    raise ValueError(f"groups must be one of {unit.groups}, not {groups}")


def _linear(address: int, unit: Unit) -> int:
    return (address >> unit.byte_bits) * unit.word + (address & ((1 << unit.byte_bits) - 1))


_COUNT = _Kind(lambda value, unit: value - 1, lambda value, unit: value + 1)
_STEP = _Kind(lambda value, unit: unit.address(value), _linear, signed=True)
_SIGNED = _Kind(lambda value, unit: value, lambda value, unit: value, signed=True)
_NUMBER = _Kind(lambda value, unit: value, lambda value, unit: value)
_CODE = _Kind(_SIGNED.pack, _SIGNED.unpack, signed=True, bits=8)
_SHIFT = _Kind(_NUMBER.pack, _NUMBER.unpack, bits=6)
_GROUPS = _Kind(_index_of, _group_of)
_FLAG = _Kind(lambda value, unit: int(value), lambda value, unit: bool(value))

_COUNTS = {"taps", "across", "down", "kernel_x", "kernel_y", "blocks", "words", "window", "lanes"}
_NUMBERS = {"width", "height", "selection"}
_OTHERS = {
    "groups": _GROUPS,
    "pad": _CODE,
    "low": _CODE,
    "high": _CODE,
    "shift": _SHIFT,
    "result": _FLAG,
    "step": _COUNT,  # minus one: the bits that are cleared
}


def _kind(descriptor: type[Stream] | type[Store], name: str) -> _Kind:
    if name in _OTHERS:
        return _OTHERS[name]
    if name in _COUNTS:
        return _COUNT
    if name in _NUMBERS:
        return _NUMBER
    # Of a stream, steps of the address are bytes; those of a store are words.
    return _STEP if descriptor is Stream and name.endswith("_step") else _SIGNED


#: What the gateware would have to multiply for; packed after the fields.
_DERIVED = {Stream: ("reach",), Store: ()}

#: Kinds of the fields, by descriptor and name, in the order in which they are packed.
FIELDS: Mapping[type[Stream] | type[Store], Mapping[str, _Kind]] = {
    each: {
        name: _STEP if name in _DERIVED[each] else _kind(each, name)
        for name in (*(field.name for field in fields(each)), *_DERIVED[each])
    }
    for each in (Stream, Store)
}


@dataclass(frozen=True)
class Format:
    """Bit widths of the fields of streams, or of stores.

    Counts are packed less one, address steps as :meth:`Unit.address`, groups as an index into
    :attr:`Unit.groups`.

    Parameters
    ----------
    descriptor : type
        :class:`Stream` or :class:`Store`.
    unit : Unit
    widths : tuple of (str, int, bool)
        Name, bits and signedness of each field, the first at bit 0.
    """

    descriptor: type[Stream] | type[Store]
    unit: Unit
    widths: tuple[tuple[str, int, bool], ...]

    @property
    def bits(self) -> int:
        """Bits of a word."""
        return sum(width for _, width, _ in self.widths)

    def pack(self, descriptor: Descriptor) -> int:
        """The memory word of a descriptor."""
        word = offset = 0
        for name, width, _ in self.widths:
            kind = FIELDS[self.descriptor][name]
            value = kind.pack(getattr(descriptor, name), self.unit)
            word |= (value & ((1 << width) - 1)) << offset
            offset += width
        return word

    def unpack(self, word: int) -> Descriptor:
        """The descriptor of a memory word."""
        values = {}
        for name, width, signed in self.widths:
            value = word & ((1 << width) - 1)
            if signed and value >> (width - 1):
                value -= 1 << width
            word >>= width
            if name not in _DERIVED[self.descriptor]:
                values[name] = FIELDS[self.descriptor][name].unpack(value, self.unit)
        return self.descriptor(**values)


def stream_format(streams: Sequence[Stream], unit: Unit) -> Format:
    """The narrowest format that holds ``streams``."""
    return _format(Stream, streams, unit)


def store_format(stores: Sequence[Store], unit: Unit) -> Format:
    """The narrowest format that holds ``stores``."""
    return _format(Store, stores, unit)


def _format(descriptor: type[_T], entries: Sequence[_T], unit: Unit) -> Format:
    widths = []
    for name, kind in FIELDS[descriptor].items():
        values = [kind.pack(getattr(entry, name), unit) for entry in entries]
        if not kind.signed and min(values, default=0) < 0:
            raise ValueError(f"Field {name!r} must not be below its least value")
        bits = max((v.bit_length() if v >= 0 else (~v).bit_length() for v in values), default=0)
        widths.append((name, max(kind.bits, bits + kind.signed), kind.signed))
    return Format(descriptor, unit, tuple(widths))
