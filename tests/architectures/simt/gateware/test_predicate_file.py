"""Predicates: bits of lanes, and conditions that invert them."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.predicate_file import PredicateFile
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate


@pytest.mark.parametrize(("lanes", "warps"), [(1, 1), (5, 3)])
def test_what_is_written_is_read(lanes: int, warps: int) -> None:
    dut = PredicateFile(Unit(lanes=lanes, warps=warps), readers=2, writers=2)
    rng = random.Random(lanes)
    every = (1 << lanes) - 1
    contents = [[every, 0, 0, 0] for _ in range(warps)]

    async def testbench(ctx: Any) -> None:
        for _ in range(150):
            users = rng.sample(range(warps), min(warps, 2))
            for port, warp in zip(dut.writes, users, strict=False):
                number = rng.randint(1, 3)
                changes, values = rng.getrandbits(lanes), rng.getrandbits(lanes)
                ctx.set(port.enable, enable := rng.randrange(2))
                ctx.set(port.warp, warp)
                ctx.set(port.number, number)
                ctx.set(port.changes, changes)
                ctx.set(port.lanes, values)
                if enable:
                    old = contents[warp][number]
                    contents[warp][number] = old & ~changes | values & changes
            await ctx.tick()
            for port in dut.reads:
                warp, condition = rng.randrange(warps), rng.choice([0, 1, 2, 3, 5, 6, 7])
                ctx.set(port.warp, warp)
                ctx.set(port.condition, condition)
                inverted = every if condition & 4 else 0
                assert ctx.get(port.lanes) == contents[warp][condition & 3] ^ inverted

    simulate(dut, testbench)
