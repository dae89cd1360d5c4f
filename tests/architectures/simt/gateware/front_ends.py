"""A front end with memories, and engines and vector registers that the simulator stands for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from amaranth.sim import Simulator

from hawx_hw.architectures.simt.execution import run_store, run_stream
from hawx_hw.architectures.simt.gateware.front_end import FrontEnd
from hawx_hw.architectures.simt.isa import (
    MULTIPLY_FAULT_LATENCY,
    POST_FAULT_LATENCY,
    POST_LATENCY,
    Place,
    decode,
)
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Outcome
from hawx_hw.architectures.simt.simulator import Simulator as Reference
from hawx_hw.architectures.simt.state import Memories, Warp
from tests.architectures.simt.gateware.engines import values_of, word_of


@dataclass(eq=False)
class Run:
    """What a front end did.

    Parameters
    ----------
    cycles : int
        In which it was busy.
    retired : list of (int, int)
        Cycle and warp of each instruction that ended.
    trap : tuple of int or None
        Cause, warp, address, value and cycle.
    """

    cycles: int = 0
    retired: list[tuple[int, int]] = field(default_factory=list)
    trap: tuple[int, ...] | None = None
    released: int | None = None
    done: bool = False
    layers: list[tuple[int, int]] = field(default_factory=list)
    warps: list[Warp] = field(default_factory=list)
    memories: Any = None


@dataclass(eq=False)
class _Engine:
    """An engine as the simulator has it."""

    place: Place
    latency: int
    fault_latency: int
    free: int = 0
    walks: list[Any] = field(default_factory=list)


class _Model:
    """What surrounds the front end, cycle by cycle."""

    def __init__(self, program: Program, activations: Any):
        unit = program.unit
        self.program, self.unit = program, unit
        self.warps = [Warp(number, unit) for number in range(unit.warps)]
        self.memories = Memories.of(unit, activations)
        self.engines = {
            "multiply": _Engine(Place.MULTIPLY, unit.multiply_latency, MULTIPLY_FAULT_LATENCY),
            "post": _Engine(Place.POST, POST_LATENCY, POST_FAULT_LATENCY),
        }

    def begin(self, name: str, cycle: int, payload: Any, claimed: bool) -> None:
        """A request is taken: check it, and walk."""
        engine = self.engines[name]
        warp = self.warps[payload["warp"]]
        instruction = decode(self.program.code[payload["pc"]])
        names = (
            ("address", "x", "y", "weight", "beats")
            if name == "multiply"
            else ("target", "constants", "beats", "remaining")
        )
        scalars = warp.scalars[instruction.rs : instruction.rs + len(names)]
        assert instruction.operation.place is engine.place
        assert [payload[each] for each in names] == scalars
        if name == "multiply":
            warp.predicates[1] = values_of(payload["lanes"], 1, self.unit.lanes)
            walked = replace(instruction, pred=1)
            length, fault, finish = run_stream(self.program, warp, self.memories, walked)
        else:
            length, fault, finish = run_store(
                self.program, warp, self.memories, instruction, claimed
            )
        engine.free = cycle + length
        trap = cycle + (fault.cycle if fault else 0) + engine.fault_latency
        engine.walks.append((warp.number, fault, trap, engine.free - 1 + engine.latency, finish))


def payload_of(ctx: Any, request: Any, names: tuple[str, ...]) -> dict[str, int]:
    return {name: ctx.get(getattr(request.payload, name)) for name in names}


@dataclass(frozen=True, eq=False)
class Inference:
    """A program, its image, when the result is free and the watchdog barks.

    ``idle`` cycles pass before the next one starts.
    """

    program: Program
    activations: Any = None
    result_free: int = 0
    watchdog: int = 0
    idle: int = 3

    @property
    def shape(self) -> tuple[object, ...]:
        """What the front end is built for."""
        p = self.program
        return p.unit, len(p.code), len(p.arguments), len(p.streams), len(p.stores)


def run_front_end(inferences: Sequence[Inference], limit: int = 20_000) -> list[Run]:
    """Run programs of one shape, one after the other."""
    program = inferences[0].program
    unit = program.unit
    assert len({each.shape for each in inferences}) == 1
    front = FrontEnd(
        unit,
        code=len(program.code),
        arguments=len(program.arguments) // unit.warps,
        streams=len(program.streams),
        stores=len(program.stores),
        layers=1 << 14,
    )
    runs: list[Run] = []

    async def testbench(ctx: Any) -> None:
        for each in inferences:
            runs.append(await inference(ctx, each))
            for _ in range(each.idle):
                await ctx.tick()

    async def inference(ctx: Any, given: Inference) -> Run:
        program = given.program
        run, model = Run(), _Model(program, given.activations)
        if runs:  # scalars are what the last program left
            for own, before in zip(model.warps, runs[-1].warps, strict=True):
                own.scalars = list(before.scalars)
        arguments = program.arguments or (0,)
        reads: list[tuple[Any, int, int]] = []
        ctx.set(front.start, 1)
        await ctx.tick()
        ctx.set(front.start, 0)
        cycle = 0
        while True:
            assert cycle < limit
            for port, warp, register in reads:
                ctx.set(
                    port.data, word_of(model.warps[warp].registers[register], unit.register_bits)
                )
            for name, reports in (("multiply", front.multiplied), ("post", front.posted)):
                _report(ctx, cycle, model.engines[name], reports, program)
                ctx.set(getattr(front, name).ready, model.engines[name].free <= cycle)
            ctx.set(front.result_free, cycle >= given.result_free)
            ctx.set(front.watchdog, cycle == given.watchdog != 0)
            await ctx.delay(0)
            reads = [
                (port, ctx.get(port.warp), ctx.get(port.register))
                for port in ((front.operands, front.targets) if unit.vectors else ())
                if ctx.get(port.enable)
            ]
            observe(ctx, cycle, run, model)
            if not ctx.get(front.busy):
                break
            run.cycles += 1
            cycle += 1
            words = [
                (port, memory[ctx.get(port.address)])
                for port, memory in ((front.program, program.code), (front.arguments, arguments))
                if ctx.get(port.enable)
            ]
            await ctx.tick()
            for port, word in words:
                ctx.set(port.data, word)
        run.warps, run.memories = model.warps, model.memories
        return run

    def observe(ctx: Any, cycle: int, run: Run, model: _Model) -> None:
        retired = ctx.get(front.retired)
        run.retired += [(cycle, warp) for warp in range(unit.warps) if retired >> warp & 1]
        written = front.scalar_write
        if ctx.get(written.valid):
            number = ctx.get(written.number)
            model.warps[ctx.get(written.warp)].set_scalar(number, ctx.get(written.data))
        if unit.vectors and ctx.get(front.writes.enable):
            writes = front.writes
            values = values_of(ctx.get(writes.data), unit.register_bits, unit.lanes)
            model.warps[ctx.get(writes.warp)].registers[ctx.get(writes.register)] = values
        for name in ("multiply", "post"):
            request = getattr(front, name)
            if ctx.get(request.valid) and ctx.get(request.ready):
                names = ("warp", *(n for n in request.payload.shape().members if n != "warp"))
                payload = payload_of(ctx, request, names)
                payload["pc"] = ctx.get(front.own_pcs[payload["warp"]])
                model.begin(name, cycle, payload, bool(ctx.get(front.claimed)))
        if ctx.get(front.trap.valid):
            trap = front.trap
            run.trap = (
                ctx.get(trap.cause), ctx.get(trap.warp), ctx.get(trap.address),
                ctx.get(trap.value), cycle - 1,
            )  # fmt: skip
        if ctx.get(front.input_release):
            assert run.released is None
            run.released = cycle
        run.done |= bool(ctx.get(front.done))
        if ctx.get(front.layer_done):
            run.layers.append((cycle, ctx.get(front.layer)))

    simulator = Simulator(front)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return runs


def _report(ctx: Any, cycle: int, engine: _Engine, reports: Any, program: Program) -> None:
    ctx.set(reports.ended, 0)
    ctx.set(reports.fault.valid, 0)
    for walk in list(engine.walks):
        warp, fault, trap, end, finish = walk
        if fault is not None and cycle == trap:
            ctx.set(reports.fault.valid, 1)
            ctx.set(reports.fault.cause, int(fault.cause))
            ctx.set(reports.fault.warp, warp)
            ctx.set(reports.fault.value, fault.value)
        elif fault is None and cycle == end:
            ctx.set(reports.ended, 1)
            ctx.set(reports.warp, warp)
        else:
            continue
        engine.walks.remove(walk)
        finish()


def check_all(inferences: Sequence[Inference]) -> list[Outcome]:
    """The front end and the simulator say the same of each."""
    outcomes = [
        Reference(
            each.program,
            each.activations,
            result_free=each.result_free,
            watchdog=each.watchdog,
        ).run(20_000)
        for each in inferences
    ]
    for run, outcome in zip(run_front_end(inferences), outcomes, strict=True):
        _compare(run, outcome)
    return outcomes


def check(program: Program, activations: Any = None, **options: int) -> Outcome:
    """Likewise, of one."""
    return check_all([Inference(program, activations, **options)])[0]


def _compare(run: Run, outcome: Outcome) -> None:
    assert run.retired == [(each.cycle, each.warp) for each in outcome.retirements]
    np.testing.assert_array_equal(run.memories.activations, outcome.memories.activations)
    np.testing.assert_array_equal(run.memories.result, outcome.memories.result)
    assert run.done == (outcome.trap is None)
    if outcome.trap is not None:
        t = outcome.trap
        assert run.trap == (int(t.cause), t.warp, t.pc, t.value, t.cycle)
        return
    assert run.trap is None
    assert run.cycles == outcome.cycles
    assert run.released == outcome.released
    for own, warp in zip(run.warps, outcome.warps, strict=True):
        assert own.scalars == warp.scalars
        np.testing.assert_array_equal(own.registers, warp.registers)
