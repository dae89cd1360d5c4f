"""A core that is halted and stepped holds after each instruction what the simulator holds."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Value

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.debugging import Halted
from hawx_hw.architectures.simt.gateware.core import SimtCore, program_signature
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Simulator
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.debug import index_word
from hawx_hw.gateware.simulation import simulate, stream_put
from tests.architectures.simt.gateware.debugging import compare
from tests.architectures.simt.programs import random_case

LIMIT = 200_000


class Bench:
    """A core with debugging, started and halted."""

    def __init__(self, program: Program, activations: np.ndarray | None = None):
        self.program, self.activations = program, activations
        self.core = SimtCore(program, program_signature(program, debug=True))
        self.port = self.core.debug

    def run(self, testbench: Any) -> None:
        async def begin(ctx: Any) -> None:
            if self.activations is not None:
                words = [int.from_bytes(word.tobytes(), "little") for word in self.activations]
                payloads = [{"address": at, "data": word} for at, word in enumerate(words)]
                await stream_put(ctx, self.core.image, payloads)
            ctx.set(self.core.result_free, 1)
            await testbench(ctx)

        simulate(self.core, begin, limit=LIMIT)

    async def pulse(self, ctx: Any, signal: Any) -> None:
        ctx.set(signal, 1)
        await ctx.tick()
        ctx.set(signal, 0)

    async def still(self, ctx: Any) -> None:
        await ctx.tick()
        while not ctx.get(self.port.still):
            await ctx.tick()

    async def step(self, ctx: Any, warp: int) -> None:
        ctx.set(self.port.source, warp)
        await self.pulse(ctx, self.port.step)
        await self.still(ctx)

    def reader(self, ctx: Any) -> Any:
        async def read(index: int) -> int:
            ctx.set(Value.cast(self.port.index), index)
            await ctx.tick().repeat(2)
            return int(ctx.get(self.port.data))

        return read


def step_through(program: Program, activations: np.ndarray | None = None, every: int = 8) -> int:
    """Step to the end, warps in turn; how many instructions there were."""
    bench, reference = Bench(program, activations), Halted(program, activations)
    count = 0

    async def testbench(ctx: Any) -> None:
        nonlocal count
        await bench.pulse(ctx, bench.port.halt)
        await bench.pulse(ctx, bench.core.start)
        read, warp = bench.reader(ctx), 0
        while reference.ready:
            ready = reference.ready
            assert ctx.get(bench.port.ready) == sum(1 << number for number in ready)
            warp = reference.following(warp)
            written = reference.step(warp)
            await bench.step(ctx, warp)
            count += 1
            whole = count % every == 0 or not reference.ready
            await compare(read, program, reference.warps[warp], None if whole else written)
        for each in reference.warps:
            await compare(read, program, each)
        assert ctx.get(bench.core.busy) == 0
        assert ctx.get(bench.port.halted) == 1

    bench.run(testbench)
    return count


ENGINES = """\
        .unit   lanes=2 warps=2 activation_words=8 registers=2
        .stream s taps=2 step=1 beats step=1 words=2 step=2
        .store  o shift=1
        .weight 1, -2
        .weight 3, 4
        .constant 2, 0
        .arg    place 4, 6
        LI      s8, 2
        ARG     s9, place
        LI      s2, 1
        PLT     p1, s2
        LOOP    s8, end
        ADDI    s4, s4, 1
end:    MAC.z   v0, s4, s @p1
        VSET    v1, s2 @!p1
        LI      s11, 2
        LI      s12, 2
        BAR     1
        STV     v0, s9, o
        RMAX    v0, s4, s
        HALT
"""


def test_each_instruction_of_both_engines() -> None:
    image = np.array([[5, -6], [7, 8]], dtype=np.int8)
    assert step_through(assemble(ENGINES), image, every=5) == 30


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(20))
def test_random_programs_by_single_steps(seed: int) -> None:
    unit = Unit(
        lanes=2 + seed % 3, warps=1 + seed % 4, registers=4, activation_words=64, result_words=16,
        groups=(1,),
    )  # fmt: skip
    case = random_case(seed, unit)
    step_through(case.program, case.activations)


SOURCE = """\
        .unit   lanes=34 cluster=1 warps=2 activation_words=8 registers=2
        LI      s2, 33
        PLT     p1, s2
        LI      s3, -5
loop:   VSET    v1, s2 @p1
        VLANE   v0
        VSUB    v1, v0, v1
        LIH     s4, 1
        BAR     0
        PAND    p2, !p1, p0
        HALT
"""


def test_many_lanes_and_negative_values() -> None:
    step_through(assemble(SOURCE.replace("warps=2", "warps=1")), every=100)


def test_a_breakpoint_halts_before_its_instruction() -> None:
    program = assemble(SOURCE.replace("34 cluster=1", "2"))
    bench, simulator = Bench(program), Simulator(program)
    simulator.breakpoints = {3}

    async def testbench(ctx: Any) -> None:
        port, read = bench.port, bench.reader(ctx)
        ctx.set(port.break_enable, 1)
        ctx.set(port.break_address, 3)
        await bench.pulse(ctx, bench.core.start)
        while not simulator.halted:
            simulator.step()
            await ctx.tick()
        # The core is halted in the same cycle.
        assert ctx.get(port.halted) == 1
        await bench.still(ctx)
        while not simulator.still:
            simulator.step()
        for warp in simulator.outcome().warps:
            await compare(read, program, warp)
        # A step leads over it, and resume to where it halts the other warp.
        await bench.step(ctx, 0)
        await bench.pulse(ctx, port.resume)
        await bench.still(ctx)
        assert await read(index_word(0, 1, 0, 0)) == 3
        ctx.set(port.break_enable, 0)
        await bench.pulse(ctx, port.resume)
        while ctx.get(bench.core.busy):
            await ctx.tick()
        assert ctx.get(port.ended) == 3
        assert await read(index_word(0, 0, 0, 0)) == 10

    bench.run(testbench)


def test_what_is_not_there_reads_zero() -> None:
    program = assemble(SOURCE.replace("34 cluster=1", "2"))
    bench = Bench(program)

    async def testbench(ctx: Any) -> None:
        await bench.pulse(ctx, bench.port.halt)
        await bench.pulse(ctx, bench.core.start)
        for _ in range(6):
            await bench.step(ctx, 1)
        read = bench.reader(ctx)
        assert await read(index_word(3, 1, 1, 0)) == 0xFFFFFFDF
        for index in ((0, 2, 0, 0), (1, 1, 16, 0), (2, 1, 4, 0), (3, 1, 2, 0), (3, 1, 1, 2),
                      (2, 1, 1, 1), (4, 0, 99, 0), (5, 0, 0, 0), (15, 0, 0, 0)):  # fmt: skip
            assert await read(index_word(*index)) == 0, index

    bench.run(testbench)
