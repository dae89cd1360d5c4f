"""What a unit did, as lines of text: instructions that ended, and traps."""

from __future__ import annotations

from hawx_hw.architectures.simt.disassembler import word_text
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.simulator import Retirement, Trap
from hawx_hw.architectures.simt.traps import CAUSES

__all__ = ["instruction_at", "place_of", "trace_line", "trap_text"]


def instruction_at(program: Program, pc: int) -> str:
    """The instruction at an address, as the assembler reads it."""
    if pc >= len(program.code):
        return "(no instruction)"
    labels = {address: name for name, address in program.names.labels.items()}
    return word_text(program, pc, program.code[pc], labels)


def place_of(program: Program, pc: int) -> str:
    """Where an instruction stands in its source, such as ``k.s:10``; empty without a source."""
    lines = program.names.lines
    return f"{program.names.file}:{lines[pc]}" if pc < len(lines) else ""


def trace_line(program: Program, each: Retirement) -> str:
    """Cycle, warp, address and text of an instruction that ended, and what it wrote.

    ::

              40  warp 0      5  MAC.z   v0, s4, dot                      v0 = (10, 20, 30, 40)
    """
    results = ", ".join(f"{name} = {value}" for name, value in each.results)
    text = f"{each.cycle:8}  warp {each.warp}  {each.pc:5}  {instruction_at(program, each.pc)}"
    return f"{text:60}  {results}".rstrip()


def trap_text(program: Program, trap: Trap) -> str:
    """A trap in words, with its place in the source."""
    what, value = CAUSES[trap.cause]
    # A value that is always 0 is left out.
    detail = "" if value == "0" else f" ({value}: {trap.value})"
    place = place_of(program, trap.pc)
    return (
        f"{place}{': ' if place else ''}Trap {trap.cause.name} of warp {trap.warp} at {trap.pc} in "
        f"cycle {trap.cycle}: {what}{detail}"
    )
