"""What software sees of a unit that it halts, steps and reads, by the simulator."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.base import Debugging, DebugStep
from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS, KINDS
from hawx_hw.architectures.simt.isa import PREDICATES, SCALARS, Place, decode
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Simulator, State
from hawx_hw.architectures.simt.state import Warp
from hawx_hw.gateware.debug import index_word

if TYPE_CHECKING:
    from hawx_hw.architectures.simt.plan import Plan

__all__ = ["Halted", "counts", "debugging", "state_reads"]

#: Most instructions that a verification steps by.
_STEPS = 80
_KIND = {name: number for number, name in enumerate(KINDS)}
_WORD = 0xFFFFFFFF
#: Lanes of a predicate that are read at once.
_LANES = 32


class Halted:
    """A simulated inference that is halted from its begin, and goes on by single steps.

    Parameters
    ----------
    program : Program
    activations : ndarray of int8 or None
    used : bool
        Whether registers hold something at the begin: they are undefined then.
    """

    def __init__(
        self, program: Program, activations: np.ndarray | None = None, *, used: bool = False
    ):
        self.program = program
        self.simulator = Simulator(program, activations)
        self.simulator.halt()
        for warp in self.warps if used else ():
            warp.scalars[1:] = [1] * (SCALARS - 1)
            warp.predicates[1:] = True
            warp.registers[:] = 1

    @property
    def warps(self) -> tuple[Warp, ...]:
        """The registers of all warps."""
        return self.simulator.outcome().warps

    @property
    def ready(self) -> Sequence[int]:
        """Warps that would begin an instruction."""
        if self.simulator.done:
            return []
        return [n for n, state in enumerate(self.simulator.states) if state is State.READY]

    def following(self, warp: int) -> int:
        """The first warp after one that is ready; some warp has to be."""
        count = self.program.unit.warps
        return min(self.ready, key=lambda each: (each - warp - 1) % count)

    def step(self, warp: int) -> frozenset[str]:
        """Run an instruction of a warp that is ready; returns the names of what it wrote."""
        before = self.simulator.retired
        self.simulator.permit(warp)
        while self.simulator.permitted is not None:
            self.simulator.step()
        while not self.simulator.still:
            self.simulator.step()
        ended = self.simulator.retirements(before)
        return frozenset(name for each in ended if each.warp == warp for name, _ in each.results)


def state_reads(
    program: Program, warp: Warp, names: frozenset[str] | None = None
) -> Iterator[tuple[int, int]]:
    """Words of DEBUG_INDEX with what DEBUG_DATA reads of a warp.

    Parameters
    ----------
    program : Program
    warp : Warp
    names : frozenset of str or None
        Registers to be read beside the program counter, such as ``"s3"``; None: all of them.
    """
    unit, number = program.unit, warp.number

    def chosen(letter: str, count: int) -> Iterator[int]:
        return (n for n in range(count) if names is None or f"{letter}{n}" in names)

    yield index_word(_KIND["pc"], number, 0, 0), warp.pc
    for scalar in chosen("s", SCALARS):
        yield index_word(_KIND["scalar"], number, scalar, 0), warp.scalars[scalar]
    for predicate in chosen("p", PREDICATES):
        bits = sum(int(bit) << lane for lane, bit in enumerate(warp.predicates[predicate]))
        for part in range(-(-unit.lanes // _LANES)):
            value = bits >> _LANES * part & _WORD
            yield index_word(_KIND["predicate"], number, predicate, part), value
    for register in chosen("v", unit.registers):
        for lane in range(unit.lanes):
            value = int(warp.registers[register][lane]) & _WORD
            yield index_word(_KIND["vector"], number, register, lane), value


def counts(plan: Plan) -> dict[str, int]:
    """What counters have after an inference, those that the models of cycles and accesses have."""
    timing = plan.timing
    causes: dict[str, float] = {}
    for layer in timing.layers:
        for name, cycles in layer.causes.items():
            causes[name] = causes.get(name, 0.0) + cycles
    uses: dict[str, tuple[float, float]] = {}
    for use in plan.accesses():
        reads, writes = uses.get(use.use, (0.0, 0.0))
        uses[use.use] = reads + use.reads * use.count, writes + use.writes * use.count
    walks = {Place.MULTIPLY: 0, Place.POST: 0}
    for _, issue in plan.schedule:
        place, scalars = issue.instruction.operation.place, issue.scalars
        if place is Place.MULTIPLY:
            walks[place] += plan.program.streams[issue.instruction.d].cycles(scalars[4])
        else:
            store, reduces = plan.program.stores[issue.instruction.d], bool(issue.instruction.fn)
            walks[place] += store.cycles(plan.unit, scalars[2], scalars[3], reduces)
    return {
        "cycles": timing.cycles,
        "instructions": len(timing.retirements),
        "multiply": walks[Place.MULTIPLY],
        "post": walks[Place.POST],
        **{
            f"wait_{name}": round(causes[name])
            for name in ("front_end", "post", "drain", "result", "barrier")
        },
        "activation_reads": round(uses["activation"][0]),
        "weight_reads": round(uses["weight"][0]),
        "register_reads": round(uses["register"][0]),
        "register_writes": round(uses["register"][1]),
    }


def debugging(plan: Plan, image: np.ndarray) -> Debugging:
    """See :class:`~hawx_hw.architectures.base.DebuggedPlan`.

    Warps take turns, until each has been in both engines; then all that is defined is read.
    """
    program, activations = plan.program, plan.compiled.image.memory(image)
    # What both hold alike does not depend on what registers held before.
    runs = [Halted(program, activations, used=used) for used in (False, True)]
    first = runs[0]
    steps: list[DebugStep] = []
    seen: set[tuple[int, Place]] = set()
    warp = -1
    while first.ready and len(steps) < _STEPS and len(seen) < 2 * program.unit.warps:
        warp = first.following(warp)
        place = decode(program.code[first.warps[warp].pc]).operation.place
        written, _ = [run.step(warp) for run in runs]
        if place in (Place.MULTIPLY, Place.POST):
            seen.add((warp, place))
        steps.append(DebugStep(warp, _defined(runs, warp, written)))
    everything = (read for number in range(program.unit.warps) for read in _defined(runs, number))
    steps[-1] = DebugStep(warp, (*steps[-1].reads, *everything))
    numbers = {name: number for number, name in enumerate(COUNTERS)}
    return Debugging(
        tuple(steps),
        tuple(
            (index_word(_KIND["counter"], 0, numbers[name], 0), value)
            for name, value in counts(plan).items()
        ),
    )


def _defined(
    runs: Sequence[Halted], warp: int, names: frozenset[str] | None = None
) -> tuple[tuple[int, int], ...]:
    """What is read of a warp, as far as all runs agree."""
    reads = [tuple(state_reads(run.program, run.warps[warp], names)) for run in runs]
    return tuple(own for own, *others in zip(*reads, strict=True) if others == [own])
