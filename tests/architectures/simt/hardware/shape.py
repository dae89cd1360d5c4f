"""The hardware that many programs share: depths of its memories, formats of its words."""

from __future__ import annotations

import dataclasses
import functools
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.gateware.core import trap_format
from hawx_hw.architectures.simt.isa import Instruction, encode
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.memories import parameter_memories
from hawx_hw.architectures.simt.program import Program
from hawx_hw.architectures.simt.store_words import StoreFormat
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.core_interface import CoreSignature
from tests.architectures.simt.programs import Case

__all__ = ["Shape"]

#: As many as there are numbers of barriers.
LAYERS = 1 << 14


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
    formats : tuple of StreamFormat and StoreFormat
        The narrowest words that hold all of them.
    banks : int
        Memories that the weights are parted into.
    """

    unit: Unit
    lanes: LaneBlocks
    code: int
    arguments: int
    weights: int
    constants: int
    streams: tuple[Any, ...]
    stores: tuple[Any, ...]
    formats: tuple[StreamFormat, StoreFormat]
    banks: int = 1

    @classmethod
    def of(cls, cases: Sequence[Case], banks: int = 1) -> Shape:
        """The smallest one for these, which have one unit and the same blocks."""
        programs = [case.program for case in cases]
        first = programs[0]
        assert all(p.unit == first.unit and p.lanes is first.lanes for p in programs)
        streams = list(dict.fromkeys(stream for p in programs for stream in p.streams))
        stores = list(dict.fromkeys(store for p in programs for store in p.stores))
        return cls(
            first.unit,
            first.lanes,
            max(len(p.code) for p in programs),
            max(1, *(len(p.arguments) // p.unit.warps for p in programs)),
            max(len(p.weights) for p in programs),
            max(len(p.constants) for p in programs),
            _longest([p.streams for p in programs]),
            _longest([p.stores for p in programs]),
            (_Streams.of(streams, first.unit), _Stores.of(stores, first.unit)),
            banks,
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
        streams, stores = self.formats
        vars(fitted).update(stream_format=streams, store_format=stores)
        return dataclasses.replace(case, program=fitted)

    @functools.cached_property
    def program(self) -> Program:
        """A program that needs all of it; it does nothing."""
        empty = Program(self.unit, self.lanes, (encode(Instruction("HALT")),))
        return self.fit(Case(empty, np.zeros((0, self.unit.word), np.int8), 0)).program

    def signature(self) -> CoreSignature:
        """The port of the unit's core; the activation memory is no image."""
        unit = self.unit
        memories = parameter_memories(self.program, self.banks)
        return CoreSignature(
            word_codes=unit.word,
            image_shape=(unit.activation_words * unit.word,),
            result_shape=(unit.result_words * unit.word,),
            layers=LAYERS,
            memories=[(each.width, each.depth) for each in memories],
            trap=trap_format(unit),
        )


class _Streams(StreamFormat):
    """Packs each stream once: most of them fill up the memories of many programs."""

    @functools.cache  # noqa: B019 (for as long as the tests run)
    def pack(self, descriptor: Stream) -> int:
        return super().pack(descriptor)


class _Stores(StoreFormat):
    """Likewise."""

    @functools.cache  # noqa: B019
    def pack(self, descriptor: Store) -> int:
        return super().pack(descriptor)


def _longest(lists: Sequence[tuple[Any, ...]]) -> tuple[Any, ...]:
    """For each index, what some program has there."""
    longest: list[Any] = []
    for each in lists:
        longest += each[len(longest) :]
    return tuple(longest)
