"""Scalars: a memory for each warp; s0 is zero."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.scalar_file import ScalarFile
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate


@pytest.mark.parametrize("warps", [1, 3])
def test_what_is_written_is_read(warps: int) -> None:
    unit = Unit(lanes=1, warps=warps, scalar_bits=12)
    dut = ScalarFile(unit, readers=2)
    rng = random.Random(warps)
    contents = [[0] * 16 for _ in range(warps)]
    last = [0] * warps

    async def testbench(ctx: Any) -> None:
        # Not even what lies at its place may count.
        ctx.set(dut.clear, 1)
        await ctx.tick()
        ctx.set(dut.clear, 0)
        for _ in range(150):
            ctx.set(dut.write, writes := rng.randrange(2))
            warp, number, value = rng.randrange(warps), rng.randrange(16), rng.randrange(1 << 12)
            ctx.set(dut.write_warp, warp)
            ctx.set(dut.write_number, number)
            ctx.set(dut.write_data, value)
            users = rng.sample(range(warps), min(warps, 2))
            for port, user in zip(dut.reads, users, strict=False):
                place = rng.randrange(16)
                reads = rng.randrange(2) and not (writes and place == number)
                ctx.set(port.enable, reads)
                ctx.set(port.warp, user)
                ctx.set(port.number, place)
                if reads:
                    last[user] = contents[user][place]
            if writes and number:
                contents[warp][number] = value
            await ctx.tick()
            assert [ctx.get(dut.data[w]) for w in range(warps)] == last

    simulate(dut, testbench)
