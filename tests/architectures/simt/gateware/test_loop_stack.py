"""Loops of warps against the simulator's."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.loop_stack import LoopStack
from hawx_hw.architectures.simt.state import Loop, Warp
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate

#: Loops before and after an instruction.
CHANGES = {(0, 0), (0, 1), (1, 0), (1, 1), (1, 2), (2, 2), (2, 1), (2, 0)}


@pytest.mark.parametrize(("warps", "levels"), [(1, 2), (3, 2), (2, 1), (2, 0)])
def test_warps_go_on_as_in_the_simulator(warps: int, levels: int) -> None:
    unit = Unit(lanes=1, warps=warps, scalar_bits=12, loops=levels)
    dut = LoopStack(unit, 5)
    rng = random.Random(warps)
    state = [Warp(number, unit) for number in range(warps)]
    seen: set[tuple[int, int]] = set()

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.clear, 1)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        for _ in range(500):
            warp = state[rng.randrange(warps)]
            following = warp.pc + 1
            # Often the end of a loop.
            near = [loop.end for loop in warp.loops] or [following]
            target = rng.choice([*near, rng.randrange(1, 31)])
            ctx.set(dut.goes, 0)
            ctx.set(dut.look_warp, warp.number)
            ctx.set(dut.following, following)
            ctx.set(dut.target, target)
            inner = warp.loops[-1] if warp.loops else None
            assert ctx.get(dut.inner.valid) == (inner is not None)
            assert ctx.get(dut.full) == (len(warp.loops) == levels)
            if inner is not None:
                assert (ctx.get(dut.inner.first), ctx.get(dut.inner.end)) == (
                    inner.first, inner.end,
                )  # fmt: skip
            await ctx.tick()
            enters = len(warp.loops) < levels and rng.random() < 0.3
            jumps = not enters and (following > 30 or rng.random() < 0.5)
            times = rng.choice([1, 2, 3, 4095])
            ctx.set(dut.goes, 1)
            ctx.set(dut.warp, warp.number)
            ctx.set(dut.enters, enters)
            ctx.set(dut.jumps, jumps)
            ctx.set(dut.times, times)
            before = len(warp.loops)
            if enters:
                warp.loops.append(Loop(following, target, times))
                warp.pc = following
            else:
                warp.advance(target if jumps else following)
            seen.add((before, len(warp.loops)))
            assert ctx.get(dut.next) == warp.pc
            await ctx.tick()
            if warp.pc > 29:  # begin anew
                ctx.set(dut.goes, 0)
                ctx.set(dut.clear, 1)
                await ctx.tick()
                ctx.set(dut.clear, 0)
                for each in state:
                    each.loops.clear()
                    each.pc = 0

    simulate(dut, testbench)
    assert seen == {change for change in CHANGES if max(change) <= levels}
