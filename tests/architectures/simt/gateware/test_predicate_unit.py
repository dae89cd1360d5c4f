"""PLT and PAND as the simulator has them."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from hawx_hw.architectures.simt.execution import execute_front
from hawx_hw.architectures.simt.gateware.predicate_unit import PredicateUnit
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Warp
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks import by_name
from hawx_hw.gateware.simulation import simulate

UNIT = Unit(lanes=6, cluster=2, warps=2)


@pytest.mark.parametrize("names", [(), ("PLT", "MAC"), ("PLT", "PAND")])
def test_predicates_that_are_written(names: tuple[str, ...]) -> None:
    unit = replace(UNIT, instructions=names)
    dut = PredicateUnit(unit, readers=1)
    program = Program(unit, LaneBlocks.uniform([by_name("exact")], 6), (1,))
    rng = random.Random(len(names))
    warps = [Warp(number, unit) for number in range(2)]
    written = [name for name in ("PLT", "PAND") if unit.has(name)]

    async def testbench(ctx: Any) -> None:
        for _ in range(80):
            warp = warps[rng.randrange(2)]
            number = rng.randint(1, 3)
            warp.scalars[5] = rng.choice([0, 1, 2, 3, 6, 9, 40000])
            instruction = Instruction("PLT", v=number, rs=5, d=rng.randrange(len(unit.groups)))
            if rng.choice(written) == "PAND":
                va, vb = (rng.choice([0, 1, 2, 3, 5, 6, 7]) for _ in range(2))
                instruction = Instruction("PAND", vd=number, va=va, vb=vb)
            ctx.set(dut.executes, executes := rng.randrange(4) > 0)
            ctx.set(dut.word, encode(instruction))
            ctx.set(dut.warp, warp.number)
            ctx.set(dut.scalar, warp.scalars[5])
            await ctx.tick()
            if executes:
                execute_front(program, warp, instruction)
            for each in warps:
                condition = rng.choice([0, 1, 2, 3, 5, 6, 7])
                ctx.set(dut.reads[0].warp, each.number)
                ctx.set(dut.reads[0].condition, condition)
                expected = sum(int(bit) << lane for lane, bit in enumerate(each.mask(condition)))
                assert ctx.get(dut.reads[0].lanes) == expected

    simulate(dut, testbench)
