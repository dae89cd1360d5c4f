"""The simulator: what a unit computes, and in which cycle.

It is the definition of the unit, plain and slow: it goes from cycle to cycle. What instructions
compute is in :mod:`~hawx_hw.architectures.simt.execution`; here is when they begin and end.

**Front end.** In cycle t, warp ``t mod b`` begins an instruction if its last one has ended. Three
cycles later the instruction is executed: it ends there, goes on to the vector lanes, or asks for an
engine.

**Engines.** An engine has two places. In the first, a warp's scalars are read, one a cycle; of the
warps that wait it takes the next one after the last. In the second the walk takes place; a walk
begins when the one before has taken its last step and its own scalars are read, and frees the first
place. Some cycles after its last step the instruction ends.

**Halt.** While the unit is halted, no warp begins an instruction but one that is permitted to;
those that have begun go on to their end. A warp that is to begin the instruction at a breakpoint
halts the unit instead. Only a warp that is ready is permitted to begin.

**Traps.** After the cycle of a trap no instruction begins, none ends but those whose walk has
begun, and these go on to their end.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from hawx_hw.architectures.simt.execution import (
    Results,
    TrapError,
    execute_front,
    execute_vector,
    front_faults,
    run_store,
    run_stream,
)
from hawx_hw.architectures.simt.isa import (
    FRONT_END_LATENCY,
    MULTIPLY_FAULT_LATENCY,
    MULTIPLY_SCALARS,
    POST_FAULT_LATENCY,
    POST_LATENCY,
    POST_SCALARS,
    EncodingError,
    Instruction,
    Place,
    decode,
)
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Memories, Warp
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.walks import Fault

__all__ = ["Outcome", "Retirement", "Simulator", "State", "Trap", "simulate"]


@dataclass(frozen=True)
class Trap:
    """Why the unit stopped, and where."""

    cause: Cause
    warp: int
    pc: int
    value: int
    cycle: int


@dataclass(frozen=True)
class Retirement:
    """The end of an instruction: of a warp, in a cycle from 0, with what it wrote."""

    cycle: int
    warp: int
    pc: int
    word: int
    results: Results


@dataclass(frozen=True)
class Outcome:
    """What a run came to.

    Parameters
    ----------
    cycles : int
        In which the unit was busy: until its last warp ended, or until all was still after a trap.
    trap : Trap or None
    retirements : tuple of Retirement
        In the order of cycles and warps.
    memories : Memories
    warps : tuple of Warp
        Their registers at the end.
    released : int or None
        Cycle in which the image was released: that of REL, or the last one.
    """

    cycles: int
    trap: Trap | None
    retirements: tuple[Retirement, ...]
    memories: Memories
    warps: tuple[Warp, ...]
    released: int | None


class State(enum.Enum):
    """What a warp does."""

    READY = "ready"
    BUSY = "busy"
    BARRIER = "waits at a barrier"
    RESULT = "waits for the result memory"
    HALTED = "has ended"


@dataclass
class _Walk:
    """A walk, or what follows its last step.

    Parameters
    ----------
    warp : int
    fault : Fault or None
    trap, end : int
        The cycle in which the unit learns of the fault, and the one in which the instruction ends
        without one.
    finish : callable
    """

    warp: int
    fault: Fault | None
    trap: int
    end: int
    finish: Callable[[], Results]


@dataclass
class _Engine:
    """One of the two engines.

    Parameters
    ----------
    place : Place
    scalars : int
        That it reads.
    latency, fault_latency : int
        From the last step to the end, and from one that faults to the trap.
    """

    place: Place
    scalars: int
    latency: int
    fault_latency: int
    waiting: set[int] = field(default_factory=set)
    last: int = -1
    reading: int | None = None
    read: int = 0  # the cycle in which the scalars are there
    free: int = 0  # the cycle in which the next walk may begin
    walks: list[_Walk] = field(default_factory=list)


class Simulator:
    """One inference of a program.

    Parameters
    ----------
    program : Program
    activations : ndarray of int8 or None
        The first words of the activation memory, ``(words, L)``: the image.
    result_free : int
        Cycle from which on the result memory may be written.
    watchdog : int
        Cycles after which a trap ends the inference; 0: never.

    Attributes
    ----------
    halted : bool
        No warp begins an instruction, but for the permitted one.
    breakpoints : set of int
        Addresses.
    """

    def __init__(
        self,
        program: Program,
        activations: np.ndarray | None = None,
        *,
        result_free: int = 0,
        watchdog: int = 0,
    ):
        unit = program.unit
        self._program = program
        self._memories = Memories.of(unit, activations)
        self._result_free = result_free
        self._watchdog = watchdog
        self._cycle = 0
        self._warps = [Warp(number, unit) for number in range(unit.warps)]
        self._states = [State.READY] * unit.warps
        self._executes: dict[int, int] = {}  # warps by the cycle
        self._ends: dict[int, list[tuple[int, Instruction]]] = {}  # vector instructions
        self._engines = (
            _Engine(
                Place.MULTIPLY, MULTIPLY_SCALARS, unit.multiply_latency, MULTIPLY_FAULT_LATENCY
            ),
            _Engine(Place.POST, POST_SCALARS, POST_LATENCY, POST_FAULT_LATENCY),
        )
        self.halted = False
        self._permitted: int | None = None
        self.breakpoints: set[int] = set()
        self._claimed = False
        self._released: int | None = None
        self._trap: Trap | None = None
        self._traps: list[Trap] = []
        self._retired: list[Retirement] = []
        self._retirements: list[Retirement] = []

    @property
    def cycle(self) -> int:
        """The next cycle."""
        return self._cycle

    @property
    def done(self) -> bool:
        """Whether all is still: every warp has halted, or a trap's last walk has ended."""
        if self._trap is not None:
            return not any(engine.walks for engine in self._engines)
        return all(state is State.HALTED for state in self._states)

    @property
    def trapped(self) -> bool:
        """Whether there was a trap."""
        return self._trap is not None

    @property
    def still(self) -> bool:
        """Whether nothing happens before a warp begins an instruction."""
        return self.done or not (
            any(state is State.BUSY for state in self._states)
            or (State.RESULT in self._states and self._cycle >= self._result_free)
        )

    @property
    def permitted(self) -> int | None:
        """The warp that begins one instruction in its next turn, halted or not."""
        return self._permitted

    def halt(self) -> None:
        """From now on no warp begins an instruction, nor does one that was permitted to."""
        self.halted, self._permitted = True, None

    def permit(self, number: int) -> None:
        """Let a warp begin one instruction; nothing where it is not ready, or not there."""
        there = self._trap is None and 0 <= number < len(self._warps)
        if there and self._states[number] is State.READY:
            self._permitted = number

    @property
    def states(self) -> tuple[State, ...]:
        """What each warp does."""
        return tuple(self._states)

    @property
    def retired(self) -> int:
        """Instructions that have ended."""
        return len(self._retirements)

    def retirements(self, first: int) -> tuple[Retirement, ...]:
        """Those that have ended, from a number on."""
        return tuple(self._retirements[first:])

    def run(self, limit: int | None = None) -> Outcome:
        """Step until all is still.

        Parameters
        ----------
        limit : int or None
            Most cycles.

        Raises
        ------
        TimeoutError
            More cycles are needed.
        """
        while not self.done:
            if limit is not None and self._cycle >= limit:
                raise TimeoutError(f"Not done after {limit} cycles")
            self.step()
        return self.outcome()

    def outcome(self) -> Outcome:
        """What there is so far."""
        released = self._released
        if released is None and self._trap is None and self.done:
            released = self._cycle - 1
        return Outcome(
            self._cycle,
            self._trap,
            tuple(self._retirements),
            self._memories,
            tuple(self._warps),
            released,
        )

    def step(self) -> None:
        """One cycle."""
        for engine in self._engines:
            self._step_engine(engine)
        if self._trap is None:
            for warp, instruction in self._ends.pop(self._cycle, ()):
                self._retire(warp, lambda w, i=instruction: execute_vector(w, i))  # type: ignore[misc]
            if self._cycle in self._executes:
                self._execute(self._executes.pop(self._cycle))
            self._wait_for_result()
            self._open_barrier()
            self._watch()
            if self._traps:
                self._trap = min(self._traps, key=lambda trap: trap.warp)
            self._issue()
        self._traps.clear()
        self._retirements += sorted(self._retired, key=lambda each: each.warp)
        self._retired.clear()
        self._cycle += 1

    # Front end --------------------------------------------------------------------------------

    def _issue(self) -> None:
        number = self._cycle % self._program.unit.period
        if number < len(self._warps) and self._states[number] is State.READY:
            # What retires in this cycle is ready in the next one.
            if any(each.warp == number for each in self._retired) or not self._may_begin(number):
                return
            self._states[number] = State.BUSY
            self._executes[self._cycle + FRONT_END_LATENCY - 1] = number

    def _may_begin(self, number: int) -> bool:
        if self._permitted == number:
            self._permitted = None
            return True
        if self._warps[number].pc in self.breakpoints:
            self.halted = True
        return not self.halted

    def _instruction(self, warp: Warp) -> Instruction:
        code = self._program.code
        if warp.pc >= len(code):
            raise TrapError(Cause.PC, warp.pc)
        try:
            return decode(code[warp.pc])
        except EncodingError as error:
            raise TrapError(Cause.ENCODING, code[warp.pc]) from error

    def _execute(self, number: int) -> None:
        warp = self._warps[number]
        try:
            instruction = self._instruction(warp)
            front_faults(self._program, instruction)
            self._dispatch(warp, instruction)
        except TrapError as error:
            self._stop(number, error.cause, error.value)

    def _dispatch(self, warp: Warp, instruction: Instruction) -> None:
        number, operation = warp.number, instruction.operation
        if operation.place is not Place.FRONT:
            for engine in self._engines:
                if engine.place is operation.place:
                    engine.waiting.add(number)
                    return
            end = self._cycle + operation.latency
            self._ends.setdefault(end, []).append((number, instruction))
            return
        match instruction.mnemonic:
            case "BAR":
                self._states[number] = State.BARRIER
                return
            case "WAITR":
                self._states[number] = State.RESULT
                return
            case "REL":
                if self._released is not None:
                    raise TrapError(Cause.SEQUENCE, 0)
                self._released = self._cycle
        results = self._do(warp, instruction)
        halts = instruction.mnemonic == "HALT"
        self._record(number, results, State.HALTED if halts else State.READY)

    def _do(self, warp: Warp, instruction: Instruction) -> Results:
        self._pc = warp.pc
        return execute_front(self._program, warp, instruction)

    def _record(self, number: int, results: Results, state: State = State.READY) -> None:
        word = self._program.code[self._pc]
        self._retired.append(Retirement(self._cycle, number, self._pc, word, results))
        self._states[number] = state

    def _retire(self, number: int, act: Callable[[Warp], Results]) -> None:
        warp = self._warps[number]
        self._pc = warp.pc
        self._record(number, act(warp))

    def _wait_for_result(self) -> None:
        if self._cycle < self._result_free:
            return
        for number, state in enumerate(self._states):
            if state is State.RESULT:
                self._claimed = True  # the engines see it in the next cycle
                self._retire(number, _go_on)

    def _open_barrier(self) -> None:
        if all(state in (State.BARRIER, State.HALTED) for state in self._states):
            for number, state in enumerate(self._states):
                if state is State.BARRIER:
                    self._retire(number, _go_on)

    # Engines ----------------------------------------------------------------------------------

    def _step_engine(self, engine: _Engine) -> None:
        if self._trap is None:
            if engine.reading is not None and max(engine.read, engine.free) <= self._cycle:
                self._begin_walk(engine, engine.reading)
                engine.reading = None
            if engine.reading is None and engine.waiting:
                count = len(self._warps)
                warp = min(engine.waiting, key=lambda w: (w - engine.last - 1) % count)
                engine.waiting.remove(warp)
                engine.last = engine.reading = warp
                engine.read = self._cycle + engine.scalars
        for walk in list(engine.walks):
            if walk.fault is not None and self._cycle == walk.trap:
                engine.walks.remove(walk)
                walk.finish()
                self._stop(walk.warp, walk.fault.cause, walk.fault.value)
            elif walk.fault is None and self._cycle == walk.end:
                engine.walks.remove(walk)
                self._retire(walk.warp, lambda _, act=walk.finish: act())  # type: ignore[misc]

    def _begin_walk(self, engine: _Engine, number: int) -> None:
        warp = self._warps[number]
        instruction = decode(self._program.code[warp.pc])
        if engine.place is Place.MULTIPLY:
            length, fault, finish = run_stream(self._program, warp, self._memories, instruction)
        else:
            length, fault, finish = run_store(
                self._program, warp, self._memories, instruction, self._claimed
            )
        engine.free = self._cycle + length
        end = engine.free - 1 + engine.latency
        trap = self._cycle + (fault.cycle if fault else 0) + engine.fault_latency
        engine.walks.append(_Walk(number, fault, trap, end, finish))

    # Traps ------------------------------------------------------------------------------------

    def _stop(self, number: int, cause: Cause, value: int) -> None:
        pc = self._warps[number].pc
        self._traps.append(Trap(cause, number, pc, value, self._cycle))

    def _watch(self) -> None:
        if self._cycle != self._watchdog or not self._watchdog or self._traps or self.done:
            return
        number = next(
            number for number, state in enumerate(self._states) if state is not State.HALTED
        )
        self._stop(number, Cause.WATCHDOG, 0)


def _go_on(warp: Warp) -> Results:
    warp.advance(warp.pc + 1)
    return ()


def simulate(
    program: Program,
    activations: np.ndarray | None = None,
    *,
    result_free: int = 0,
    watchdog: int = 0,
    limit: int | None = None,
) -> Outcome:
    """Run a program; see :class:`Simulator`."""
    simulator = Simulator(program, activations, result_free=result_free, watchdog=watchdog)
    return simulator.run(limit)
