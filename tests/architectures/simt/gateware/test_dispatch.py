"""What engines are asked for: the instruction's fields, its lanes and its scalars."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from hawx_hw.architectures.simt.gateware.dispatch import Dispatch, needed_bits
from hawx_hw.architectures.simt.gateware.engine_ports import post_request_values
from hawx_hw.architectures.simt.gateware.request import request_values
from hawx_hw.architectures.simt.isa import OPCODE, Instruction, encode
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.simulation import simulate

MULTIPLY = [
    Instruction("MAC", v=3, rs=4, sel=2, fn=1, d=6, pred=5),
    Instruction("MACW", v=31, rs=4, d=1),
    Instruction("LDV", v=1, rs=4, d=2, pred=1),
    Instruction("RADD", v=1, rs=4, d=2, fn=1),
    Instruction("RMAX", v=1, rs=4, d=2),
]
POST = [
    Instruction("QST", v=5, rs=4, d=3, fn=1),
    Instruction("QST", v=5, rs=4, d=3, fn=2),
    Instruction("STV", v=7, rs=4, d=1),
]


@pytest.mark.parametrize("instruction", [*MULTIPLY, *POST], ids=lambda i: i.mnemonic + i.suffix)
def test_requests(instruction: Instruction) -> None:
    unit = Unit(lanes=4, warps=3)
    dut = Dispatch(unit, streams=8, stores=8)
    multiplies = instruction in MULTIPLY
    name = "multiply" if multiplies else "post"
    scalars = ("address", "x", "y", "weight", "beats") if multiplies else (
        "target", "constants", "beats", "remaining")  # fmt: skip
    request, reads = getattr(dut, name), getattr(dut, f"{name}_reads")

    async def testbench(ctx: Any) -> None:
        ctx.set(dut.goes_on, 1)
        ctx.set(getattr(dut, f"{name}_asks"), 1 << 1)
        ctx.set(dut.scalars[1], 100)
        await ctx.tick()
        ctx.set(getattr(dut, f"{name}_asks"), 0)
        ctx.set(dut.instructions[1], encode(instruction))
        for _ in range(len(scalars)):
            assert not ctx.get(request.valid)
            enable, number = ctx.get(reads.enable), ctx.get(reads.number)
            await ctx.tick()
            if enable:
                assert ctx.get(reads.warp) == 1
                ctx.set(dut.scalars[1], 100 + number - 4)
        ctx.set(dut.mask.lanes, 0b1010)
        assert ctx.get(request.valid)
        payload = {each: ctx.get(getattr(request.payload, each)) for each in
                   request.payload.shape().members}  # fmt: skip
        assert [payload.pop(each) for each in scalars] == [100 + n for n in range(len(scalars))]
        assert payload.pop("warp") == 1
        if multiplies:
            assert payload.pop("lanes") == 0b1010
            assert ctx.get(dut.mask.condition) == instruction.pred
            assert ctx.get(dut.mask.warp) == 1
            assert payload == request_values(instruction)
        else:
            assert payload == post_request_values(instruction)
        # Nobody is served after a trap, nor before the engine is ready.
        ctx.set(dut.goes_on, 0)
        ctx.set(request.ready, 1)
        assert (ctx.get(request.valid), ctx.get(dut.walks)) == (0, 0)
        ctx.set(dut.goes_on, 1)
        assert (ctx.get(request.valid), ctx.get(dut.walks)) == (1, 0b010)
        await ctx.tick()
        assert (ctx.get(request.valid), ctx.get(dut.walks)) == (0, 0)

    simulate(dut, testbench)


@pytest.mark.parametrize("names", [(), ("MAC", "MAC.z", "QST.max"), ("MAC", "QST", "STV")])
def test_other_bits_do_not_matter(names: tuple[str, ...]) -> None:
    unit = Unit(lanes=4, warps=2, predicates=0 if names else 3, instructions=names)
    needed = needed_bits(unit, streams=5, stores=3)
    own = [i for i in (*MULTIPLY, *POST) if unit.has_name(i.name)]
    own = [replace(i, d=i.d % 3, pred=i.pred if unit.masks else 0) for i in own]
    assert own
    for instruction in own:
        word = encode(instruction)
        if names:
            assert needed < (1 << 32) - 1
            # What is left out is the opcode, or zero.
            assert word & ~needed in (0, word & OPCODE.mask)
            assert unit.has("STV") == bool(needed & OPCODE.mask)
        else:
            assert word & ~needed == 0
