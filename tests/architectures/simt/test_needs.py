"""A unit that has what a program needs, and no more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from hawx_hw.architectures.simt.assembler import assemble
from hawx_hw.architectures.simt.isa import INSTRUCTIONS
from hawx_hw.architectures.simt.needs import narrowed
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import simulate
from hawx_hw.architectures.simt.timing import time_program
from hawx_hw.architectures.simt.traps import Cause
from tests.architectures.simt.programs import flipped, random_case


def assembled(text: str) -> Program:
    return assemble(f".unit lanes=4 warps=1\n.stream s\n.store o\n{text}\nHALT")


def test_instructions_with_their_suffixes() -> None:
    program = assembled("QST.max v0, s4, o\nMAC v0, s4, s\nLI s1, 1\nMAC.z v0, s4, s\nLI s2, 1")
    unit = narrowed(program.unit, program.code)
    assert unit.instructions == ("HALT", "LI", "MAC", "MAC.z", "QST.max")
    assert not unit.vectors and not unit.adds_codes and not unit.takes_own
    assert (unit.loops, unit.predicates, unit.masks) == (0, 0, False)
    # Words that are no instruction need none.
    assert narrowed(program.unit, (0, 1, *program.code)) == unit


@pytest.mark.parametrize(
    ("text", "loops"),
    [
        ("LOOP s1, 1\nNOP\nLOOP s1, 2\nNOP\nNOP", 1),
        ("LOOP s1, 2\nLOOP s1, 1\nNOP", 2),
        # Two that follow each other in a third, which they end with.
        ("LOOP s1, 4\nLOOP s1, 1\nNOP\nLOOP s1, 1\nNOP", 2),
        ("NOP", 0),
    ],
)
def test_loops_that_a_warp_is_in_at_once(text: str, loops: int) -> None:
    program = assembled(text)
    assert narrowed(program.unit, program.code).loops == loops


@pytest.mark.parametrize(
    ("text", "predicates"),
    [
        ("PLT p2, s1", 2),
        ("MAC v0, s4, s @!p1", 1),
        ("VLT p1, v0, v1 @p3", 3),
        ("PAND p1, !p2, p0", 2),
        ("VADD v0, v0, v1", 0),
    ],
)
def test_predicates_up_to_the_highest(text: str, predicates: int) -> None:
    program = assembled(text)
    assert narrowed(program.unit, program.code).predicates == predicates


def test_a_unit_does_not_grow() -> None:
    program = assembled("LOOP s1, 2\nLOOP s1, 1\nPLT p3, s1")
    small = replace(program.unit, loops=1, predicates=2, instructions=("HALT", "PLT"))
    assert narrowed(small, program.code) == small


@pytest.mark.parametrize("seed", range(12))
def test_a_program_does_the_same(seed: int) -> None:
    """Legal ones, and ones with flipped bits: also where they trap, and why."""
    case = random_case(seed)
    for each in (case, flipped(case, seed, 2)):
        program = each.program
        small = replace(program, unit=narrowed(program.unit, program.code))
        assert set(small.unit.instructions) < set(INSTRUCTIONS)
        before, after = (
            simulate(one, each.activations, result_free=each.result_free, watchdog=3000)
            for one in (program, small)
        )
        assert (before.trap, before.cycles) == (after.trap, after.cycles)
        assert before.retirements == after.retirements
        if before.trap is None:
            assert time_program(program).cycles == time_program(small).cycles


@pytest.mark.parametrize(
    ("keys", "text", "cause", "value"),
    [
        ("instructions=LI+HALT", ".word 0x04000000", Cause.ENCODING, 0x04000000),
        # A suffix that is missing.
        ("instructions=MAC+HALT", ".word 0xC0000100", Cause.ENCODING, 0xC0000100),
        ("instructions=MAC.z+HALT", ".word 0xC0000000", Cause.ENCODING, 0xC0000000),
        ("predicates=1", "PLT p2, s1", Cause.REGISTER, 2),
        ("predicates=0", "MAC v0, s4, s @!p3", Cause.REGISTER, 3),
        ("predicates=2", "PAND p1, p0, !p3", Cause.REGISTER, 3),
        ("loops=1", "LI s1, 1\nLOOP s1, 2\nLOOP s1, 1\nNOP", Cause.LOOP, 4),
        ("loops=0", "LOOP s1, 1\nNOP", Cause.LOOP, 2),
    ],
)
def test_what_a_unit_lacks_traps(keys: str, text: str, cause: Cause, value: int) -> None:
    trap = simulate(assemble(f".unit lanes=4 warps=1 {keys}\n.stream s\n{text}\nHALT")).trap
    assert trap is not None
    assert (trap.cause, trap.value) == (cause, value)
