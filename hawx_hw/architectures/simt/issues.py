"""What the warps of a program ask the engines for, without data and without time."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from hawx_hw.architectures.simt.execution import execute_front
from hawx_hw.architectures.simt.isa import Instruction, Place, decode
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.state import Warp

__all__ = ["Issue", "issues"]


@dataclass(frozen=True, eq=False)
class Issue:
    """An instruction that an engine runs, or a barrier.

    Parameters
    ----------
    warp, pc : int
    instruction : Instruction
    scalars : tuple of int
        From s[rs] on, as many as the engine reads.
    lanes : ndarray of bool, shape (lanes,)
        Those of the predicate.
    """

    warp: int
    pc: int
    instruction: Instruction
    scalars: tuple[int, ...]
    lanes: np.ndarray

    @property
    def is_barrier(self) -> bool:
        """Whether all warps wait here."""
        return self.instruction.mnemonic == "BAR"


def issues(program: Program, number: int) -> Iterator[Issue]:
    """What one warp asks for, in its order, until it ends.

    Parameters
    ----------
    program : Program
        It does not trap, and has no vector instructions, whose predicates depend on data.
    number : int
        Of the warp.

    Raises
    ------
    ValueError
        There is a vector instruction.
    """
    warp = Warp(number, program.unit)
    code = [decode(word) for word in program.code]
    while code[warp.pc].mnemonic != "HALT":
        pc, instruction = warp.pc, code[warp.pc]
        place = instruction.operation.place
        if place in (Place.MULTIPLY, Place.POST) or instruction.mnemonic == "BAR":
            lanes = warp.mask(instruction.pred).copy()
            scalars = tuple(warp.scalars[instruction.rs :][:5])
            yield Issue(number, pc, instruction, scalars, lanes)
            warp.advance(pc + 1)
        elif place is Place.FRONT:
            execute_front(program, warp, instruction)
        else:
            raise ValueError(f"{instruction.mnemonic} at {pc} depends on data")
