"""Vector instructions of many warps at once: none comes too late for the next one."""

from __future__ import annotations

import random

import pytest

from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.blocks.registry import by_name
from tests.architectures.simt.gateware.front_ends import check

COMPUTES = ("VADD", "VSUB", "VMIN", "VMAX", "VLT", "VEQ")


def program(warps: int, names: tuple[str, ...], count: int, seed: int) -> Program:
    """Instructions of which each reads what the last ones wrote; warps are out of step."""
    rng = random.Random(seed)
    unit = Unit(lanes=2, warps=warps, registers=4, register_bits=16, scalar_bits=17)
    code = [Instruction("SR", rd=1, imm=0)]
    code += [Instruction("ARG", rd=number, imm=number - 2) for number in range(2, 6)]
    code += [Instruction("VSET", v=n, rs=n + 2) for n in range(4)]
    code += [
        each
        for number in (1, 2, 3)
        for each in (
            Instruction("LI", rd=6, imm=rng.randrange(3)),
            Instruction("PLT", v=number, rs=6),
        )
    ]
    for _ in range(count):
        name = rng.choice(names)
        vd, va, vb = (rng.randrange(4) for _ in range(3))
        pred = rng.choice([0, 0, 1, 2, 3, 5, 6, 7])
        match name:
            case "VSET":
                code.append(Instruction(name, v=vd, rs=rng.randrange(6), pred=pred))
            case "VLANE":
                code.append(Instruction(name, vd=vd, pred=pred))
            case "VLT" | "VEQ":
                code.append(Instruction(name, vd=rng.randint(1, 3), va=va, vb=vb, pred=pred))
            case "skip":  # the lower half of the warps skips the next ones
                code.append(Instruction("LI", rd=7, imm=max(1, warps // 2)))
                code.append(Instruction("BLT", ra=1, rb=7, offset=1))
                code.append(Instruction("VADD", vd=vd, va=va, vb=vb))
            case _:
                code.append(Instruction(name, vd=vd, va=va, vb=vb, pred=pred))
    code.append(Instruction("HALT"))
    limits = (0, 1, (1 << 15) - 1, 1 << 15, (1 << 16) - 1, (1 << 17) - 1)
    arguments = tuple(rng.choice([*limits, rng.randrange(1 << 17)]) for _ in range(4 * warps))
    lanes = LaneBlocks.uniform([by_name("exact")], unit.lanes)
    return Program(unit, lanes, tuple(encode(each) for each in code), arguments)


@pytest.mark.parametrize("warps", [1, 2, 4, 5, 8])
def test_each_reads_what_the_last_one_wrote(warps: int) -> None:
    outcome = check(program(warps, (*COMPUTES, "VSET", "VLANE", "skip"), 30, warps))
    assert outcome.trap is None


@pytest.mark.slow
@pytest.mark.parametrize("warps", range(1, 9))
@pytest.mark.parametrize(
    "names", [COMPUTES, ("VSET", "VLANE"), (*COMPUTES, "VSET", "VLANE", "skip"), ("VADD", "VSET")]
)
def test_many(warps: int, names: tuple[str, ...]) -> None:
    check(program(warps, names, 120, warps))
