"""Kernels: how the work of a layer becomes instructions.

A :class:`Section` is a rectangle of work items, tiles of filters by lines of windows, that all
warps share: item i goes to warp i modulo W. Each item is one line of windows, in a few beats at a
time: stream instructions into the registers, and the store of what they made. A layer is one or
more sections, one after the other; :class:`Emitter` writes them.

===== ==================================================
s1    items of this warp
s2    full tiles in a line
s3    lanes in use
s4-8  address, x, y, weights, beats: what streams read
s9-12 target, constants, beats, windows: what stores read
s13   line, where items go on to the next tile of filters
s14   lines
s15   steps that no instruction holds; which warp releases the image
===== ==================================================
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["LOOP_NAMES", "Emitter", "Place", "Section", "Walk"]

_ITEMS, _TILES, _LANES, _STREAM, _STORE, _LINE, _LINES, _STEP = 1, 2, 3, 4, 9, 13, 14, 15
_BEATS, _STORE_BEATS, _WINDOWS = 8, 11, 12
#: What the loops of kernels count, by their scalar.
LOOP_NAMES: Mapping[int, str] = MappingProxyType(
    {_ITEMS: "items", _TILES: "tiles", _STEP: "release"}
)
_PREDICATE = 1
_LEAST, _MOST = -(1 << 14), (1 << 14) - 1  # of an immediate


class Place(NamedTuple):
    """Where a tile is, or how far to the next.

    Parameters
    ----------
    address : int
        In the activation memory, as scalars hold it.
    x, y : int
        Coordinates on the map.
    weights, target, constants : int
        Words.
    """

    address: int = 0
    x: int = 0
    y: int = 0
    weights: int = 0
    target: int = 0
    constants: int = 0

    def plus(self, other: Place, times: int = 1) -> Place:
        """Some steps further."""
        return Place(*(a + times * b for a, b in zip(self, other, strict=True)))


#: Scalars that hold a place.
_SCALARS = (_STREAM, _STREAM + 1, _STREAM + 2, _STREAM + 3, _STORE, _STORE + 1)


@dataclass(frozen=True)
class Walk:
    """A stream instruction of every tile.

    Parameters
    ----------
    mnemonic : str
    stream : Stream
    start : Place
        Of its first tap, from that of the tile's first walk.
    """

    mnemonic: str
    stream: Stream
    start: Place


@dataclass(frozen=True)
class Section:
    """A rectangle of work items.

    Parameters
    ----------
    walks : tuple of Walk
        The first one clears the registers, where it adds or compares.
    store : Store
    suffix : str
        Of QST.
    lanes : int
        In use, of each group.
    tiles, lines : int
        Work items: of filters, and of each of these.
    windows : int
        Of a line.
    beats : int
        Most of a tile.
    start, tile_step, line_step, window_step : Place
        The first item; from one tile of filters, row and window to the next.
    """

    walks: tuple[Walk, ...]
    store: Store
    suffix: str
    lanes: int
    tiles: int
    lines: int
    windows: int
    beats: int
    start: Place
    tile_step: Place
    line_step: Place
    window_step: Place

    @property
    def groups(self) -> int:
        """Pixel groups."""
        return self.store.groups

    @property
    def items(self) -> int:
        """Work items."""
        return self.tiles * self.lines

    @property
    def last_beats(self) -> int:
        """Beats of the last tile of a line."""
        beats = -(-self.windows // self.groups)
        return beats - self.full_tiles * self.beats

    @property
    def full_tiles(self) -> int:
        """Tiles of a line before the last one, each of ``beats``; the last one if it is as well."""
        beats = -(-self.windows // self.groups)
        full = beats // self.beats
        alike = full > 1 and full * self.beats * self.groups == self.windows
        return full if alike or beats % self.beats else full - 1

    def at(self, item: int) -> Place:
        """Where an item begins."""
        tile, line = divmod(item, self.lines)
        return self.start.plus(self.tile_step, tile).plus(self.line_step, line)


@dataclass
class Emitter:
    """The program of a network, as it grows.

    Parameters
    ----------
    unit : Unit

    Attributes
    ----------
    code : list of Instruction
    arguments : dict of tuple of int to int
        Index of each argument, by its values for all warps; not wrapped.
    streams, stores : dict
        Index of each descriptor.
    first : dict of int to int
        Address of the first instruction of each layer.
    sections : dict of int to Section
        The section that begins at each address.
    """

    unit: Unit
    code: list[Instruction] = field(default_factory=list)
    arguments: dict[tuple[int, ...], int] = field(default_factory=dict)
    streams: dict[Stream, int] = field(default_factory=dict)
    stores: dict[Store, int] = field(default_factory=dict)
    first: dict[int, int] = field(default_factory=dict)
    sections: dict[int, Section] = field(default_factory=dict)
    _known: dict[int, tuple[int, ...]] = field(default_factory=dict)
    _predicate: tuple[int, int] | None = None

    # Instructions -----------------------------------------------------------------------------

    def add(self, mnemonic: str, **fields: int) -> None:
        """Append an instruction."""
        self.code.append(Instruction(mnemonic, **fields))

    def words(self) -> tuple[int, ...]:
        """The program memory."""
        return tuple(encode(instruction) for instruction in self.code)

    def argument_words(self, unit: Unit) -> tuple[int, ...]:
        """The argument memory of a unit with its final width of scalars."""
        return tuple(
            value % (1 << unit.scalar_bits) for values in self.arguments for value in values
        )

    def _set(self, scalar: int, *values: int) -> None:
        """Give a scalar its value, one for all warps or one for each."""
        wide = values if len(values) > 1 else values * self.unit.warps
        if self._known.get(scalar) == wide:
            return
        self._known[scalar] = wide
        if len(set(wide)) == 1 and _LEAST <= wide[0] <= _MOST:
            self.add("LI", rd=scalar, imm=wide[0])
        else:
            self.add("ARG", rd=scalar, imm=self.arguments.setdefault(wide, len(self.arguments)))

    def _step(self, scalar: int, value: int) -> None:
        """Add to a scalar."""
        if not value:
            return
        self._known.pop(scalar, None)
        if _LEAST <= value <= _MOST:
            self.add("ADDI", rd=scalar, ra=scalar, imm=value)
        else:
            self._known.pop(_STEP, None)  # a loop may have changed it
            self._set(_STEP, value)
            self.add("ADD", rd=scalar, ra=scalar, rb=_STEP)

    def _advance(self, section: Section, step: Place) -> None:
        """Step all scalars of a place."""
        for scalar, value in self._values(section, step):
            self._step(scalar, value)

    def _values(self, section: Section, place: Place) -> list[tuple[int, int]]:
        """Scalars and values of a place, of those that the section reads."""
        streams = [walk.stream for walk in section.walks]
        read = {
            "x": any(stream.width for stream in streams),
            "y": any(stream.height for stream in streams),
            "weights": section.walks[0].mnemonic == "MAC",
        }
        return [
            (scalar, value)
            for scalar, name, value in zip(_SCALARS, Place._fields, place, strict=True)
            if read.get(name, True)
        ]

    # Layers -----------------------------------------------------------------------------------

    def layer(
        self, number: int, sections: Sequence[Section], *, releases: bool, claims: bool
    ) -> None:
        """Append a layer.

        Parameters
        ----------
        number : int
            From 0.
        sections : sequence of Section
        releases : bool
            Whether the layers before were the last ones to read the image.
        claims : bool
            Whether it writes the result memory.
        """
        self.first[number] = len(self.code)

        def begin() -> None:
            if claims:
                self.add("WAITR")
            if number:
                self.add("BAR", imm=number)
            if releases:
                self._release()

        if releases and self.unit.warps > 1:
            # The last warp: it has to wait for the multiply engine anyway.
            self._set(_STEP, *((0,) * (self.unit.warps - 1)), 1)
        done = 0
        for section in sections:
            self._section(section, done % self.unit.warps, None if done else begin)
            done += section.items

    def _release(self) -> None:
        if self.unit.warps > 1:
            self.add("LOOP", ra=_STEP, offset=1)
        self.add("REL")

    def halt(self) -> None:
        """Append the end."""
        self.add("HALT")

    def _section(self, section: Section, before: int, begin: Callable[[], None] | None) -> None:
        """Append a section.

        Parameters
        ----------
        section : Section
        before : int
            The warp that takes its first item.
        begin : callable or None
            Appends what stands between the first values and the work.
        """
        warps = self.unit.warps
        self.sections[len(self.code)] = section
        firsts = [(warp - before) % warps for warp in range(warps)]
        counts = [max(0, -(-(section.items - first) // warps)) for first in firsts]
        self._masked(section)
        starts = [
            self._values(section, section.at(first if count else 0))
            for first, count in zip(firsts, counts, strict=True)
        ]
        for each in zip(*starts, strict=True):
            self._set(each[0][0], *(value for _, value in each))
        full, last = section.full_tiles, section.last_beats
        if not (full and last):
            self._beats(section, last or section.beats, section.windows)
        if full > 1:
            self._set(_TILES, full)
        wraps = section.tiles > 1 and section.lines > 1 and warps % section.lines != 0
        if wraps and max(counts) > 1:
            self._set(_LINE, *(first % section.lines for first in firsts))
            self._set(_LINES, section.lines)
        loops = counts != [1] * warps
        if loops:
            self._set(_ITEMS, *counts)
        if begin is not None:
            begin()
        if not loops:
            self._item(section, again=False)
            return
        at = len(self.code)
        self.add("LOOP", ra=_ITEMS)
        self._item(section, again=max(counts) > 1)
        for instruction in self.code[at:]:
            self._known.pop(instruction.rd, None)  # not all warps have been there
        self.code[at] = Instruction("LOOP", ra=_ITEMS, offset=len(self.code) - at - 1)

    def _masked(self, section: Section) -> None:
        if section.lanes == self.unit.group_lanes(section.groups):
            return
        chosen = section.lanes, self.unit.groups.index(section.groups)
        if self._predicate != chosen:
            self._predicate = chosen
            self._set(_LANES, section.lanes)
            self.add("PLT", v=_PREDICATE, rs=_LANES, d=chosen[1])

    def _beats(self, section: Section, beats: int, windows: int) -> None:
        self._set(_BEATS, beats)
        self._set(_STORE_BEATS, beats)
        # Without groups every beat is a window.
        self._set(_WINDOWS, section.beats if section.groups == 1 else windows)

    def _item(self, section: Section, *, again: bool) -> None:
        """Append the loop's body: a line of windows, and the step to the next item."""
        full, last = section.full_tiles, section.last_beats
        width = section.beats * section.groups
        moved = Place()
        if full:
            if last:
                # What the last tile of the line before has changed.
                for scalar in (_BEATS, _STORE_BEATS, _WINDOWS):
                    self._known.pop(scalar, None)
                self._beats(section, section.beats, width)
            at = len(self.code)
            if full > 1:
                self.add("LOOP", ra=_TILES)
            end = self._tile(section)
            self._advance(section, Place().plus(section.window_step, width).plus(end, -1))
            if full > 1:
                self.code[at] = Instruction("LOOP", ra=_TILES, offset=len(self.code) - at - 1)
            moved = Place().plus(section.window_step, full * width)
        if last:
            if full:
                self._beats(section, last, section.windows - full * width)
            moved = moved.plus(self._tile(section))
        if again:
            self._next_item(section, moved)

    def _tile(self, section: Section) -> Place:
        """Append a tile's instructions; return how far on the last walk begins."""
        at = Place()
        predicate = 0 if section.lanes == self.unit.group_lanes(section.groups) else _PREDICATE
        for number, walk in enumerate(section.walks):
            self._advance(section, walk.start.plus(at, -1))
            at = walk.start
            clears = number == 0 and walk.mnemonic != "LDV"
            self.add(
                walk.mnemonic,
                pred=predicate,
                rs=_STREAM,
                fn=int(clears),
                d=self.streams.setdefault(walk.stream, len(self.streams)),
            )
        store = self.stores.setdefault(section.store, len(self.stores))
        self.add("QST", rs=_STORE, fn=("", "max", "sum").index(section.suffix), d=store)
        return at

    def _next_item(self, section: Section, moved: Place) -> None:
        warps = self.unit.warps
        if section.lines == 1:
            tiles, lines = warps, 0
        elif section.tiles == 1:
            tiles, lines = 0, warps
        else:
            tiles, lines = divmod(warps, section.lines)
        step = Place().plus(section.tile_step, tiles).plus(section.line_step, lines)
        self._advance(section, step.plus(moved, -1))
        if section.tiles > 1 and section.lines > 1 and lines:
            # Beyond the last line: the same line of the next tile of filters, so many lines less.
            self._step(_LINE, lines)
            at = len(self.code)
            self.add("BLT", ra=_LINE, rb=_LINES)
            self._step(_LINE, -section.lines)
            self._advance(section, section.tile_step.plus(section.line_step, -section.lines))
            self.code[at] = Instruction("BLT", ra=_LINE, rb=_LINES, offset=len(self.code) - at - 1)
