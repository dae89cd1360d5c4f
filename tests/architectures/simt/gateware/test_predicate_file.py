"""Predicates: bits of lanes, and conditions that invert them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.predicate_file import PredicateFile
from hawx_hw.architectures.simt.isa import INSTRUCTIONS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate

WITHOUT = ("HALT", "PLT", "MAC")


@pytest.mark.parametrize(
    ("lanes", "warps", "predicates", "instructions"),
    [(1, 1, 3, ()), (5, 3, 3, ()), (5, 2, 2, WITHOUT[:2]), (3, 2, 1, WITHOUT)],
)
def test_what_is_written_is_read(
    lanes: int, warps: int, predicates: int, instructions: tuple[str, ...]
) -> None:
    unit = Unit(lanes=lanes, warps=warps, predicates=predicates)
    unit = replace(unit, instructions=tuple(n for n in INSTRUCTIONS if n in instructions))
    dut = PredicateFile(unit, readers=2)
    assert hasattr(dut, "change") == unit.compares
    ports = (dut.write, dut.change) if unit.compares else (dut.write,)
    rng = random.Random(lanes)
    every = (1 << lanes) - 1
    contents = [[every, 0, 0, 0] for _ in range(warps)]

    async def testbench(ctx: Any) -> None:
        for _ in range(150):
            users = rng.sample(range(warps), min(warps, 2))
            for port, warp in zip(ports, users, strict=False):
                number = rng.randint(1, max(1, predicates))
                changes, values = rng.getrandbits(lanes), rng.getrandbits(lanes)
                ctx.set(port.enable, enable := rng.randrange(2))
                ctx.set(port.warp, warp)
                ctx.set(port.number, number)
                if port is dut.write:
                    changes = every
                else:
                    ctx.set(port.changes, changes)
                ctx.set(port.lanes, values)
                if enable and predicates:
                    old = contents[warp][number]
                    contents[warp][number] = old & ~changes | values & changes
            await ctx.tick()
            for port in dut.reads:
                warp, condition = rng.randrange(warps), rng.choice([0, 1, 2, 3, 5, 6, 7])
                if condition & 3 > predicates:
                    condition = 0
                ctx.set(port.warp, warp)
                ctx.set(port.condition, condition)
                inverted = every if condition & 4 else 0
                assert ctx.get(port.lanes) == contents[warp][condition & 3] ^ inverted

    simulate(dut, testbench)
