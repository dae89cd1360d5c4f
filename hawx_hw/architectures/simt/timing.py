"""The cycle model: the simulator's cycles without its data.

It goes from event to event instead of from cycle to cycle, and steps nothing but the scalars of the
warps: no cycle depends on data. Its cycles are those of the simulator, exactly, for every program
without traps. For each layer it reports where the cycles of the multiply engine go.
"""

from __future__ import annotations

import heapq
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple

import numpy as np

from hawx_hw.architectures.simt.execution import TrapError, execute_front, front_faults
from hawx_hw.architectures.simt.isa import (
    FRONT_END_LATENCY,
    MULTIPLY_SCALARS,
    POST_LATENCY,
    POST_SCALARS,
    EncodingError,
    Instruction,
    Place,
    decode,
)
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Warp
from hawx_hw.architectures.simt.traps import Cause

__all__ = [
    "CAUSES",
    "IDLE",
    "Ended",
    "LayerTiming",
    "Span",
    "Timing",
    "TimingError",
    "Trace",
    "Walk",
    "time_program",
    "trace_program",
]

#: Where cycles of the multiply engine go, with a title for each.
CAUSES: Mapping[str, str] = MappingProxyType(
    {
        "useful": "multiplying",
        "idle_lanes": "lanes without a filter",
        "stretched": "stretched runs",
        "moving": "streams without weights",
        "front_end": "waiting for the front end",
        "post": "waiting for the post engine",
        "drain": "draining",
        "result": "waiting for the result memory",
        "barrier": "waiting at barriers",
    }
)
#: What an idle cycle is due to, the first that applies.
IDLE = ("front_end", "post", "drain", "result", "barrier")


class TimingError(ValueError):
    """The program traps."""


class Ended(NamedTuple):
    """The end of an instruction."""

    cycle: int
    warp: int
    pc: int


@dataclass(frozen=True)
class LayerTiming:
    """Cycles of one layer.

    Parameters
    ----------
    number : int
        Of the BAR that began it; -1 before the first one.
    begin, end : int
        Its first cycle, and the one after its last.
    causes : mapping of str to float
        Cycles by :data:`CAUSES`; lanes are shares of a cycle. They add up to the layer's cycles.
    products : int
        Products of lanes that their predicate has on.
    """

    number: int
    begin: int
    end: int
    causes: Mapping[str, float]
    products: int


@dataclass(frozen=True)
class Timing:
    """Cycles of a program.

    Parameters
    ----------
    cycles : int
        Until the last warp ends.
    retirements : tuple of Ended
        In the order of cycles and warps.
    layers : tuple of LayerTiming
    instructions : mapping of int to int
        How often the instruction at each address was run, by all warps.
    released : int
        Cycle in which the image is released.
    """

    cycles: int
    retirements: tuple[Ended, ...]
    layers: tuple[LayerTiming, ...]
    instructions: Mapping[int, int]
    released: int


class Span(NamedTuple):
    """Cycles in which a warp is at one place.

    Parameters
    ----------
    begin, end : int
        The first cycle, and the one after the last.
    warp, pc : int
        Whose instruction, and its address.
    """

    begin: int
    end: int
    warp: int
    pc: int


class Walk(NamedTuple):
    """An instruction in the multiply engine.

    Parameters
    ----------
    begin, end : int
    warp, pc : int
        As of a :class:`Span`.
    taps : int
    lanes : int
        0: no products.
    """

    begin: int
    end: int
    warp: int
    pc: int
    taps: int
    lanes: int


@dataclass(frozen=True)
class Trace:
    """What every warp does when.

    Parameters
    ----------
    timing : Timing
    spans : mapping of str to sequence of Span
        By what it waits for, or is in: ``front_end``, ``post`` (the post engine), ``drain`` (of the
        multiply engine), ``result``, ``barrier``.
    walks : sequence of Walk
        Of the multiply engine, in their order.
    due : ndarray of int8, shape (cycles,)
        What each cycle counts as: index into :data:`IDLE`, or -1 where the multiply engine walks.
    """

    timing: Timing
    spans: Mapping[str, Sequence[Span]]
    walks: Sequence[Walk]
    due: np.ndarray


@dataclass
class _Engine:
    scalars: int
    latency: int
    waiting: set[int] = field(default_factory=set)
    last: int = -1
    taken: int = 0  # from this cycle on the first place is free
    free: int = 0  # from this cycle on a walk may begin


# Order of what happens in one cycle: an engine chooses when all that ask for it have asked.
_RUN, _REQUEST, _ARRIVE, _GRANT = range(4)


class _Model:
    def __init__(self, program: Program, result_free: int):
        unit = program.unit
        self.program, self.unit = program, unit
        self.result_free = result_free
        self.code: list[Instruction | None] = [_decoded(word) for word in program.code]
        self.warps = [Warp(number, unit) for number in range(unit.warps)]
        self.engines = {
            Place.MULTIPLY: _Engine(MULTIPLY_SCALARS, unit.multiply_latency),
            Place.POST: _Engine(POST_SCALARS, POST_LATENCY),
        }
        self.places = list(self.engines)
        self.events: list[tuple[int, int, int]] = []  # cycle, kind, warp or engine
        self.ended: list[Ended] = []
        self.at_barrier: dict[int, int] = {}  # arrival by warp
        self.halted: dict[int, int] = {}
        self.released: int | None = None
        self.walks: list[Walk] = []
        self.spans: dict[str, list[Span]] = {cause: [] for cause in IDLE}
        self.layers: list[tuple[int, int]] = [(-1, 0)]

    # Events -----------------------------------------------------------------------------------

    def run(self) -> None:
        for number in range(self.unit.warps):
            heapq.heappush(self.events, (number, _RUN, number))
        while self.events:
            cycle, kind, number = heapq.heappop(self.events)
            if kind == _RUN:
                self.step(number, cycle)
            elif kind == _REQUEST:
                self.request(number, cycle)
            elif kind == _ARRIVE:
                self.arrive(number, cycle)
            else:
                self.grant(self.engines[self.places[number]], self.places[number], cycle)

    def resume(self, number: int, ended: int) -> None:
        """A warp goes on after the cycle in which its instruction ended."""
        heapq.heappush(self.events, (self.unit.begin_cycle(number, ended + 1), _RUN, number))

    def end(self, number: int, cycle: int, pc: int) -> None:
        self.ended.append(Ended(cycle, number, pc))

    def add(self, place: str, begin: int, end: int, number: int, pc: int) -> None:
        self.spans[place].append(Span(begin, end, number, pc))

    def instruction(self, number: int) -> Instruction:
        warp = self.warps[number]
        instruction = self.code[warp.pc] if warp.pc < len(self.code) else None
        if instruction is None:
            raise TimingError(f"Warp {number} has no instruction at {warp.pc}")
        return instruction

    def step(self, number: int, cycle: int) -> None:
        """Run a warp from a slot on until it waits for something."""
        warp = self.warps[number]
        while True:
            pc, instruction = warp.pc, self.instruction(number)
            place = instruction.operation.place
            executed = cycle + FRONT_END_LATENCY - 1
            try:
                front_faults(self.program, instruction)
                if place in self.engines:
                    self.add("front_end", cycle, executed + 1, number, pc)
                    heapq.heappush(self.events, (executed + 1, _REQUEST, number))
                    return
                if instruction.mnemonic in ("BAR", "HALT"):
                    self.add("front_end", cycle, executed + 1, number, pc)
                    heapq.heappush(self.events, (executed, _ARRIVE, number))
                    return
                ended = self.control(warp, instruction, executed)
            except TrapError as error:
                raise TimingError(f"Warp {number} traps at {pc}: {error}") from error
            self.end(number, ended, pc)
            following = self.unit.begin_cycle(number, ended + 1)
            if instruction.mnemonic == "WAITR" and ended > executed:
                self.add("front_end", cycle, executed + 1, number, pc)
                self.add("result", executed + 1, ended + 1, number, pc)
                self.add("front_end", ended + 1, following, number, pc)
            else:
                self.add("front_end", cycle, following, number, pc)
            cycle = following

    def control(self, warp: Warp, instruction: Instruction, executed: int) -> int:
        """Do what needs no engine; return the cycle in which it ends."""
        operation = instruction.operation
        if operation.place is not Place.FRONT:
            if instruction.mnemonic in ("VLT", "VEQ"):
                warp.predicates[instruction.vd] = True  # depends on data
            warp.advance(warp.pc + 1)
            return executed + operation.latency
        if instruction.mnemonic == "REL":
            if self.released is not None:
                raise TrapError(Cause.SEQUENCE, 0)
            self.released = executed
        execute_front(self.program, warp, instruction)
        return max(executed, self.result_free) if instruction.mnemonic == "WAITR" else executed

    # Barriers ---------------------------------------------------------------------------------

    def arrive(self, number: int, cycle: int) -> None:
        """A warp is at a barrier, or has halted; that may open the barrier."""
        if self.instruction(number).mnemonic == "BAR":
            self.at_barrier[number] = cycle
        else:
            self.halted[number] = cycle
            self.end(number, cycle, self.warps[number].pc)
        if len(self.at_barrier) + len(self.halted) < len(self.warps) or not self.at_barrier:
            return
        first = min(self.at_barrier)
        self.layers.append((self.instruction(first).imm, cycle + 1))
        for number, arrived in sorted(self.at_barrier.items()):
            warp = self.warps[number]
            pc = warp.pc
            self.end(number, cycle, pc)
            warp.advance(pc + 1)
            self.add("barrier", arrived + 1, cycle + 1, number, pc)
            following = self.unit.begin_cycle(number, cycle + 1)
            self.add("front_end", cycle + 1, following, number, pc)
            self.resume(number, cycle)
        self.at_barrier.clear()

    # Engines ----------------------------------------------------------------------------------

    def request(self, number: int, cycle: int) -> None:
        place = self.instruction(number).operation.place
        engine = self.engines[place]
        engine.waiting.add(number)
        grant = (max(cycle, engine.taken), _GRANT, self.places.index(place))
        heapq.heappush(self.events, grant)

    def grant(self, engine: _Engine, place: Place, cycle: int) -> None:
        if not engine.waiting or engine.taken > cycle:
            return
        count = len(self.warps)
        number = min(engine.waiting, key=lambda warp: (warp - engine.last - 1) % count)
        engine.waiting.remove(number)
        engine.last = number
        begin = max(cycle + engine.scalars, engine.free)
        cycles = self.cycles(number)
        engine.taken = begin
        engine.free = begin + cycles
        ended = engine.free - 1 + engine.latency
        warp = self.warps[number]
        pc = warp.pc
        if place is Place.MULTIPLY:
            self.add("front_end", cycle, begin, number, pc)
            self.add("drain", begin + cycles, ended + 1, number, pc)
            self.walks.append(self.walk(number, begin, cycles))
        else:
            self.add("post", cycle, ended + 1, number, pc)
        self.end(number, ended, pc)
        warp.advance(pc + 1)
        following = self.unit.begin_cycle(number, ended + 1)
        self.add("front_end", ended + 1, following, number, pc)
        self.resume(number, ended)
        if engine.waiting:
            heapq.heappush(self.events, (engine.taken, _GRANT, self.places.index(place)))

    def cycles(self, number: int) -> int:
        warp, instruction = self.warps[number], self.instruction(number)
        scalars = warp.scalars[instruction.rs :]
        if instruction.operation.place is Place.MULTIPLY:
            stream = self.program.streams[instruction.d]
            self.check_beats(number, instruction, scalars[4], scalars[4] * stream.window)
            return stream.cycles(scalars[4])
        store = self.program.stores[instruction.d]
        reduces = bool(instruction.suffix)
        beats, remaining = scalars[2:4]
        # Beats without a window that is stored are not read.
        read = -(-store.windows(beats, remaining) // store.groups)
        self.check_beats(number, instruction, beats, read * (store.window if reduces else 1))
        return store.cycles(self.unit, beats, remaining, reduces)

    def check_beats(
        self, number: int, instruction: Instruction, beats: int, registers: int
    ) -> None:
        if not beats or instruction.v + registers > self.unit.registers:
            pc = self.warps[number].pc
            raise TimingError(f"Warp {number} traps at {pc}: BEATS {beats}")

    def walk(self, number: int, begin: int, cycles: int) -> Walk:
        warp, instruction = self.warps[number], self.instruction(number)
        stream = self.program.streams[instruction.d]
        beats = warp.scalars[instruction.rs + 4]
        taps = beats * stream.window * stream.positions * stream.taps
        lanes = int(warp.mask(instruction.pred).sum()) if instruction.operation.selects else 0
        return Walk(begin, begin + cycles, number, warp.pc, taps, lanes)

    # Report -----------------------------------------------------------------------------------

    def trace(self) -> Trace:
        total = max(self.halted.values()) + 1
        due = self.due(total)
        return Trace(self.report(total, due), self.spans, self.walks, due)

    def report(self, total: int, due: np.ndarray) -> Timing:
        counts: dict[int, int] = {}
        for each in self.ended:
            counts[each.pc] = counts.get(each.pc, 0) + 1
        return Timing(
            total,
            tuple(sorted(self.ended)),
            tuple(self.layer_timings(total, due)),
            counts,
            total - 1 if self.released is None else self.released,
        )

    def due(self, total: int) -> np.ndarray:
        # What each cycle is due to: later causes first, so that earlier ones prevail.
        due = np.zeros(total, dtype=np.int8)
        for index, cause in reversed(list(enumerate(IDLE))):
            for begin, end, _, _ in self.spans[cause]:
                due[begin:end] = index
        for walk in self.walks:
            due[walk.begin : walk.end] = -1
        return due

    def layer_timings(self, total: int, due: np.ndarray) -> list[LayerTiming]:
        ends = [begin for _, begin in self.layers[1:]] + [total]
        layers = []
        for (number, begin), end in zip(self.layers, ends, strict=True):
            if begin == end:
                continue
            causes = dict.fromkeys(CAUSES, 0.0)
            for index, cause in enumerate(IDLE):
                causes[cause] = float(np.count_nonzero(due[begin:end] == index))
            products = 0
            for walk in self.walks:
                if begin <= walk.begin < end:
                    products += self.add_walk(walk, causes)
            layers.append(LayerTiming(number, begin, end, causes, products))
        return layers

    def add_walk(self, walk: Walk, causes: dict[str, float]) -> int:
        """Add the cycles of a walk; return its products."""
        if not walk.lanes:
            causes["moving"] += walk.end - walk.begin
            return 0
        products = walk.taps * walk.lanes
        causes["useful"] += products / self.unit.lanes
        causes["idle_lanes"] += walk.taps * (self.unit.lanes - walk.lanes) / self.unit.lanes
        causes["stretched"] += walk.end - walk.begin - walk.taps
        return products


def _decoded(word: int) -> Instruction | None:
    try:
        return decode(word)
    except EncodingError:
        return None


def time_program(program: Program, *, result_free: int = 0) -> Timing:
    """Cycles of a program that does not trap; see :func:`trace_program`."""
    return trace_program(program, result_free=result_free).timing


def trace_program(program: Program, *, result_free: int = 0) -> Trace:
    """Cycles of a program that does not trap, and what every warp does in them.

    Parameters
    ----------
    program : Program
    result_free : int
        Cycle from which on the result memory may be written.

    Raises
    ------
    TimingError
        It traps, as far as that can be seen without data: addresses are not followed.
    """
    model = _Model(program, result_free)
    model.run()
    return model.trace()
