"""Multiply engines with their memories, and random work for them, as the simulator does it."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.execution import run_stream
from hawx_hw.architectures.simt.gateware.multiply_engine import MultiplyEngine
from hawx_hw.architectures.simt.gateware.register_file import (
    RegisterFile,
    RegisterReads,
    RegisterWrites,
)
from hawx_hw.architectures.simt.gateware.request import MultiplyRequest, request_values
from hawx_hw.architectures.simt.gateware.stream_faults import FaultLayout
from hawx_hw.architectures.simt.isa import MULTIPLY_FAULT_LATENCY, Instruction, encode
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Memories, Warp
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.memories import ParameterMemory
from hawx_hw.gateware.simulation import simulate
from tests.architectures.simt.random_walks import Walks


@dataclass(frozen=True, eq=False)
class Work:
    """A stream instruction.

    Parameters
    ----------
    instruction : Instruction
    warp : int
    scalars : tuple of int
    mask : ndarray of bool
        Of its predicate.
    wait : int
        Cycles before it is asked for.
    """

    instruction: Instruction
    warp: int
    scalars: tuple[int, ...]
    mask: np.ndarray
    wait: int = 0


@dataclass(frozen=True, eq=False)
class Job:
    """A program's memories, and work on them."""

    program: Program
    activations: np.ndarray
    registers: np.ndarray  # (warps, registers, lanes)
    works: tuple[Work, ...]


def word_of(values: Sequence[int], bits: int) -> int:
    """Numbers of some bits, the first in the lowest."""
    return sum((int(v) & ((1 << bits) - 1)) << (bits * n) for n, v in enumerate(values))


def values_of(word: int, bits: int, count: int) -> list[int]:
    """The signed numbers of a word."""
    half = 1 << (bits - 1)
    return [(((word >> (bits * n)) + half) & (2 * half - 1)) - half for n in range(count)]


class Bench(wiring.Component):
    """An engine with its memories, and the registers reached from outside."""

    def __init__(self, job: Job):
        program, unit = job.program, job.program.unit
        self.unit = unit
        self.format = StreamFormat.of(program.streams, unit)
        self.streams = [self.format.pack(stream) for stream in program.streams]
        self.activations = [word_of(word, 8) for word in job.activations]
        self.weights = [word_of(word, 8) for word in program.weights] or [0]
        self.known = len(program.weights)
        self.lanes = program.lanes
        super().__init__(
            {
                "request": In(
                    wiring.Signature(
                        {
                            "payload": Out(MultiplyRequest(unit, len(self.streams))),
                            "valid": Out(1),
                            "ready": In(1),
                        }
                    )
                ),
                "reads": In(RegisterReads(unit)),
                "writes": In(RegisterWrites(unit)),
                "ended": Out(1),
                "ended_warp": Out(3),
                "word_reads": Out(1),
                "fault": Out(FaultLayout(unit)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self.unit
        engine = MultiplyEngine(
            unit,
            self.format,
            self.lanes,
            streams=len(self.streams),
            weights=len(self.weights),
            known=self.known,
        )
        m.submodules.engine = engine
        m.submodules.registers = registers = RegisterFile(unit, readers=2, writers=2)
        m.submodules.streams = streams = ParameterMemory(
            self.format.bits, len(self.streams), init=self.streams
        )
        m.submodules.activations = activations = ParameterMemory(
            8 * unit.word, len(self.activations), init=self.activations
        )
        m.submodules.weights = weights = ParameterMemory(
            8 * unit.lanes, len(self.weights), init=self.weights
        )
        connect(m, engine.streams, streams.read)
        connect(m, engine.activations, activations.read)
        connect(m, engine.weights, weights.read)
        connect(m, engine.reads, registers.reads[0])
        connect(m, engine.writes, registers.writes[0])
        connect(m, flipped(self.reads), registers.reads[1])
        connect(m, flipped(self.writes), registers.writes[1])
        m.d.comb += [
            engine.request.payload.eq(self.request.payload),
            engine.request.valid.eq(self.request.valid),
            self.request.ready.eq(engine.request.ready),
            self.ended.eq(engine.report.ended),
            self.ended_warp.eq(engine.report.warp),
            self.fault.eq(engine.report.fault),
            self.word_reads.eq(engine.activations.enable),
        ]
        return m


def random_job(seed: int, unit: Unit, works: int = 6, **fixed: Any) -> Job:
    """Random instructions that trap nowhere."""
    rng = random.Random(seed)
    maker = Walks(rng, unit)
    rng.choice(range(16))  # tests chose their seeds with this draw
    attempts: list[tuple[Instruction, int, tuple[int, ...]]] = []
    while len(attempts) < works:
        maker.arguments.clear()
        before = len(maker.streams)
        code = maker.attempt()
        if not code:
            continue
        instruction = code[-1]
        warp = rng.randrange(unit.warps)
        values: dict[int, int] = {}
        for each in code[:-1]:
            if each.mnemonic == "LI":
                values[each.rd] = each.imm
            else:
                values[each.rd] = maker.arguments[each.imm][warp]
        scalars = tuple(values[instruction.rs + n] for n in range(5))
        assert len(maker.streams) == before + 1
        attempts.append((instruction, warp, scalars))
    program = replace(
        maker.so_far(),
        streams=tuple(maker.streams.values()),
        code=tuple(encode(instruction) for instruction, _, _ in attempts),
    )
    generator = np.random.default_rng(seed)
    half = 1 << (unit.register_bits - 1)
    registers = generator.integers(-half, half, (unit.warps, unit.registers, unit.lanes))
    whole = np.ones(unit.lanes, dtype=bool)
    made = [
        Work(
            instruction,
            warp,
            scalars,
            whole if rng.random() < 0.4 else generator.random(unit.lanes) < 0.6,
            rng.choice([0, 0, 0, rng.randint(1, 30)]),
        )
        for instruction, warp, scalars in attempts
    ]
    return Job(program, maker.activations, registers, tuple(made))


def with_fault(job: Job, seed: int) -> Job:
    """The job with a number of one of its works changed, so that it may fault."""
    rng = random.Random(seed)
    unit, program = job.program.unit, job.program
    number = rng.randrange(len(job.works) - 1)
    work = job.works[number]
    index = work.instruction.d
    streams = list(program.streams)
    scalars = list(work.scalars)
    instruction = work.instruction
    most = (1 << unit.scalar_bits) - 1
    match rng.randrange(7):
        case 0:
            scalars[0] = rng.choice([most, rng.randint(0, most), scalars[0] + 1])
        case 1:
            scalars[3] = rng.choice([most, len(program.weights) - rng.randint(0, 3)]) % most
        case 2:
            scalars[4] = rng.choice([0, unit.registers + 1, most, scalars[4] + 1])
        case 3:
            streams[index] = replace(streams[index], taps=unit.taps + 1)
        case 4:
            streams[index] = replace(streams[index], selection=program.lanes.selections)
        case 5:
            step = rng.choice([unit.word, -unit.word, 1 << unit.scalar_bits])
            streams[index] = replace(streams[index], taps=min(3, unit.taps), tap_step=step)
        case _:
            instruction = replace(instruction, v=rng.randrange(32))
    works = list(job.works)
    works[number] = replace(work, instruction=instruction, scalars=tuple(scalars))
    return replace(job, program=replace(program, streams=tuple(streams)), works=tuple(works))


@dataclass(eq=False)
class Done:
    """Cycles of begin and end of each work, and the registers afterwards.

    Parameters
    ----------
    cycles : list of tuple of int
        The end is -1 where the work faults.
    registers : ndarray of int64, shape (warps, registers, lanes)
    fault : tuple of int or None
        Cycle, cause, warp and value.
    reads : int
        Words read from the activation memory.
    """

    cycles: list[tuple[int, int]]
    registers: np.ndarray
    fault: tuple[int, int, int, int] | None = None
    reads: int = 0


def reference(job: Job) -> Done:
    """What the simulator does, from the cycles in which works begin: each as early as it may."""
    unit = job.program.unit
    warps = [Warp(number, unit) for number in range(unit.warps)]
    for warp, registers in zip(warps, job.registers, strict=True):
        warp.registers[:] = registers
    memories = Memories.of(unit, job.activations)
    cycles = []
    free = now = 0
    ready = [0] * unit.warps
    trapped = None
    for work in job.works:
        warp = warps[work.warp]
        rs = work.instruction.rs
        warp.scalars[rs : rs + 5] = work.scalars
        warp.predicates[1] = work.mask
        instruction = replace(work.instruction, pred=1)
        length, fault, finish = run_stream(job.program, warp, memories, instruction)
        begin = max(free, now + work.wait, ready[work.warp])
        if trapped is not None and begin > trapped[0]:
            break
        free = begin + length
        now = begin + 1
        end = free - 1 + unit.multiply_latency
        ready[work.warp] = end + 1
        if fault is None:
            finish()
        elif trapped is None:
            trap = begin + fault.cycle + MULTIPLY_FAULT_LATENCY
            trapped = (trap, int(fault.cause), work.warp, fault.value)
        cycles.append((begin, end if fault is None else -1))
    return Done(cycles, np.stack([warp.registers for warp in warps]), trapped)


def run_job(job: Job) -> Done:
    """What the engine does."""
    unit = job.program.unit
    bench = Bench(job)
    begins: list[int] = []
    ends: dict[int, list[int]] = {warp: [] for warp in range(unit.warps)}
    final = np.zeros_like(job.registers)
    state = {"cycle": 0, "reads": 0}
    busy = [False] * unit.warps

    faults: list[tuple[int, int, int, int]] = []

    async def watch(ctx: Any) -> None:
        async for _, _, ended, warp, read, fault in ctx.tick().sample(
            bench.ended, bench.ended_warp, bench.word_reads, bench.fault
        ):
            if fault.valid and not faults:
                faults.append((state["cycle"], fault.cause, fault.warp, fault.value))
                busy[fault.warp] = False
            if ended:
                ends[warp].append(state["cycle"])
                busy[warp] = False
            state["reads"] += read
            state["cycle"] += 1

    async def drive(ctx: Any) -> None:
        for warp in range(unit.warps):
            for register in range(unit.registers):
                ctx.set(bench.writes.enable, 1)
                ctx.set(bench.writes.warp, warp)
                ctx.set(bench.writes.register, register)
                ctx.set(
                    bench.writes.data, word_of(job.registers[warp, register], unit.register_bits)
                )
                await ctx.tick()
        ctx.set(bench.writes.enable, 0)
        first = state["first"] = state["cycle"]
        payload = bench.request.payload
        for work in job.works:
            for _ in range(work.wait):
                await ctx.tick()
            while busy[work.warp]:
                await ctx.tick()
            if faults:
                break
            values = dict(request_values(work.instruction))
            values |= dict(zip(("address", "x", "y", "weight", "beats"), work.scalars, strict=True))
            values["warp"] = work.warp
            values["lanes"] = word_of(work.mask, 1)
            for name, value in values.items():
                ctx.set(getattr(payload, name), value)
            ctx.set(bench.request.valid, 1)
            while True:
                begin = state["cycle"]
                *_, ready = await ctx.tick().sample(bench.request.ready)
                if ready or faults:
                    break
            if not ready:
                break
            begins.append(begin - first)
            busy[work.warp] = True
            ctx.set(bench.request.valid, 0)
        ctx.set(bench.request.valid, 0)
        while any(busy):
            await ctx.tick()
        for warp in range(unit.warps):
            for register in range(unit.registers):
                ctx.set(bench.reads.enable, 1)
                ctx.set(bench.reads.warp, warp)
                ctx.set(bench.reads.register, register)
                await ctx.tick()
                final[warp, register] = values_of(
                    ctx.get(bench.reads.data), unit.register_bits, unit.lanes
                )
        for warp in ends:
            ends[warp] = [cycle - first for cycle in ends[warp]]

    simulate(bench, drive, background=[watch], limit=20_000)
    queues = {warp: iter(cycles) for warp, cycles in ends.items()}
    cycles = [
        (begin, next(queues[work.warp], -1)) for begin, work in zip(begins, job.works, strict=False)
    ]
    fault = (faults[0][0] - state["first"], *faults[0][1:]) if faults else None
    return Done(cycles, final, fault, state["reads"])
