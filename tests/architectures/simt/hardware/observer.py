"""The simulator with an eye on what programs do: races, and states that the coverage counts."""

from __future__ import annotations

from typing import Any

from hawx_hw.architectures.simt.isa import (
    MULTIPLY_SCALARS,
    POST_SCALARS,
    Instruction,
    Place,
    decode,
)
from hawx_hw.architectures.simt.simulator import Outcome, Simulator
from hawx_hw.architectures.simt.walks import store_fault, store_steps, stream_fault, stream_taps
from tests.architectures.simt.programs import Case

__all__ = ["Observer", "observe"]


class Observer(Simulator):
    """Simulates a case.

    Attributes
    ----------
    races : set of (str, int)
        Words, of the activation memory ``a`` or of the result ``r``, that two warps used between
        two barriers, one of them writing. What becomes of them is undefined.
    undefined : list of (int, str, int)
        Warp, ``v`` or ``p``, and number of what a trap leaves undefined.
    """

    def __init__(self, case: Case):
        super().__init__(
            case.program, case.activations, result_free=case.result_free, watchdog=case.watchdog
        )
        self.races: set[tuple[str, int]] = set()
        self._users: dict[tuple[str, int], dict[int, bool]] = {}

    # Races ------------------------------------------------------------------------------------

    def _use(self, warp: int, word: tuple[str, int], writes: bool) -> None:
        users = self._users.setdefault(word, {})
        users[warp] = users.get(warp, False) or writes
        if len(users) > 1 and any(users.values()):
            self.races.add(word)

    def _open_barrier(self) -> None:
        before = len(self._retired)
        super()._open_barrier()
        if len(self._retired) > before:
            self._users.clear()

    def _begin_walk(self, engine: Any, number: int) -> None:
        warp = self._warps[number]
        instruction = decode(self._program.code[warp.pc])
        if engine.place is Place.MULTIPLY:
            self._see_stream(number, instruction, warp.scalars)
        else:
            self._see_store(number, instruction, warp.scalars)
        super()._begin_walk(engine, number)

    def _see_stream(self, number: int, i: Instruction, scalars: list[int]) -> None:
        program = self._program
        stream, own = program.streams[i.d], scalars[i.rs : i.rs + MULTIPLY_SCALARS]
        if stream_fault(program, stream, i, own) is not None:
            return
        depth = program.unit.activation_words
        for tap in stream_taps(program, stream, i, own, depth):
            for word, inside in zip(tap.words, tap.inside, strict=True):
                if inside and word < depth:
                    self._use(number, ("a", word), False)

    def _see_store(self, number: int, i: Instruction, scalars: list[int]) -> None:
        program = self._program
        store, own = program.stores[i.d], scalars[i.rs : i.rs + POST_SCALARS]
        if store_fault(program, store, i, own, self._claimed) is not None:
            return
        unit = program.unit
        depth = unit.result_words if store.result else unit.activation_words
        for step in store_steps(program, store, i, own, depth):
            if step.ends:
                self._use(number, ("r" if store.result else "a", step.address), True)

    # What a trap leaves undefined ---------------------------------------------------------------

    @property
    def undefined(self) -> list[tuple[int, str, int]]:
        if self._trap is None:
            return []
        found = []
        for warp in self._warps:
            for name, number in _targets(self, warp):
                found.append((warp.number, name, number))
        return found


def _targets(simulator: Observer, warp: Any) -> list[tuple[str, int]]:
    """What the instruction at a warp's program counter writes, be it in flight."""
    program = simulator._program
    try:
        i = decode(program.code[warp.pc])
    except (IndexError, ValueError):
        return []
    place = i.operation.place
    if place is Place.BROADCAST or place is Place.ARITHMETIC:
        if i.mnemonic in ("VLT", "VEQ"):
            return [("p", i.vd)]
        return [("v", i.v if i.mnemonic == "VSET" else i.vd)]
    if place is not Place.MULTIPLY or i.d >= len(program.streams):
        return []
    count = warp.scalars[i.rs + 4] if i.rs + 4 < 16 else 0
    count *= program.streams[i.d].window
    last = min(i.v + count, program.unit.registers)
    return [("v", number) for number in range(i.v, last)]


def observe(case: Case, limit: int = 20_000) -> tuple[Outcome, Observer]:
    """Run a case."""
    observer = Observer(case)
    return observer.run(limit), observer
