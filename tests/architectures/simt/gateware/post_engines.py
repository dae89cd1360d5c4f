"""A post engine with registers and memories, and random work for it."""

from __future__ import annotations

import random
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import connect
from amaranth.sim import Simulator

from hawx_hw.architectures.simt.execution import run_store
from hawx_hw.architectures.simt.gateware.engine_ports import post_request_values
from hawx_hw.architectures.simt.gateware.post_engine import PostEngine
from hawx_hw.architectures.simt.isa import (
    POST_FAULT_LATENCY,
    POST_LATENCY,
    POST_SCALARS,
    Instruction,
    encode,
)
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Memories, Warp
from hawx_hw.architectures.simt.store_words import StoreFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.memories import ParameterMemory
from tests.architectures.simt.gateware.engines import values_of, word_of
from tests.architectures.simt.random_walks import Walks

#: Cycles after a fault in which nothing is asked for, so that all words are written.
_STILL = 20


@dataclass(frozen=True, eq=False)
class Work:
    """A store instruction: its warp, its scalars, and cycles before it is asked for."""

    instruction: Instruction
    warp: int
    scalars: tuple[int, ...]
    claimed: bool = True
    wait: int = 0


@dataclass(frozen=True, eq=False)
class Job:
    """A program's memories, registers ``(warps, registers, lanes)``, and work on them."""

    program: Program
    registers: np.ndarray
    works: tuple[Work, ...]


@dataclass(eq=False)
class Done:
    """What became of a job.

    Parameters
    ----------
    cycles : list of (int, int)
        Begin and end of each work; of one that faults, that of the fault.
    faults : list of tuple of int
        Cause, warp and value of each work that faults; the next one comes when all is still.
    memories : Memories
    """

    cycles: list[tuple[int, int]]
    faults: list[tuple[int, int, int]]
    memories: Memories


class Bench(wiring.Component):
    """A post engine with its parameter memories."""

    def __init__(self, program: Program):
        super().__init__({})
        self.unit, self.program = program.unit, program
        self.format = StoreFormat.of(program.stores, program.unit)
        self.stores = [self.format.pack(store) for store in program.stores] or [0]
        (self.constants,) = (
            memory for memory in parameter_memories(program) if memory.name == "requantization"
        )
        self.engine = PostEngine(
            self.unit,
            self.format,
            stores=len(self.stores),
            constants=self.constants.depth,
            known=len(program.constants),
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.engine = engine = self.engine
        m.submodules.stores = stores = ParameterMemory(
            self.format.bits, len(self.stores), init=self.stores
        )
        memory = self.constants
        m.submodules.constants = constants = ParameterMemory(
            memory.width, memory.depth, init=memory.words
        )
        connect(m, engine.stores, stores.read)
        m.d.comb += [
            constants.read.enable.eq(engine.constants.enable),
            constants.read.address.eq(engine.constants.address),
            engine.constants.data.as_value().eq(constants.read.data),
        ]
        m.d.sync += Signal(name="clocked").eq(1)
        return m


def reference(job: Job) -> Done:
    """What the simulator does."""
    unit = job.program.unit
    warps = [Warp(number, unit) for number in range(unit.warps)]
    memories = Memories.of(unit)
    cycles, finishes = [], []
    faults: list[tuple[int, int, int]] = []
    free = now = 0
    for work in job.works:
        warp = warps[work.warp]
        warp.registers[:] = job.registers[work.warp]
        rs = work.instruction.rs
        warp.scalars[rs : rs + POST_SCALARS] = work.scalars
        length, wrong, finish = run_store(
            job.program, warp, memories, work.instruction, work.claimed
        )
        begin = max(free, now + work.wait)
        end = begin + length - 1 + POST_LATENCY
        if wrong is not None:
            end = begin + wrong.cycle + POST_FAULT_LATENCY
            faults.append((int(wrong.cause), work.warp, wrong.value))
            length = end - begin + _STILL
        cycles.append((begin, end))
        finishes.append((end, finish))
        free, now = begin + length, begin + POST_SCALARS
    for _, finish in finishes:
        finish()
    return Done(cycles, faults, memories)


def run_job(job: Job) -> Done:
    """What the engine does."""
    unit = job.program.unit
    bench = Bench(job.program)
    engine = bench.engine
    done = Done([], [], Memories.of(unit))

    async def testbench(ctx: Any) -> None:
        begins: list[int] = []
        ends: list[tuple[int, int]] = []
        register = None
        works = list(job.works)
        cycle = earliest = idle = still = 0
        while idle < POST_LATENCY + 3:
            offers = bool(works) and cycle >= max(still, earliest + works[0].wait)
            ctx.set(engine.request.valid, offers)
            if offers:
                offer(ctx, works[0])
            await ctx.delay(0)
            if ctx.get(engine.reads.enable):
                register = job.registers[ctx.get(engine.reads.warp), ctx.get(engine.reads.register)]
            if offers and ctx.get(engine.request.ready):
                works.pop(0)
                begins.append(cycle)
                earliest = cycle + POST_SCALARS
            for port, memory in (
                (engine.activations, done.memories.activations),
                (engine.result, done.memories.result),
            ):
                if ctx.get(port.enable):
                    memory[ctx.get(port.address)] = values_of(ctx.get(port.data), 8, unit.word)
            report = engine.report
            if ctx.get(report.ended):
                ends.append((cycle, ctx.get(report.warp)))
            if ctx.get(report.fault.valid):
                fault = report.fault
                wrong = (ctx.get(fault.cause), ctx.get(fault.warp), ctx.get(fault.value))
                done.faults.append(wrong)
                ends.append((cycle, wrong[1]))
                still = cycle + _STILL
            cycle += 1
            assert cycle < 20_000
            idle = 0 if works or len(ends) < len(begins) else idle + 1
            position, part = ctx.get(engine.reads.position), ctx.get(engine.reads.part)
            await ctx.tick()
            if register is not None:
                word = register[position * unit.word : (position + 1) * unit.word]
                codes = word[part * unit.requantizers : (part + 1) * unit.requantizers]
                ctx.set(engine.reads.data, word_of(codes, unit.register_bits))
        assert sorted(warp for _, warp in ends) == sorted(work.warp for work in job.works)
        done.cycles = list(zip(begins, (cycle for cycle, _ in sorted(ends)), strict=True))

    def offer(ctx: Any, work: Work) -> None:
        values = dict(post_request_values(work.instruction), warp=work.warp)
        values |= dict(
            zip(("target", "constants", "beats", "remaining"), work.scalars, strict=True)
        )
        for name, value in values.items():
            ctx.set(getattr(engine.request.payload, name), value)
        ctx.set(engine.claimed, work.claimed)

    simulator = Simulator(bench)
    simulator.add_clock(1e-6)
    simulator.add_testbench(testbench)
    simulator.run()
    return done


def check(job: Job) -> Done:
    """Both say the same."""
    expected, done = reference(job), run_job(job)
    assert done.cycles == expected.cycles
    assert done.faults == expected.faults
    np.testing.assert_array_equal(done.memories.activations, expected.memories.activations)
    np.testing.assert_array_equal(done.memories.result, expected.memories.result)
    return expected


def registers_of(unit: Unit, seed: int) -> np.ndarray:
    half = 1 << (unit.register_bits - 1)
    generator = np.random.default_rng(seed)
    shape = (unit.warps, unit.registers, unit.lanes)
    values = generator.integers(-half, half, shape)
    # Small ones too, which codes are not clamped of.
    small = generator.integers(-300, 300, shape)
    return np.where(generator.random(shape) < 0.5, small, values)


def random_job(seed: int, unit: Unit, works: int = 6) -> Job:
    """Random stores that trap nowhere."""
    rng = random.Random(seed)
    maker = Walks(rng, unit)
    rng.choice(range(16))  # tests chose their seeds with this draw
    works_made = []
    while len(works_made) < works:
        maker.phase = rng.randrange(2)
        maker.arguments.clear()
        code = maker.attempt_store()
        if not code:
            continue
        warp = rng.randrange(unit.warps)
        values = {
            each.rd: each.imm if each.mnemonic == "LI" else maker.arguments[each.imm][warp]
            for each in code[:-1]
        }
        instruction = code[-1]
        scalars = tuple(values[instruction.rs + n] for n in range(POST_SCALARS))
        works_made.append(Work(instruction, warp, scalars, True, rng.choice([0, 0, 0, 7, 30])))
    program = replace(
        maker.so_far(),
        stores=tuple(maker.stores.values()),
        code=tuple(encode(work.instruction) for work in works_made),
    )
    return Job(program, registers_of(unit, seed), tuple(works_made))
