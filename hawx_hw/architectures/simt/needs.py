"""What a program needs of a unit: its instructions, and how many loops and predicates it uses."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator, Sequence

from hawx_hw.architectures.simt.isa import (
    INSTRUCTIONS,
    EncodingError,
    Instruction,
    decode,
)
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["narrowed"]


def narrowed(unit: Unit, code: Sequence[int]) -> Unit:
    """The unit with nothing that a program does not use, but as able as before for that program.

    A program that traps for want of loops or predicates traps on it as well.

    Parameters
    ----------
    unit : Unit
    code : sequence of int
        Words of the program.
    """
    instructions = list(_instructions(code))
    names = {each.name for each in instructions if unit.has_name(each.name)}
    return dataclasses.replace(
        unit,
        instructions=tuple(name for name in INSTRUCTIONS if name in names),
        loops=min(unit.loops, _depth(code)),
        predicates=min(unit.predicates, max(map(_predicate, instructions), default=0)),
    )


def _instructions(code: Sequence[int]) -> Iterator[Instruction]:
    """Those of the words that are instructions."""
    for word in code:
        try:
            yield decode(word)
        except EncodingError:
            continue


def _predicate(instruction: Instruction) -> int:
    """The highest predicate that an instruction names."""
    numbers = [
        getattr(instruction, operand.field)
        for operand in instruction.operation.operands
        if operand.kind in ("predicate", "condition")
    ]
    return max(number & 3 for number in (instruction.pred, *numbers))


def _depth(code: Sequence[int]) -> int:
    """Most loops that a warp can be in at once.

    A warp is in a loop only while its address lies there, since branches do not leave loops.
    """
    ends: list[tuple[int, int]] = []
    most = 0
    for address, word in enumerate(code):
        for instruction in _instructions((word,)):
            if instruction.mnemonic == "LOOP" and instruction.offset > 0:
                around = sum(first <= address < end for first, end in ends)
                most = max(most, around + 1)
                ends.append((address + 1, address + 1 + instruction.offset))
    return most
