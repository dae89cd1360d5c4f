"""Multipliers that replace the sum of each lower bit position by an OR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import partial_products, sum_bit_heap
from hawx_hw.blocks.arithmetic.leading_one import any_of
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.factors import low_part_factors

__all__ = ["OrColumns", "UnsignedOrColumns", "catalogue"]


@dataclass(frozen=True)
class OrColumns(SignMagnitude):
    """Partial products of which each lower bit position becomes one bit, without a carry.

    The idea of logic compression by bit significance (Qiqieh, Shafik, Tarawneh, Sokolov and
    Yakovlev, "Energy-efficient approximate multiplier design using bit significance-driven logic
    compression", DATE 2017), with one OR gate a bit position in place of one for every few
    partial products; the positions above are added exactly. A product is never too large.

    Parameters
    ----------
    k : int
        Bit positions below ``k`` are an OR each: 2 to 12 (2 to 13 where activations are unsigned).
        Positions beyond never have more than one bit that is set.
    """

    family = "or_columns"
    largest: ClassVar[int] = 12
    k: int

    def __post_init__(self) -> None:
        if self.k not in range(2, self.largest + 1):
            raise ValueError(f"k must be from 2 to {self.largest}, not {self.k!r}")

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("tree", "chain")

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        low = (1 << self.k) - 1
        compressed = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.int32)
        added = compressed.copy()
        for i in range(8):
            partial = (x >> i & 1) * y << i
            compressed |= partial & low
            added += partial & ~low
        return added + compressed

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        if self.k > 4:
            return None
        return low_part_factors(self.magnitudes, self.k)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        heap = partial_products(x, y)
        lower = Signal(self.k, name="lower")
        m.d.comb += lower.eq(Cat(any_of(bits) for bits in heap[: self.k]))
        if implementation == "tree":
            return Cat(lower, sum_bit_heap(m, heap[self.k :], 16 - self.k, "upper"))
        total: Value = Cat(0)
        for i in range(8):
            # Bit j of the partial product is in position i + j.
            first = min(max(self.k - i, 0), 8)
            partial = y[first:] & x[i].replicate(8 - first)
            upper = Signal(16 - self.k, name=f"upper_{i}")
            m.d.comb += upper.eq(total + (partial << max(i - self.k, 0)))
            total = upper
        return Cat(lower, total)

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        product: Value = Cat(0)
        lower: Value = Cat(0)
        for i in range(8):
            partial = Mux(x[i], y << i, 0)
            product = product + (partial >> self.k)
            lower = lower | partial
        return (product << self.k) + (lower & (1 << self.k) - 1)


@dataclass(frozen=True)
class UnsignedOrColumns(UnsignedActivation, OrColumns):
    """``or_columns`` of unsigned activations."""

    family = "uor_columns"
    largest = 13


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [kind(k) for kind in (OrColumns, UnsignedOrColumns) for k in (3, 4, 6, 8)]
