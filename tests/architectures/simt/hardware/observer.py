"""The simulator with an eye on what programs do: races, and the bins of the coverage."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    OPERATIONS,
    POST_SCALARS,
    SCALARS,
    EncodingError,
    Instruction,
    Place,
    decode,
)
from hawx_hw.architectures.simt.simulator import Outcome, Simulator, State
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.walks import (
    Step,
    Tap,
    store_fault,
    store_steps,
    stream_fault,
    stream_taps,
)
from tests.architectures.simt.hardware.coverage import (
    ENGINE,
    LOOPS,
    MOST_ORDERED,
    Bin,
    many,
    operand_class,
)
from tests.architectures.simt.hardware.shape import Shape
from tests.architectures.simt.programs import Case

__all__ = ["Observer", "observe"]


class Observer(Simulator):
    """Simulates a case.

    Attributes
    ----------
    races : set of (str, int)
        Words, of the activation memory ``a`` or of the result ``r``, that two warps used between
        two barriers, one of them writing. What becomes of them is undefined.
    bins : Counter
        What the program has reached of the coverage.
    """

    def __init__(self, case: Case, shape: Shape):
        super().__init__(
            case.program, case.activations, result_free=case.result_free, watchdog=case.watchdog
        )
        self.races: set[tuple[str, int]] = set()
        self.bins: Counter[Bin] = Counter()
        self._shape = shape
        self._users: dict[tuple[str, int], dict[int, bool]] = {}
        self._arrived: list[int] = []
        self._faulted: set[int] = set()
        self._classes: dict[tuple[int, int], list[tuple[str, str, str]]] = {}

    def _count(self, *name: object) -> None:
        self.bins[name] += 1

    # The front end ------------------------------------------------------------------------------

    def _walks(self) -> tuple[bool, bool]:
        """Whether the engines walk."""
        multiply, post = (engine.free > self._cycle for engine in self._engines)
        return multiply, post

    def _execute(self, number: int) -> None:
        warp, code = self._warps[number], self._program.code
        if warp.pc < len(code):
            self._see_word(code[warp.pc], warp.pc)
        super()._execute(number)

    def _see_word(self, word: int, pc: int) -> None:
        state = {(0, 0): "idle", (1, 0): "multiply", (0, 1): "post"}.get(self._walks(), "both")
        if (word, pc) not in self._classes:
            self._classes[word, pc] = self._classes_of(word, pc)
        for name, field, which in self._classes[word, pc]:
            if not field:
                self._count("state", name, state)
                self._count("any operation", state)
                continue
            self._count("operand", name, field, which)
            self._count("operand in state", name, field, which, state)

    def _classes_of(self, word: int, pc: int) -> list[tuple[str, str, str]]:
        """The operation of a word, and the class of each of its fields; nothing if it has none."""
        operation = OPERATIONS.get(word >> 26)
        if operation is None or word & ~operation.mask:
            return []
        length = len(self._program.code)
        classes = [(operation.mnemonic, "", "")]
        for each, place in operation.fields.items():
            which = operand_class(operation, each, place.extract(word), self._shape, pc, length)
            classes.append((operation.mnemonic, each, which))
        return classes

    def _dispatch(self, warp: Any, instruction: Instruction) -> None:
        for engine in self._engines:
            if engine.place is instruction.operation.place:
                there = len(engine.waiting) + (engine.reading is not None)
                there += engine.free > self._cycle
                self._count("engine", instruction.mnemonic, ENGINE[min(there, 2)])
        match instruction.mnemonic:
            case "BAR":
                self._arrived.append(warp.number)
            case "WAITR":
                self._count("waits for the result", self._cycle < self._result_free)
            case "LOOP":
                turns = warp.scalars[instruction.ra]
                self._count("loop", len(warp.loops) + 1, many(turns))
        inner = len(warp.loops) == 2 and warp.loops[0].end == warp.loops[1].end == warp.pc + 1
        if inner and all(loop.left == 1 for loop in warp.loops):
            self._count("loops that end together")
        super()._dispatch(warp, instruction)

    def _open_barrier(self) -> None:
        before = len(self._retired)
        super()._open_barrier()
        if len(self._retired) == before:
            return
        self._users.clear()
        warps, order = self._program.unit.warps, self._arrived
        if len(order) < warps:
            self._count("barrier without some")
        elif warps <= MOST_ORDERED:
            self._count("barrier", *order)
        else:
            for first, second in itertools.combinations(order, 2):
                self._count("barrier of more", warps, first, "before", second)
        self._arrived = []

    def _stop(self, number: int, cause: Cause, value: int) -> None:
        # Of two in one cycle both count.
        self._count("trap", cause.name, number)
        if all(self._walks()):
            self._count("trap while both engines run")
        self._faulted.add(number)
        super()._stop(number, cause, value)

    def outcome(self) -> Outcome:
        """What there is so far."""
        outcome = super().outcome()
        if outcome.trap is None:
            early = outcome.released is not None and outcome.released < outcome.cycles - 1
            self._count("released", "by REL" if early else "at the end")
        return outcome

    # The engines ----------------------------------------------------------------------------------

    def _use(self, warp: int, word: tuple[str, int], writes: bool) -> None:
        users = self._users.setdefault(word, {})
        users[warp] = users.get(warp, False) or writes
        if len(users) > 1 and any(users.values()):
            self.races.add(word)

    def _begin_walk(self, engine: Any, number: int) -> None:
        warp = self._warps[number]
        instruction = decode(self._program.code[warp.pc])
        if engine.place is Place.MULTIPLY:
            own = warp.scalars[instruction.rs : instruction.rs + MULTIPLY_SCALARS]
            self._see_stream(number, instruction, own)
        else:
            own = warp.scalars[instruction.rs : instruction.rs + POST_SCALARS]
            self._see_store(number, instruction, own)
        super()._begin_walk(engine, number)

    def _see_stream(self, number: int, i: Instruction, scalars: Sequence[int]) -> None:
        program = self._program
        stream = program.streams[i.d]
        if stream_fault(program, stream, i, scalars) is not None:
            return
        depth = program.unit.activation_words
        taps = _until_fault(stream_taps(program, stream, i, scalars, depth))
        for tap in taps:
            for word, inside in zip(tap.words, tap.inside, strict=True):
                if inside and word < depth:
                    self._use(number, ("a", word), False)
        if taps[-1].fault is None:
            self._see_loops(stream, i, scalars)
            self._see_edges(stream, scalars, taps)
            self._see_windows(stream, taps)

    def _see_loops(self, stream: Stream, i: Instruction, scalars: Sequence[int]) -> None:
        beats, unit = scalars[4], self._program.unit
        for loop in LOOPS:
            self._count("stream", loop, many(beats if loop == "beats" else getattr(stream, loop)))
        self._count("beats", beats)
        if beats * stream.window > 1:
            self._count("hazard", stream.cycles(beats) > stream.words - 1 + stream.positions
                        * beats * stream.window * stream.run)  # fmt: skip
        self._count("groups", "stream", stream.groups)
        if not i.operation.selects:
            return
        selection = i.sel - 1 if i.sel else stream.selection
        mask = self._warps_mask(i)
        lanes = self._shape.lanes
        for lane in np.flatnonzero(mask).tolist():
            kind = tuple(lanes.blocks[n].name for n in lanes.of_lane(lane))
            block = lanes.blocks[lanes.choice[selection, lane]].name
            self._count("selection", selection, block, kind)
        assert unit.lanes == len(mask)

    def _warps_mask(self, i: Instruction) -> np.ndarray:
        engine = self._engines[0]
        assert engine.reading is not None
        return self._warps[engine.reading].mask(i.pred)

    def _see_edges(self, stream: Stream, scalars: Sequence[int], taps: Sequence[Tap]) -> None:
        modulus = 1 << self._program.unit.scalar_bits
        half = modulus // 2
        sides: set[str] = set()
        for tap, (x, y) in zip(taps, _coordinates(stream, scalars), strict=True):
            column = (x % modulus + half) % modulus - half
            line = (y % modulus + half) % modulus - half
            beyond_x = stream.width and not tap.inside[0] and not 0 <= column < stream.width
            beyond_y = stream.height and not 0 <= line < stream.height
            if beyond_x and beyond_y:
                sides.add("corner")
            elif beyond_x:
                sides.add("left" if column < 0 else "right")
            elif beyond_y:
                sides.add("top" if line < 0 else "bottom")
        if not any(any(tap.inside) for tap in taps):
            sides.add("all")
        for side in sides:
            self._count("edge", side)

    def _see_windows(self, stream: Stream, taps: Sequence[Tap]) -> None:
        """Words of group 0, run after run."""
        known: set[int] = set()
        kinds: set[str] = set()
        for first in range(0, len(taps), stream.taps):
            words = {tap.words[0] for tap in taps[first : first + stream.taps]}
            kinds.add("straddle" if len(words) > 1 else "hit" if words <= known else "miss")
            known = words
        for kind in kinds:
            self._count("window", kind)

    def _see_store(self, number: int, i: Instruction, scalars: Sequence[int]) -> None:
        program = self._program
        store = program.stores[i.d]
        if store_fault(program, store, i, scalars, self._claimed) is not None:
            return
        unit = program.unit
        depth = unit.result_words if store.result else unit.activation_words
        steps = _until_fault(store_steps(program, store, i, scalars, depth))
        for step in steps:
            if step.ends:
                self._use(number, ("r" if store.result else "a", step.address), True)
        if not steps or steps[-1].fault is None:
            self._see_rule(store, i, scalars, steps)

    def _see_rule(
        self, store: Store, i: Instruction, scalars: Sequence[int], steps: Sequence[Step]
    ) -> None:
        name = f"{i.mnemonic}.{i.suffix}" if i.suffix else i.mnemonic
        beats, remaining = scalars[2:]
        whole = beats * store.groups
        left = "fewer" if remaining < whole else "as many" if remaining == whole else "more"
        self._count("windows left", left if remaining else "none")
        self._count("groups", "store", store.groups)
        if not steps:
            return
        self._count("store to", name, "result" if store.result else "activations")
        if i.suffix:
            self._count("window of", i.suffix, many(store.window))
        if i.mnemonic == "QST":
            self._count("shift", store.shift)
            self._count("step", store.step)
        unit = self._program.unit
        full = store.codes(unit, store.words(unit) - 1) == unit.word
        self._count("last word", "full" if full else "in part")

    # What a trap leaves undefined ----------------------------------------------------------------

    @property
    def undefined(self) -> set[tuple[int, str, int]]:
        """Warp, ``v`` or ``p``, and number of what the instructions in flight may have written."""
        if self._trap is None:
            return set()
        return {
            (warp.number, name, number)
            for warp in self._warps
            if self._states[warp.number] is State.BUSY
            for name, number in self._targets(warp)
        }

    def _targets(self, warp: Any) -> list[tuple[str, int]]:
        """What the instruction of a warp, which is in flight, may have written."""
        program, registers = self._program, self._program.unit.registers
        if warp.pc >= len(program.code):
            return []
        try:
            i = decode(program.code[warp.pc])
        except EncodingError:
            return []
        place = i.operation.place
        if place in (Place.BROADCAST, Place.ARITHMETIC):
            if i.mnemonic in ("VLT", "VEQ"):
                return [("p", i.vd)]
            return [("v", i.v if i.mnemonic == "VSET" else i.vd)]
        if place is not Place.MULTIPLY or warp.number not in self._faulted:
            return []
        if i.rs + MULTIPLY_SCALARS > SCALARS or i.d >= len(program.streams):
            return []
        beats = warp.scalars[i.rs + MULTIPLY_SCALARS - 1]
        end = i.v + beats * program.streams[i.d].window
        # Who goes beyond the last register may write any.
        first, end = (i.v, end) if beats and end <= registers else (0, registers)
        return [("v", number) for number in range(first, end)]


_S = TypeVar("_S", Tap, Step)


def _until_fault(steps: Iterable[_S]) -> list[_S]:
    """The steps that a walk takes: the first that faults is the last."""
    taken = []
    for step in steps:
        taken.append(step)
        if step.fault is not None:
            break
    return taken


def _coordinates(stream: Stream, scalars: Sequence[int]) -> list[tuple[int, int]]:
    """x and y of each tap of group 0, in order."""
    s = stream
    beats = scalars[4]
    shape = (s.blocks, s.kernel_y, s.kernel_x, s.down, beats, s.across, s.taps)
    _, kernel_y, kernel_x, down, beat, across, tap = np.indices(shape).reshape(7, -1)
    x = scalars[1] + kernel_x * s.kernel_x_x + beat * s.beat_x + across * s.across_x + tap * s.tap_x
    y = scalars[2] + kernel_y * s.kernel_y_y + beat * s.beat_y + down * s.down_y
    return list(zip(x.tolist(), y.tolist(), strict=True))


def observe(case: Case, shape: Shape, limit: int = 500_000) -> tuple[Outcome, Observer]:
    """Run a case that fits a shape."""
    observer = Observer(case, shape)
    return observer.run(limit), observer
