"""Steps of stores against the simulator's loops."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.store_walker import StoreWalker
from hawx_hw.architectures.simt.store_words import StoreFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import store_steps
from hawx_hw.gateware.simulation import simulate
from tests.architectures.simt.gateware.post_engines import random_job

UNITS = [
    Unit(lanes=1, warps=1, registers=3),
    Unit(lanes=6, cluster=3, requantizers=2, warps=1),
    Unit(lanes=8, cluster=4, word=2, warps=1, registers=16),
    Unit(lanes=16, cluster=4, requantizers=3, warps=1, registers=32),
]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: str(unit.lanes))
def test_steps(unit: Unit) -> None:
    job = random_job(unit.lanes, unit, 12)
    format = StoreFormat.of(job.program.stores, unit)
    dut = StoreWalker(unit, format)
    rng = random.Random(5)

    async def testbench(ctx: Any) -> None:
        for work in job.works:
            i = work.instruction
            store = job.program.stores[i.d]
            steps = list(store_steps(job.program, store, i, work.scalars, 1 << 20))
            ctx.set(dut.start, 1)
            ctx.set(dut.register, i.v)
            ctx.set(dut.reduces, bool(i.suffix))
            for name, value in zip(
                ("target", "constants", "beats", "remaining"), work.scalars, strict=True
            ):
                ctx.set(getattr(dut, name), value)
            await ctx.tick()
            ctx.set(dut.start, 0)
            ctx.set(dut.target, rng.getrandbits(12))
            ctx.set(dut.store.as_value(), format.pack(store))
            before = None
            for number, step in enumerate(steps):
                assert ctx.get(dut.active) and ctx.get(dut.step)
                assert ctx.get(dut.first) == (number == 0)
                assert ctx.get(dut.number) == step.register
                assert ctx.get(dut.fresh) or step.register == before
                before = step.register
                lane = ctx.get(dut.position) * unit.word + ctx.get(dut.part) * unit.requantizers
                assert lane == step.lanes[0]
                few = ctx.get(dut.few)
                used = ctx.get(dut.store.last_codes) + 1 if few else unit.requantizers
                assert min(used, unit.word - step.first_byte) == len(step.lanes)
                assert ctx.get(dut.window_first) == (step.element == 0)
                assert ctx.get(dut.window_last) == (step.element == step.elements - 1)
                assert ctx.get(dut.begins) == step.begins
                assert ctx.get(dut.ends) == step.ends
                assert ctx.get(dut.address) == step.address
                assert ctx.get(dut.constant) == step.constants
                assert ctx.get(dut.last) == (number == len(steps) - 1)
                await ctx.tick()
            if not steps:  # one cycle, in which nothing happens
                assert ctx.get(dut.active) and ctx.get(dut.last) and not ctx.get(dut.step)
                await ctx.tick()
            assert not ctx.get(dut.active)

    simulate(dut, testbench)


def test_a_walk_that_is_stopped() -> None:
    unit = UNITS[1]
    job = random_job(3, unit, 1)
    dut = StoreWalker(unit, StoreFormat.of(job.program.stores, unit))

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.start, 1)
        ctx.set(dut.remaining, 9)
        ctx.set(dut.beats, 9)
        await ctx.tick()
        ctx.set(dut.start, 0)
        ctx.set(dut.stop, 1)
        assert ctx.get(dut.active)
        await ctx.tick()
        assert not ctx.get(dut.active)

    simulate(dut, testbench)
