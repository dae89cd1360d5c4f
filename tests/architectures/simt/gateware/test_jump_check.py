"""Jumps and loops are refused as the simulator refuses them."""

from __future__ import annotations

import random
from typing import Any

from hawx_hw.architectures.simt.execution import TrapError, execute_front
from hawx_hw.architectures.simt.gateware.jump_check import JumpCheck
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Loop, Warp
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks import by_name
from hawx_hw.gateware.simulation import simulate

CODE = 20


def refused(program: Program, warp: Warp, instruction: Instruction) -> Cause | None:
    try:
        execute_front(program, warp, instruction)
    except TrapError as error:
        return error.cause
    return None


def test_as_in_the_simulator() -> None:
    unit = Unit(lanes=1)
    dut = JumpCheck(unit, CODE)
    program = Program(unit, LaneBlocks.uniform((by_name("exact"),), 1), (1,) * CODE)
    rng = random.Random(1)
    seen: set[tuple[str, Cause | None]] = set()

    async def testbench(ctx: Any) -> None:
        for _ in range(600):
            warp = Warp(0, unit, pc=rng.randrange(CODE))
            for _ in range(rng.randrange(3)):
                first = rng.randrange(warp.pc + 1)
                warp.loops.append(Loop(first, rng.randint(warp.pc + 1, CODE), 2))
            inner, outer = (*reversed(warp.loops), None, None)[:2]
            name = rng.choice(["JMP", "LOOP"])
            offset = rng.choice([rng.randint(-4, 12), rng.randint(-(1 << 14), (1 << 14) - 1)])
            instruction = Instruction(name, offset=offset)
            ctx.set(dut.check, 1)
            ctx.set(dut.word, encode(instruction))
            ctx.set(dut.target, warp.pc + 1 + offset)
            ctx.set(dut.full, outer is not None)
            ctx.set(dut.inner.valid, inner is not None)
            if inner is not None:
                ctx.set(dut.inner.first, inner.first)
                ctx.set(dut.inner.end, inner.end)
            await ctx.tick()
            ctx.set(dut.check, 0)
            ctx.set(dut.word, 0)
            cause = refused(program, warp, instruction)
            seen.add((name, cause))
            if name == "LOOP":
                assert ctx.get(dut.bad_loop) == (cause is not None)
            else:
                assert ctx.get(dut.bad_jump) == (cause is not None)
                assert not cause or ctx.get(dut.bad_jump_cause) == int(cause)
                assert not ctx.get(dut.bad_loop)

    simulate(dut, testbench)
    assert seen == {
        ("JMP", None), ("JMP", Cause.LOOP), ("JMP", Cause.PC), ("LOOP", None), ("LOOP", Cause.LOOP)
    }  # fmt: skip
