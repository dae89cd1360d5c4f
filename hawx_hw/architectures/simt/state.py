"""What a unit holds: scalars, predicates, vector registers, memories."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from hawx_hw.architectures.simt.isa import PREDICATES, SCALARS
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["Loop", "Memories", "Warp", "wrap"]


def wrap(value: np.ndarray | int, bits: int) -> np.ndarray | int:
    """Numbers in two's complement of some bits."""
    half = 1 << (bits - 1)
    return ((value + half) & ((1 << bits) - 1)) - half


@dataclass
class Loop:
    """One level of a loop stack.

    Parameters
    ----------
    first, end : int
        The first instruction, and the one after the last.
    left : int
        Times that are left, this one included.
    """

    first: int
    end: int
    left: int


@dataclass
class Warp:
    """The registers of a warp.

    Parameters
    ----------
    number : int
    unit : Unit

    Attributes
    ----------
    pc : int
        The instruction that is in flight, or else the next one.
    scalars : list of int
        s0 to s15.
    predicates : ndarray of bool, shape (4, lanes)
        p0 to p3.
    registers : ndarray of int64, shape (registers, lanes)
    loops : list of Loop
        The innermost last.
    """

    number: int
    unit: Unit
    pc: int = 0
    scalars: list[int] = field(default_factory=lambda: [0] * SCALARS)
    predicates: np.ndarray = field(init=False)
    registers: np.ndarray = field(init=False)
    loops: list[Loop] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.predicates = np.zeros((PREDICATES, self.unit.lanes), dtype=bool)
        self.predicates[0] = True
        self.registers = np.zeros((self.unit.registers, self.unit.lanes), dtype=np.int64)

    def set_scalar(self, number: int, value: int) -> None:
        """Write a scalar, which wraps; s0 stays zero."""
        if number:
            self.scalars[number] = value % (1 << self.unit.scalar_bits)

    def mask(self, condition: int) -> np.ndarray:
        """The lanes of a predicate, by its encoding: 4 is added where it is inverted."""
        lanes: np.ndarray = self.predicates[condition & 3] ^ bool(condition & 4)
        return lanes

    def advance(self, pc: int) -> None:
        """Go on at an instruction; loops that end there are repeated or left."""
        while self.loops and self.loops[-1].end == pc:
            loop = self.loops[-1]
            loop.left -= 1
            if loop.left:
                pc = loop.first
                break
            self.loops.pop()
        self.pc = pc


@dataclass
class Memories:
    """The memories that are written.

    Parameters
    ----------
    activations : ndarray of int8, shape (words, L)
    result : ndarray of int8, shape (words, L)
    """

    activations: np.ndarray
    result: np.ndarray

    @classmethod
    def of(cls, unit: Unit, activations: np.ndarray | None = None) -> Memories:
        """Memories of a unit, zero but for the activations that are given first.

        Parameters
        ----------
        unit : Unit
        activations : ndarray of int8 or None
            Of shape (words, L), at most as many words as the memory has.

        Raises
        ------
        ValueError
            Others.
        """
        memory = np.zeros((unit.activation_words, unit.word), dtype=np.int8)
        if activations is not None:
            given = np.asarray(activations)
            if given.dtype != np.int8 or given.ndim != 2 or given.shape[1] != unit.word:
                raise ValueError(
                    f"Activations must be int8 of shape (words, {unit.word}), "
                    f"not {given.dtype} of shape {given.shape}"
                )
            if len(given) > len(memory):
                raise ValueError(
                    f"Activations must be at most {len(memory)} words, not {len(given)}"
                )
            memory[: len(given)] = given
        return cls(memory, np.zeros((unit.result_words, unit.word), dtype=np.int8))
