"""Scalars and branches as the simulator has them."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.sim import Simulator

from hawx_hw.architectures.simt.execution import execute_front
from hawx_hw.architectures.simt.gateware.scalar_unit import ScalarUnit
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Warp
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks import by_name

WRITERS = ("LI", "LIH", "ADD", "SUB", "ADDI", "ARG", "SR")
BRANCHES = ("JMP", "BEQ", "BNE", "BLT", "BGE")


def random_instruction(rng: random.Random, name: str) -> Instruction:
    match name:
        case "LI" | "LIH":
            return Instruction(name, rd=1, imm=rng.randrange(-(1 << 14), 1 << 14))
        case "ARG":
            return Instruction(name, rd=1)
        case "SR":
            return Instruction(name, rd=1, imm=rng.randrange(6))
        case "ADDI":
            return Instruction(name, rd=1, ra=1, imm=rng.randrange(-(1 << 14), 1 << 14))
        case "ADD" | "SUB":
            return Instruction(name, rd=1, ra=1, rb=2)
        case "JMP":
            return Instruction(name, offset=3)
        case _:
            return Instruction(name, ra=1, rb=2, offset=3)


@pytest.mark.parametrize("bits", [12, 15, 16, 24])
def test_results_and_branches(bits: int) -> None:
    unit = Unit(lanes=3, warps=2, scalar_bits=bits, activation_words=16)
    dut = ScalarUnit(unit)
    lanes = LaneBlocks.uniform((by_name("exact"),), 3)
    rng = random.Random(bits)

    async def testbench(ctx: Any) -> None:
        for name in (WRITERS + BRANCHES) * 12:
            instruction = random_instruction(rng, name)
            values = rng.randrange(1 << bits), rng.randrange(1 << bits)
            warp = Warp(1, unit)
            warp.scalars[1], warp.scalars[2] = values if rng.random() < 0.7 else values[:1] * 2
            argument = rng.randrange(1 << bits)
            code = (encode(instruction),) * 9
            program = Program(unit, lanes, code, arguments=(0, argument))
            ctx.set(dut.word, encode(instruction))
            ctx.set(dut.warp, 1)
            ctx.set(dut.a, warp.scalars[1])
            ctx.set(dut.b, warp.scalars[2])
            ctx.set(dut.argument, argument)
            await ctx.delay(0)
            execute_front(program, warp, instruction)
            assert ctx.get(dut.jumps) == (warp.pc == 4)
            if name in WRITERS:
                assert ctx.get(dut.result) == warp.scalars[1], instruction

    simulator = Simulator(dut)
    simulator.add_testbench(testbench)
    simulator.run()
