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
from hawx_hw.architectures.simt.simulator import simulate as simulate_program
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


#: Warp 0 walks for a long time, and warp 1 traps meanwhile.
TRAPS = (
    """\
        .unit   lanes=2 cluster=2 word=2 warps=2 activation_words=8 registers=2
        .stream s taps=2 step=1 blocks=32
        .arg    place 0, 1
        ARG     s1, place
        BNE     s1, s0, other
        LI      s8, 1
        MAC.z   v0, s4, s
        HALT
other:  NOP
        NOP
        NOP
        NOP
        NOP
        REL
        REL
        HALT
"""
    + "        .weight 1, 2\n" * 64
)


def test_nothing_is_still_while_an_engine_walks_after_a_trap() -> None:
    program = assemble(TRAPS)
    bench, expected = Bench(program), simulate_program(program)
    trap = expected.trap
    assert trap is not None
    assert expected.cycles > trap.cycle + 40

    async def testbench(ctx: Any) -> None:
        port, read = bench.port, bench.reader(ctx)
        # At last the unit is halted too, after the trap.
        for halts in (False, True):
            await bench.pulse(ctx, bench.core.start)
            for cycle in range(expected.cycles):
                ctx.set(port.halt, halts and cycle == trap.cycle + 1)
                assert ctx.get(port.still) == 0, cycle
                await ctx.tick()
            await bench.still(ctx)
            assert ctx.get(bench.core.busy) == 0
            await compare(read, program, expected.warps[0], frozenset({"s1", "s8", "v0"}))
            await compare(read, program, expected.warps[1], frozenset({"s1"}))

    bench.run(testbench)


WAITS = """\
        .unit   lanes=1 cluster=1 warps=3 activation_words=8 registers=2
        LI      s1, 1
        BAR     1
        LI      s1, 2
        HALT
"""


class Pair:
    """A core and the simulator under the same commands, both halted."""

    def __init__(self, ctx: Any, bench: Bench):
        self._ctx, self._bench = ctx, bench
        self.simulator = Simulator(bench.program)
        self.simulator.halt()

    async def step(self, *warps: int) -> None:
        """Step warps, whether they are ready or not, and compare where all are."""
        for warp in warps:
            await self._bench.step(self._ctx, warp)
            self.simulator.permit(warp)
            for _ in range(40):
                self.simulator.step()
            await self.compare()

    async def compare(self) -> None:
        read = self._bench.reader(self._ctx)
        for warp in self.simulator.outcome().warps:
            assert await read(index_word(0, warp.number, 0, 0)) == warp.pc, warp.number


def test_a_step_of_a_warp_that_is_not_ready_is_ignored() -> None:
    program = assemble(WAITS)
    bench = Bench(program)

    async def testbench(ctx: Any) -> None:
        port = bench.port
        await bench.pulse(ctx, port.halt)
        # Nothing runs yet.
        await bench.step(ctx, 1)
        await bench.pulse(ctx, bench.core.start)
        await bench.still(ctx)
        pair = Pair(ctx, bench)
        await pair.compare()
        # There are no such warps.
        await pair.step(3, 4, 5, 255)
        assert [warp.pc for warp in pair.simulator.outcome().warps] == [0, 0, 0]
        # Warp 0 waits at the barrier when it is stepped again: it stays where the barrier opens.
        await pair.step(0, 0, 0, 1, 1, 2, 2)
        assert [warp.pc for warp in pair.simulator.outcome().warps] == [2, 2, 2]
        # Another one has ended.
        await pair.step(1, 1, 1, 0, 2)
        assert ctx.get(port.ended) == 0b010
        assert ctx.get(port.ready) == 0b101
        await bench.pulse(ctx, port.resume)
        await bench.pulse(ctx, port.halt)
        await bench.pulse(ctx, port.resume)
        while ctx.get(bench.core.busy):
            await ctx.tick()
        # The next inference begins with nothing permitted.
        await bench.pulse(ctx, port.halt)
        await bench.pulse(ctx, bench.core.start)
        await bench.still(ctx)
        await Pair(ctx, bench).compare()

    bench.run(testbench)


def test_what_takes_a_step_back() -> None:
    program = assemble(WAITS)
    bench = Bench(program)

    async def testbench(ctx: Any) -> None:
        port, core = bench.port, bench.core
        await bench.pulse(ctx, port.halt)
        for command in (port.halt, core.start):
            await bench.pulse(ctx, core.start)
            # In the cycle of warp 0's turn: it comes again in four cycles.
            ctx.set(port.source, 0)
            await bench.pulse(ctx, port.step)
            await bench.pulse(ctx, command)
            await bench.still(ctx)
            await Pair(ctx, bench).compare()
            await bench.step(ctx, 0)
            assert await bench.reader(ctx)(index_word(0, 0, 0, 0)) == 1

    bench.run(testbench)


def test_a_step_of_a_warp_that_begins_just_now_permits_no_second_one() -> None:
    program = assemble(WAITS.replace("BAR     1", "NOP"))
    bench, simulator = Bench(program), Simulator(program)
    simulator.breakpoints = {1}

    async def testbench(ctx: Any) -> None:
        port = bench.port
        ctx.set(port.break_enable, 1)
        ctx.set(port.break_address, 1)
        await bench.pulse(ctx, bench.core.start)
        await bench.step(ctx, 0)
        for _ in range(40):
            simulator.step()
        for warp in simulator.outcome().warps:
            assert await bench.reader(ctx)(index_word(0, warp.number, 0, 0)) == warp.pc
        assert simulator.outcome().warps[0].pc == 1

    bench.run(testbench)
