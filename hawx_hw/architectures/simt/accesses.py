"""The memories of a unit, and how often an inference accesses them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.base import MemoryUse, ParameterMemory
from hawx_hw.architectures.simt.compile import Compiled
from hawx_hw.architectures.simt.isa import MULTIPLY_SCALARS, POST_SCALARS, SCALARS, Place, decode
from hawx_hw.architectures.simt.issues import Issue
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.runner import taps_of
from hawx_hw.architectures.simt.schedule import Scheduled
from hawx_hw.architectures.simt.timing import Timing
from hawx_hw.util.macros import ROM, SDP_RAM, SP_RAM

__all__ = ["Accesses", "count_accesses", "memory_uses"]


@dataclass
class Accesses:
    """Words that an inference reads and writes, of all warps together.

    Parameters
    ----------
    activations, stored, results : int
        Words of the activation memory that are read, and written; those of the result memory.
    weights : int
        Words of the weight memory.
    buffered, taken : int
        Weights of all lanes written to and read from their buffers, for taps of several beats.
    register_reads, register_writes : int
        Registers of all lanes.
    constants : int
        Words of the requantization memory.
    streams, stores : int
        Instructions of each engine.
    """

    activations: int = 0
    stored: int = 0
    results: int = 0
    weights: int = 0
    buffered: int = 0
    taken: int = 0
    register_reads: int = 0
    register_writes: int = 0
    constants: int = 0
    streams: int = 0
    stores: int = 0


def count_accesses(program: Program, scheduled: Sequence[Scheduled]) -> Accesses:
    """What the engines access."""
    from hawx_hw.architectures.simt.gateware.activation_feed import windows_of

    total = Accesses()
    read: dict[tuple[int, ...], int] = {}
    _, ways = windows_of(program.unit, program.stream_format)
    for _, issue in scheduled:
        if issue.instruction.mnemonic in ("QST", "STV"):
            _add_store(total, program, issue)
        else:
            _add_stream(total, program, issue, ways, read)
    return total


def _add_stream(
    total: Accesses, program: Program, issue: Issue, ways: int, read: dict[tuple[int, ...], int]
) -> None:
    i = issue.instruction
    stream = program.streams[i.d]
    beats = issue.scalars[4]
    registers = beats * stream.window
    total.streams += 1
    # Instructions that differ in nothing but the word that they begin in read equally many.
    place = issue.scalars[0] & ((1 << program.unit.byte_bits) - 1)
    key = (i.d, place, beats)
    if key not in read:
        read[key] = _words_read(program, issue, ways)
    total.activations += read[key]
    runs = stream.positions * registers if registers > 1 else 1
    # Lanes that the predicate has off keep their registers, which are read for that.
    clears = i.suffix == "z" and issue.lanes.all()
    total.register_writes += runs
    total.register_reads += runs - (registers if clears else 0)
    if i.operation.selects:
        taps = stream.positions * stream.taps
        total.weights += -(-taps // stream.groups)
        if registers > 1 and stream.taps > 1:  # else the lanes hold the weight
            total.buffered += taps
            total.taken += taps * (registers - 1)


def _words_read(program: Program, issue: Issue, ways: int) -> int:
    """Words of activations that a stream instruction reads: those that no window has.

    Windows are empty when it begins. Words beyond the map are read like any other.
    """
    unit, stream = program.unit, program.streams[issue.instruction.d]
    taps = taps_of(program, stream, issue.scalars)
    # The walk goes through all beats of a line of elements before it goes down to the next one.
    shape = (issue.scalars[4], stream.down, stream.across)
    order = np.arange(math.prod(shape)).reshape(shape).transpose(1, 0, 2).ravel()
    words = taps.words[:, order].reshape(-1, stream.taps, stream.groups)
    first = words[:, 0, 0] * unit.word + taps.bytes[:, order, 0, 0].ravel()
    steps = np.arange(stream.words) * stream.word_step
    named = (first[:, None] + steps) // unit.word % (1 << unit.word_bits)  # runs, words of a run
    read = np.zeros(named.shape, dtype=bool)
    for group in range(stream.groups):
        requested = (named == words[:, :1, group]) | (named == words[:, -1:, group])
        for parity in (0, 1):
            own = requested & (named & 1 == parity)
            read[own] |= _lacking(named[own], ways)
    return int(read.sum())


def _lacking(words: np.ndarray, ways: int) -> np.ndarray:
    """Which words a window lacks that keeps the last ``ways`` ones, 1 or 2, of those before.

    Parameters
    ----------
    words : ndarray of int, shape (n,)
        Of one parity, in order.
    ways : int

    Returns
    -------
    ndarray of bool, shape (n,)
    """
    lacking = np.ones(len(words), dtype=bool)
    lacking[1:] = words[1:] != words[:-1]
    if ways > 1:
        others = np.flatnonzero(lacking)
        lacking[others[2:]] = words[others[2:]] != words[others[:-2]]
    return lacking


def _add_store(total: Accesses, program: Program, issue: Issue) -> None:
    i = issue.instruction
    unit, store = program.unit, program.stores[i.d]
    beats, remaining = issue.scalars[2:4]
    windows, reduces = store.windows(beats, remaining), bool(i.suffix)
    words = windows * store.words(unit)
    steps = store.cycles(unit, beats, remaining, reduces) if windows else 0
    total.stores += 1
    # A window's registers take turns for each part of a word; a single one stays.
    total.register_reads += steps if reduces else -(-windows // store.groups)
    if i.mnemonic == "QST":
        # Where the largest value of a window counts, the constants of the last one are read.
        total.constants += steps // store.window if i.suffix == "max" else steps
    if store.result:
        total.results += words
    else:
        total.stored += words


def memory_uses(
    compiled: Compiled,
    scheduled: Sequence[Scheduled],
    timing: Timing,
    parameters: Sequence[ParameterMemory],
    shell: Sequence[tuple[str, int, int]],
    *,
    loadable: bool,
) -> list[MemoryUse]:
    """All memories, with their accesses.

    Warps have an equal share of those of their registers, and banks of those of the weights.
    Memories of the shell, which cost nothing beside the others, count as not accessed.

    Parameters
    ----------
    compiled : Compiled
    scheduled : sequence of Scheduled
    timing : Timing
    parameters : sequence of ParameterMemory
        Of the program.
    shell : sequence of (str, int, int)
        Name, width and depth of the shell's memories.
    loadable : bool
        Whether parameters are loaded.
    """
    program = compiled.program
    unit, ram = program.unit, SDP_RAM.kind
    own = count_accesses(program, scheduled)
    uses = [
        MemoryUse(
            "activation",
            ram,
            8 * unit.word,
            unit.activation_words,
            1,
            own.activations,
            compiled.image.words + own.stored,
        ),
        MemoryUse(
            "register",
            ram,
            unit.lanes * unit.register_bits,
            unit.registers,
            unit.warps,
            own.register_reads / unit.warps,
            own.register_writes / unit.warps,
        ),
        MemoryUse("weight buffer", ram, 8 * unit.lanes, unit.taps, 1, own.taken, own.buffered),
        _scalar_use(program, timing),
        *(MemoryUse("other", ram, width, depth, 1, 0, 0) for _, width, depth in shell),
    ]
    reads = {
        "program": sum(timing.instructions.values()),
        "arguments": _arguments(program, timing),
        "streams": own.streams,
        "stores": own.stores,
        "weights": own.weights,
        "requantization": own.constants,
    }
    kind = (SP_RAM if loadable else ROM).kind
    banks = sum(memory.name.startswith("weights") for memory in parameters)
    for memory in parameters:
        name, _, bank = memory.name.partition("_")
        use = "weight" if name == "weights" else "other"
        uses.append(
            MemoryUse(
                use, kind, memory.width, memory.depth, 1, reads[name] / (banks if bank else 1), 0
            )
        )
    return uses


def _scalar_use(program: Program, timing: Timing) -> MemoryUse:
    """Scalars of each warp: up to two reads an instruction, one write."""
    unit = program.unit
    reads = writes = 0
    for pc, count in timing.instructions.items():
        operation = decode(program.code[pc]).operation
        names = [operand.field for operand in operation.operands]
        writes += count * ("rd" in names)
        reads += count * sum(name in ("ra", "rb", "rs") for name in names)
        if operation.place is Place.MULTIPLY:
            reads += count * (MULTIPLY_SCALARS - 1)
        elif operation.place is Place.POST:
            reads += count * (POST_SCALARS - 1)
    return MemoryUse(
        "scalar",
        SDP_RAM.kind,
        unit.scalar_bits,
        SCALARS,
        unit.warps,
        reads / unit.warps,
        writes / unit.warps,
    )


def _arguments(program: Program, timing: Timing) -> int:
    return sum(
        count
        for pc, count in timing.instructions.items()
        if decode(program.code[pc]).mnemonic == "ARG"
    )
