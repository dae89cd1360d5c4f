"""The hardware that many programs share: depths of its memories, formats of its words."""

from __future__ import annotations

import dataclasses
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hawx_hw.architectures.base import ParameterMemory
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.store_words import StoreFormat
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from tests.architectures.simt.programs import Case

__all__ = ["Shape"]


@dataclass(frozen=True, eq=False)
class Shape:
    """What programs must agree on to run on one unit, one after the other.

    Parameters
    ----------
    unit : Unit
    lanes : LaneBlocks
    code, arguments : int
        Words of the program; arguments of each warp.
    weights, constants : int
        Words of these memories.
    streams, stores : tuple
        What fills these memories up: the descriptors of the programs themselves.
    """

    unit: Unit
    lanes: LaneBlocks
    code: int
    arguments: int
    weights: int
    constants: int
    streams: tuple[Any, ...]
    stores: tuple[Any, ...]

    @classmethod
    def of(cls, cases: Sequence[Case]) -> Shape:
        """The smallest one for these, which have one unit and the same blocks."""
        programs = [case.program for case in cases]
        first = programs[0]
        assert all(p.unit == first.unit and p.lanes is first.lanes for p in programs)
        return cls(
            first.unit,
            first.lanes,
            max(len(p.code) for p in programs),
            max(1, *(len(p.arguments) // p.unit.warps for p in programs)),
            max(len(p.weights) for p in programs),
            max(len(p.constants) for p in programs),
            _longest([p.streams for p in programs]),
            _longest([p.stores for p in programs]),
        )

    def fit(self, case: Case, seed: int = 0) -> Case:
        """The case with memories of this depth: what it does not need is filled with anything.

        Code goes on with words that trap or do nothing, so that who runs out of it traps there or
        behind the last word.
        """
        program, unit, rng = case.program, self.unit, random.Random(seed)
        generator = np.random.default_rng(seed)
        filler = rng.choice([0, encode(Instruction("NOP"))])
        half = 1 << (unit.addend_bits - 1)
        more = self.constants - len(program.constants)
        constants = np.stack(
            [
                generator.integers(0, 1 << 16, (more, unit.word)),
                generator.integers(-half, half, (more, unit.word)),
            ],
            axis=2,
        )
        weights = generator.integers(
            -128, 128, (self.weights - len(program.weights), unit.lanes), np.int8
        )
        arguments = self.arguments * unit.warps - len(program.arguments)
        fitted = dataclasses.replace(
            program,
            code=program.code + (filler,) * (self.code - len(program.code)),
            arguments=program.arguments
            + tuple(rng.randrange(1 << unit.scalar_bits) for _ in range(arguments)),
            streams=program.streams + self.streams[len(program.streams) :],
            stores=program.stores + self.stores[len(program.stores) :],
            weights=np.concatenate([program.weights, weights]),
            constants=np.concatenate([program.constants, constants]),
        )
        return dataclasses.replace(case, program=fitted)

    def formats(self, cases: Sequence[Case]) -> tuple[StreamFormat, StoreFormat]:
        """The narrowest words that hold the descriptors of all these."""
        streams = {stream for case in cases for stream in case.program.streams}
        stores = {store for case in cases for store in case.program.stores}
        return (
            StreamFormat.of([*streams, *self.streams], self.unit),
            StoreFormat.of([*stores, *self.stores], self.unit),
        )


def memories_of(
    program: Program, streams: StreamFormat, stores: StoreFormat
) -> Sequence[ParameterMemory]:
    """The memories of a program in words that others share."""
    made = []
    for memory in parameter_memories(program):
        for name, form in (("streams", streams), ("stores", stores)):
            if memory.name == name:
                words = tuple(form.pack(each) for each in getattr(program, name)) or (0,)
                memory = dataclasses.replace(memory, width=form.bits, words=words)
        made.append(memory)
    return made


def _longest(lists: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """For each index, what some program has there."""
    longest: list[Any] = []
    for each in lists:
        longest += each[len(longest) :]
    return tuple(longest)
