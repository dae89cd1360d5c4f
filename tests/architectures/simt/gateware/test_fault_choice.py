"""The first of several causes counts."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.sim import Simulator

from hawx_hw.architectures.simt.gateware.fault_choice import FaultChoice
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit

LOOP, JUMP, RELEASE = (encode(Instruction(name)) for name in ("LOOP", "JMP", "REL"))
ARG = encode(Instruction("ARG", imm=-1))


@pytest.mark.parametrize(
    ("word", "given", "expected"),
    [
        (JUMP, {"target": 7}, None),
        (JUMP, {"jumps": 1, "bad_jump": 0}, None),
        (JUMP, {"jumps": 0, "bad_jump": 1}, None),
        (JUMP, {"jumps": 1, "bad_jump": 1, "bad_jump_cause": Cause.PC, "target": 9}, (Cause.PC, 9)),
        (LOOP, {"bad_loop": 1, "target": 8}, (Cause.LOOP, 8)),
        (RELEASE, {"released": 1, "target": 8}, (Cause.SEQUENCE, 0)),
        (RELEASE, {"released": 0}, None),
        (JUMP, {"released": 1}, None),
        (ARG, {"faulty": 1, "cause": Cause.ARGUMENT}, (Cause.ARGUMENT, 0x7FFF)),
        (ARG, {"faulty": 1, "cause": Cause.REGISTER, "number": 5}, (Cause.REGISTER, 5)),
        (ARG, {"faulty": 1, "cause": Cause.ENCODING}, (Cause.ENCODING, ARG)),
        # What lies beyond the program is no instruction at all.
        (ARG, {"beyond": 1, "faulty": 1, "cause": Cause.ENCODING}, (Cause.PC, 20)),
        (RELEASE, {"faulty": 1, "cause": Cause.ENCODING, "released": 1}, (Cause.ENCODING, RELEASE)),
    ],
)
def test_causes(word: int, given: dict[str, int], expected: tuple[Cause, int] | None) -> None:
    dut = FaultChoice(Unit(lanes=1), 20)

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.word, word)
        for name, value in given.items():
            decoded = name in ("faulty", "cause", "number")
            ctx.set(dut.decoded[name] if decoded else getattr(dut, name), int(value))
        await ctx.delay(0)
        got = (ctx.get(dut.cause), ctx.get(dut.value)) if ctx.get(dut.fault) else None
        assert got == (expected and (int(expected[0]), expected[1]))

    simulator = Simulator(dut)
    simulator.add_testbench(testbench)
    simulator.run()
