"""Programs as sources, and back."""

from __future__ import annotations

import dataclasses

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.disassembler import disassemble, instruction_text
from hawx_hw.architectures.simt.isa import Instruction
from hawx_hw.architectures.simt.program import Names, Program
from tests.architectures.simt.programs import flipped, random_case

SOURCE = """\
        .unit lanes=8 cluster=4 warps=2
        .selection exact
        .selection 0-3=drum(3) 4-7=exact
        .stream dot taps=8 step=1 blocks=16 step=8
        .store out shift=9 result
        .arg w0 0, 128
start:  ARG s7, w0
        LOOP s7, end
        MAC.z v0, s4, dot, sel=2 @!p1
        PLT p1, s4, 2
end:    BEQ s1, s2, start
        SR s3, cluster
        QST.max v0, s9, out
        .word 0xffffffff
        HALT
"""


def assert_same(first: Program, second: Program) -> None:
    for name in ("unit", "code", "arguments", "streams", "stores"):
        assert getattr(first, name) == getattr(second, name), name
    np.testing.assert_array_equal(first.weights, second.weights)
    np.testing.assert_array_equal(first.constants, second.constants)
    for selection in range(first.lanes.selections):
        names = [
            [program.lanes.blocks[index].name for index in program.lanes.choice[selection]]
            for program in (first, second)
        ]
        assert names[0] == names[1]


def test_a_source_with_everything() -> None:
    program = assemble(SOURCE)
    text = disassemble(program)
    assert_same(assemble(text), program)
    for line in (
        "start:",
        "MAC.z   v0, s4, dot, sel=2 @!p1",
        "PLT     p1, s4, 2",
        "LOOP    s7, end",
        "BEQ     s1, s2, start",
        "SR      s3, cluster",
        ".word   0xffffffff",
        ".selection 0=drum(k=3) 1=drum(k=3) 2=drum(k=3) 3=drum(k=3) 4=exact",
        ".stream dot taps=8 step=1 blocks=16 step=8",
    ):
        assert line in text, text


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.integers(0, 10**6))
def test_any_program_is_assembled_again(seed: int) -> None:
    case = random_case(seed)
    for program in (case.program, flipped(case, seed, 30).program):
        assert_same(assemble(disassemble(program)), program)


def test_names_that_a_program_has_not_are_made_up() -> None:
    program = dataclasses.replace(assemble(SOURCE), names=Names(labels={"L4": 0}))
    text = disassemble(program)
    assert "L4:" in text
    assert "stream0" in text
    assert_same(assemble(text), program)


def test_data_may_be_left_out() -> None:
    program = assemble(f"{SOURCE}.weight 1, 2, 3, 4, 5, 6, 7, 8\n.constant 1, 2")
    assert ".weight" not in disassemble(program, data=False)
    assert ".constant 1, 2, 1, 2" in disassemble(program)


def test_an_instruction_alone() -> None:
    program = assemble(SOURCE)
    text = instruction_text(program, Instruction("BNE", ra=1, rb=2, offset=-3))
    assert text == "BNE     s1, s2, -3"
