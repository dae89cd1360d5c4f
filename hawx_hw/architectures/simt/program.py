"""A program with everything that it runs on: what a unit's memories hold."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from hawx_hw.architectures.simt.descriptors import Store, Stream
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.lanes import LaneBlocks
from hawx_hw.architectures.simt.store_words import StoreFormat
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.graph.graph import MULTIPLIER_BITS

__all__ = ["MOST_DESCRIPTORS", "Names", "Program", "empty_constants", "empty_weights"]

#: Most streams, and most stores.
MOST_DESCRIPTORS = 256


@dataclass(frozen=True)
class Names:
    """What a source calls things; the unit does not know them.

    Parameters
    ----------
    streams, stores, arguments, labels : mapping of str to int
        Index of each, and address of each label.
    file : str
    lines : tuple of int
        Of each instruction, from 1; empty where there is no source.
    """

    streams: Mapping[str, int] = field(default_factory=dict)
    stores: Mapping[str, int] = field(default_factory=dict)
    arguments: Mapping[str, int] = field(default_factory=dict)
    labels: Mapping[str, int] = field(default_factory=dict)
    file: str = ""
    lines: tuple[int, ...] = ()


def empty_weights(unit: Unit) -> np.ndarray:
    """No weights."""
    return np.zeros((0, unit.lanes), dtype=np.int8)


def empty_constants(unit: Unit) -> np.ndarray:
    """No requantization constants."""
    return np.zeros((0, unit.word, 2), dtype=np.int64)


@dataclass(frozen=True, eq=False)
class Program:
    """What a unit runs, and what its parameter memories hold.

    Parameters
    ----------
    unit : Unit
    lanes : LaneBlocks
    code : tuple of int
        Instructions, 32 bits each; at least one.
    arguments : tuple of int
        Word ``k * warps + warp`` is argument ``k`` of a warp, below ``2**scalar_bits``.
    streams : tuple of Stream
    stores : tuple of Store
    weights : ndarray of int8, shape (words, lanes)
        With g groups, word i of a stream is bytes ``(i % g) * N / g`` and on of memory word
        ``start + i // g``.
    constants : ndarray of int64, shape (words, L, 2)
        Multiplier, 16 bits unsigned, and addend, ``addend_bits`` signed, of each byte of a word.
    names : Names
    """

    unit: Unit
    lanes: LaneBlocks
    code: tuple[int, ...]
    arguments: tuple[int, ...] = ()
    streams: tuple[Stream, ...] = ()
    stores: tuple[Store, ...] = ()
    weights: np.ndarray = field(default_factory=lambda: np.zeros((0, 0), dtype=np.int8))
    constants: np.ndarray = field(default_factory=lambda: np.zeros((0, 0, 2), dtype=np.int64))
    names: Names = field(default_factory=Names)

    def __post_init__(self) -> None:
        unit = self.unit
        if not self.weights.size:
            object.__setattr__(self, "weights", empty_weights(unit))
        if not self.constants.size:
            object.__setattr__(self, "constants", empty_constants(unit))
        if not 1 <= len(self.code) <= 1 << PC_BITS:
            raise ValueError(f"Program must have 1 to {1 << PC_BITS} words, not {len(self.code)}")
        if any(not 0 <= word < 1 << 32 for word in self.code):
            raise ValueError("Instructions must be words of 32 bits")
        if len(self.arguments) % unit.warps:
            raise ValueError(f"Arguments must be as many for each of {unit.warps} warps")
        if any(not 0 <= value < 1 << unit.scalar_bits for value in self.arguments):
            raise ValueError(f"Arguments must have {unit.scalar_bits} bits")
        if max(len(self.streams), len(self.stores)) > MOST_DESCRIPTORS:
            raise ValueError(f"Streams and stores must be at most {MOST_DESCRIPTORS} each")
        if self.lanes.choice.shape[1] != unit.lanes:
            raise ValueError(f"Blocks must be those of {unit.lanes} lanes")
        _check_shape("Weights", self.weights, (unit.lanes,))
        _check_shape("Constants", self.constants, (unit.word, 2))
        multipliers, addends = self.constants[..., 0], self.constants[..., 1]
        half = 1 << (unit.addend_bits - 1)
        if multipliers.size and not 0 <= multipliers.min() <= multipliers.max() < (
            1 << MULTIPLIER_BITS
        ):
            raise ValueError(f"Multipliers must have {MULTIPLIER_BITS} bits, unsigned")
        if addends.size and not -half <= addends.min() <= addends.max() < half:
            raise ValueError(f"Addends must have {unit.addend_bits} bits")

    @cached_property
    def stream_format(self) -> StreamFormat:
        """How the stream memory holds the streams."""
        return StreamFormat.of(self.streams, self.unit)

    @cached_property
    def store_format(self) -> StoreFormat:
        """How the store memory holds the stores."""
        return StoreFormat.of(self.stores, self.unit)


def _check_shape(name: str, array: np.ndarray, shape: tuple[int, ...]) -> None:
    if array.shape[1:] != shape:
        raise ValueError(f"{name} must be of shape (words, {', '.join(map(str, shape))}), "
                         f"not {array.shape}")  # fmt: skip
