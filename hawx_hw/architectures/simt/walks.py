"""The walks of the two engines: which step they take in which cycle, and which of them fault.

These loops are the definition of streams and stores; they are written to be read. A walk's cycles
count from 0, its first.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import HAZARD, Instruction
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import SHIFT_MAX, SHIFT_MIN

__all__ = [
    "Fault",
    "Step",
    "Tap",
    "first_fault",
    "place",
    "store_fault",
    "store_steps",
    "stream_fault",
    "stream_taps",
]


class Fault(NamedTuple):
    """Why a walk stops before a step.

    Parameters
    ----------
    cycle : int
        Number of the walk's cycle.
    cause : Cause
    value : int
        The trap's value.
    """

    cycle: int
    cause: Cause
    value: int


def first_fault(cycle: int, faults: Sequence[tuple[Cause, int]]) -> Fault | None:
    """The fault that is reported, of those of one cycle: that of the lowest cause."""
    if not faults:
        return None
    cause, value = min(faults, key=lambda fault: fault[0])
    return Fault(cycle, cause, value)


def place(unit: Unit, start: int, bytes_on: int) -> tuple[int, int]:
    """Word and byte of what lies some bytes after an address; words wrap."""
    total = (start & ((1 << unit.byte_bits) - 1)) + bytes_on
    word = (start >> unit.byte_bits) + total // unit.word
    return word % (1 << unit.word_bits), total % unit.word


# Streams --------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Tap:
    """One step of the multiply engine: a product of every lane.

    Parameters
    ----------
    cycle : int
        Of the walk.
    register : int
        The vector register.
    weight, part : int
        Word of the weight memory, and which part of it: all groups take the same.
    fetches : bool
        Whether the weight is read from the memory, not from the lanes' buffers.
    words, bytes : tuple of int
        Where the activation of each group lies.
    inside : tuple of bool
        Whether it lies on the map; ``pad`` is taken where it does not.
    fault : Fault or None
    """

    cycle: int
    register: int
    weight: int
    part: int
    fetches: bool
    words: tuple[int, ...]
    bytes: tuple[int, ...]
    inside: tuple[bool, ...]
    fault: Fault | None


def stream_fault(
    program: Program, stream: Stream, instruction: Instruction, scalars: Sequence[int]
) -> Fault | None:
    """The fault of the walk's first cycle: numbers that the unit does not serve."""
    unit = program.unit
    faults = []
    if stream.groups not in unit.groups:
        faults.append((Cause.STREAM, instruction.d))
    if stream.taps > unit.taps:
        faults.append((Cause.TAPS, stream.taps))
    if scalars[4] == 0:
        faults.append((Cause.BEATS, 0))
    if instruction.operation.selects:
        selection = instruction.sel - 1 if instruction.sel else stream.selection
        if selection >= program.lanes.selections:
            faults.append((Cause.SELECTION, selection))
    if scalars[0] & ((1 << unit.byte_bits) - 1) >= unit.word:
        faults.append((Cause.ACTIVATION, scalars[0]))
    return first_fault(0, faults)


def stream_taps(
    program: Program,
    stream: Stream,
    instruction: Instruction,
    scalars: Sequence[int],
    activation_words: int,
) -> Iterator[Tap]:
    """The steps of a stream instruction, in order, up to and including the first that faults.

    Parameters
    ----------
    program : Program
    stream : Stream
        Without a fault in the first cycle.
    instruction : Instruction
    scalars : sequence of int
        s[rs] and the four that follow: address, x, y, weight word, beats.
    activation_words : int
        Depth of the activation memory.
    """
    s = stream
    address, x, y, weight, beats = scalars
    weighs = instruction.mnemonic in ("MAC", "MACW")
    registers = beats * s.window
    span = max(registers * s.run, HAZARD if registers > 1 else 0)
    position = 0
    for block in range(s.blocks):
        for kernel_y in range(s.kernel_y):
            for kernel_x in range(s.kernel_x):
                cycle = s.words - 1 + position * span
                for down in range(s.down):
                    for beat in range(beats):
                        for across in range(s.across):
                            number = (beat * s.down + down) * s.across + across
                            offset = (
                                block * s.block_step
                                + kernel_y * s.kernel_y_step
                                + kernel_x * s.kernel_x_step
                                + down * s.down_step
                                + beat * s.beat_step
                                + across * s.across_step
                            )
                            left = (
                                x + kernel_x * s.kernel_x_x + beat * s.beat_x + across * s.across_x
                            )
                            top = y + kernel_y * s.kernel_y_y + beat * s.beat_y + down * s.down_y
                            for tap in range(s.taps):
                                yield _tap(
                                    program,
                                    s,
                                    cycle + tap,
                                    instruction.v + number,
                                    weight if weighs else None,
                                    position * s.taps + tap,
                                    down == beat == across == 0,
                                    address,
                                    offset,
                                    tap,
                                    left,
                                    top,
                                    activation_words,
                                )
                            cycle += s.run
                position += 1


def _tap(
    program: Program,
    stream: Stream,
    cycle: int,
    register: int,
    weight: int | None,
    index: int,
    fetches: bool,
    address: int,
    offset: int,
    tap: int,
    left: int,
    top: int,
    activation_words: int,
) -> Tap:
    unit = program.unit
    modulus = 1 << unit.scalar_bits
    words, places, inside = [], [], []
    faults: list[tuple[Cause, int]] = []
    above = stream.height == 0 or top % modulus < stream.height
    for group in range(stream.groups):
        start = offset + group * stream.group_step
        word, byte = place(unit, address, start + tap * stream.tap_step)
        column = left + tap * stream.tap_x + group * stream.group_x
        within = above and (stream.width == 0 or column % modulus < stream.width)
        if tap == 0 and register >= unit.registers:
            faults.append((Cause.BEATS, register))
        if tap == 0:
            faults += _window(unit, stream, address, offset, start)
        if within and word >= activation_words:
            faults.append((Cause.ACTIVATION, word))
        words.append(word)
        places.append(byte)
        inside.append(within)
    weight_word = part = 0
    if weight is not None:
        weight_word = (weight + index // stream.groups) % modulus
        part = index % stream.groups
        if fetches and weight_word >= len(program.weights):
            faults.append((Cause.WEIGHT, weight_word))
    return Tap(
        cycle,
        register,
        weight_word,
        part,
        fetches and weight is not None,
        tuple(words),
        tuple(places),
        tuple(inside),
        first_fault(cycle, faults),
    )


def _window(
    unit: Unit, stream: Stream, address: int, offset: int, start: int
) -> Iterator[tuple[Cause, int]]:
    """Faults of a group's run: words that are not fetched, or more than two neighbors.

    Parameters
    ----------
    address, offset, start : int
        Of the instruction, of group 0 and of this group.
    """
    fetched = {
        place(unit, address, offset + word * stream.word_step)[0] for word in range(stream.words)
    }
    first, byte = place(unit, address, start)
    last, _ = place(unit, address, start + stream.reach)
    if first not in fetched:
        yield Cause.WINDOW, first
    elif last not in fetched or (byte + stream.reach) // unit.word not in (-1, 0, 1):
        yield Cause.WINDOW, last


# Stores ---------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Step:
    """One step of the post engine: codes of some lanes of one register.

    Parameters
    ----------
    cycle : int
        Of the walk.
    register : int
    lanes : tuple of int
        At most as many as there are requantizers.
    first_byte : int
        Place of the first lane's code in its word.
    constants : int
        Word of the requantization memory.
    element, elements : int
        Number of the register in its window, and how many it has.
    address : int
        Of the word that the codes belong to.
    begins, ends : bool
        Whether it is the first or the last step of its word.
    fault : Fault or None
    """

    cycle: int
    register: int
    lanes: tuple[int, ...]
    first_byte: int
    constants: int
    element: int
    elements: int
    address: int
    begins: bool
    ends: bool
    fault: Fault | None


def store_fault(
    program: Program,
    store: Store,
    instruction: Instruction,
    scalars: Sequence[int],
    claimed: bool,
) -> Fault | None:
    """The fault of the walk's first cycle.

    Parameters
    ----------
    program : Program
    store : Store
    instruction : Instruction
    scalars : sequence of int
        As for :func:`store_steps`.
    claimed : bool
        Whether the result memory may be written: a WAITR has ended before.
    """
    unit = program.unit
    faults = []
    if store.groups not in unit.groups or store.lanes > unit.group_lanes(store.groups):
        faults.append((Cause.STREAM, instruction.d))
    if scalars[2] == 0:
        faults.append((Cause.BEATS, 0))
    if instruction.mnemonic == "QST" and not SHIFT_MIN <= store.shift <= SHIFT_MAX:
        faults.append((Cause.SHIFT, store.shift))
    if store.result and not claimed:
        faults.append((Cause.SEQUENCE, 0))
    return first_fault(0, faults)


def _elements(store: Store, instruction: Instruction) -> int:
    return store.window if instruction.suffix else 1


def store_steps(
    program: Program,
    store: Store,
    instruction: Instruction,
    scalars: Sequence[int],
    depth: int,
) -> Iterator[Step]:
    """The steps of a store instruction, in order, up to and including the first that faults.

    Parameters
    ----------
    program : Program
    store : Store
        Without a fault in the first cycle.
    instruction : Instruction
    scalars : sequence of int
        s[rs] and the three that follow: first word, requantization word, beats, windows that
        remain.
    depth : int
        Of the memory that is written.
    """
    unit = program.unit
    modulus = 1 << unit.scalar_bits
    target, constants, beats, remaining = scalars
    elements = _elements(store, instruction)
    requantizes = instruction.mnemonic == "QST"
    cycle = 0
    for window in range(store.windows(beats, remaining)):
        beat, group = divmod(window, store.groups)
        for word in range(store.words(unit)):
            address = (target + window * store.window_step + word * store.block_step) % modulus
            codes = store.codes(unit, word)
            firsts = range(0, codes, unit.requantizers)
            for first in firsts:
                for element in range(elements):
                    constant = (
                        constants + word * store.constant_step + element * store.element_step
                    ) % modulus
                    register = instruction.v + beat * elements + element
                    begins = first == element == 0
                    faults = []
                    if register >= unit.registers:
                        faults.append((Cause.BEATS, register))
                    if requantizes and constant >= len(program.constants):
                        faults.append((Cause.REQUANTIZATION, constant))
                    if begins and address >= depth:
                        faults.append((Cause.STORE, address))
                    lane = group * unit.group_lanes(store.groups) + word * unit.word + first
                    yield Step(
                        cycle,
                        register,
                        tuple(range(lane, lane + min(unit.requantizers, codes - first))),
                        first,
                        constant,
                        element,
                        elements,
                        address,
                        begins,
                        first == firsts[-1] and element == elements - 1,
                        first_fault(cycle, faults),
                    )
                    cycle += 1
