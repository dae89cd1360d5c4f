# amaranth: UnusedElaboratable=no
"""Vector registers of several warps, read and written by several users."""

from __future__ import annotations

import random
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.register_file import RegisterFile
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate


@pytest.mark.parametrize("warps", [1, 3])
def test_users_at_different_warps(warps: int) -> None:
    unit = Unit(lanes=3, warps=warps, registers=5)
    users = min(2, warps)
    file = RegisterFile(unit, readers=users, writers=users)
    rng = random.Random(warps)
    bits = unit.lanes * unit.register_bits
    model = {}

    async def drive(ctx: Any) -> None:
        for warp in range(warps):
            for register in range(unit.registers):
                model[warp, register] = rng.getrandbits(bits)
                port = file.writes[warp % users]
                ctx.set(port.enable, 1)
                ctx.set(port.warp, warp)
                ctx.set(port.register, register)
                ctx.set(port.data, model[warp, register])
                await ctx.tick()
                ctx.set(port.enable, 0)
        last: list[int | None] = [None] * users
        for _ in range(80):
            order = rng.sample(range(warps), users)
            written = {}
            for user, warp in enumerate(order):
                reads, writes = file.reads[user], file.writes[user]
                enable = rng.random() < 0.6
                register = rng.randrange(unit.registers)
                ctx.set(reads.enable, enable)
                ctx.set(reads.warp, warp)
                ctx.set(reads.register, register)
                if enable:
                    last[user] = model[warp, register]
                other = rng.choice([n for n in range(unit.registers) if n != register])
                value = rng.getrandbits(bits)
                stores = rng.random() < 0.5
                ctx.set(writes.enable, stores)
                ctx.set(writes.warp, warp)
                ctx.set(writes.register, other)
                ctx.set(writes.data, value)
                if stores:
                    written[warp, other] = value
            await ctx.tick()
            model.update(written)
            for user in range(users):
                # A register that was read stays until its memory is read again.
                if ctx.get(file.reads[user].enable):
                    assert ctx.get(file.reads[user].data) == last[user]

    simulate(file, drive)


def test_a_register_stays_while_others_read_other_warps() -> None:
    unit = Unit(lanes=1, warps=2, registers=2)
    file = RegisterFile(unit, readers=2)

    async def drive(ctx: Any) -> None:
        for warp in (0, 1):
            ctx.set(file.writes[0].enable, 1)
            ctx.set(file.writes[0].warp, warp)
            ctx.set(file.writes[0].data, 10 + warp)
            await ctx.tick()
        ctx.set(file.writes[0].enable, 0)
        for user, warp in ((0, 1), (1, 0)):
            ctx.set(file.reads[user].enable, 1)
            ctx.set(file.reads[user].warp, warp)
            await ctx.tick()
            ctx.set(file.reads[user].enable, 0)
        assert [ctx.get(file.reads[user].data) for user in (0, 1)] == [11, 10]

    simulate(file, drive)


@pytest.mark.parametrize(("warps", "requantizers"), [(1, 1), (3, 1), (2, 2), (2, 3)])
def test_lanes_of_a_step(warps: int, requantizers: int) -> None:
    unit = Unit(lanes=6, cluster=3, warps=warps, registers=3, requantizers=requantizers)
    file = RegisterFile(unit)
    rng = random.Random(warps)
    bits = unit.register_bits
    contents = {
        (warp, register): [rng.getrandbits(bits) for _ in range(unit.lanes)]
        for warp in range(warps)
        for register in range(unit.registers)
    }

    async def drive(ctx: Any) -> None:
        port = file.writes[0]
        ctx.set(port.enable, 1)
        for (warp, register), values in contents.items():
            ctx.set(port.warp, warp)
            ctx.set(port.register, register)
            ctx.set(port.data, sum(value << bits * n for n, value in enumerate(values)))
            await ctx.tick()
        ctx.set(port.enable, 0)
        for _ in range(30):
            warp, register = rng.randrange(warps), rng.randrange(unit.registers)
            # The lanes of several steps, while nothing else is read.
            for step in range(3):
                ctx.set(file.lanes.enable, step == 0)
                ctx.set(file.lanes.warp, warp if step == 0 else rng.randrange(warps))
                ctx.set(file.lanes.register, register)
                position = rng.randrange(unit.lanes // unit.word)
                part = rng.randrange(-(-unit.word // requantizers))
                ctx.set(file.lanes.position, position)
                ctx.set(file.lanes.part, part)
                await ctx.tick()
                word = contents[warp, register][position * unit.word :][: unit.word]
                expected = word[part * requantizers : (part + 1) * requantizers]
                got = ctx.get(file.lanes.data)
                assert got == sum(value << bits * n for n, value in enumerate(expected))

    simulate(file, drive)
