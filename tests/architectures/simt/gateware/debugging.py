"""Steps a core and the simulator side by side, and compares what they hold."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import numpy as np

from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS, KINDS
from hawx_hw.architectures.simt.isa import PREDICATES, SCALARS
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Simulator, State
from hawx_hw.architectures.simt.state import Warp

#: Reads what an index of (kind, source, number, part) names.
Read = Callable[[int, int, int, int], Awaitable[int]]


class Reference:
    """The simulator, halted: one instruction of one warp at a time."""

    def __init__(self, program: Program, activations: np.ndarray | None = None):
        self.program = program
        self.simulator = Simulator(program, activations)
        self.simulator.halted = True

    @property
    def warps(self) -> tuple[Warp, ...]:
        return self.simulator.outcome().warps

    @property
    def ready(self) -> list[int]:
        if self.simulator.done:
            return []
        return [n for n, state in enumerate(self.simulator.states) if state is State.READY]

    def step(self, warp: int) -> set[str]:
        """Run an instruction of a warp; the names of what was written."""
        before = self.simulator.retired
        self.simulator.permitted = warp
        while self.simulator.permitted is not None:
            self.simulator.step()
        while not self.simulator.still:
            self.simulator.step()
        ended = self.simulator.retirements(before)
        return {name for each in ended if each.warp == warp for name, _ in each.results}


def values(program: Program, warp: Warp, names: set[str] | None) -> Iterator[tuple[Any, int]]:
    """Indices of a warp's state with what they should read; all of it, or what was written."""
    unit, kind = program.unit, {name: number for number, name in enumerate(KINDS)}
    number = warp.number
    yield (kind["pc"], number, 0, 0), warp.pc
    for scalar in range(SCALARS):
        if names is None or f"s{scalar}" in names:
            yield (kind["scalar"], number, scalar, 0), warp.scalars[scalar]
    for predicate in range(PREDICATES):
        if names is None or f"p{predicate}" in names:
            bits = sum(int(bit) << lane for lane, bit in enumerate(warp.predicates[predicate]))
            for part in range(-(-unit.lanes // 32)):
                yield (
                    (kind["predicate"], number, predicate, part),
                    bits >> 32 * part & 0xFFFFFFFF,
                )
    for register in range(unit.registers):
        if names is None or f"v{register}" in names:
            for lane in range(unit.lanes):
                value = int(warp.registers[register][lane])
                yield (kind["vector"], number, register, lane), value & 0xFFFFFFFF


async def compare(read: Read, program: Program, warp: Warp, names: set[str] | None = None) -> None:
    """Compare the state of a warp with what the hardware reads."""
    for index, value in values(program, warp, names):
        result = await read(*index)
        assert result == value, (list(KINDS)[index[0]], *index[1:], result, value)


async def counters(read: Read) -> dict[str, int]:
    """All counters by name."""
    kind = list(KINDS).index("counter")
    return {name: await read(kind, 0, number, 0) for number, name in enumerate(COUNTERS)}
