"""Partial products added by adders whose lower part is an OR."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import BitHeap, sum_bit_heap
from hawx_hw.blocks.arithmetic.leading_one import any_of
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import Block
from hawx_hw.blocks.factors import low_part_factors

__all__ = ["Loa", "UnsignedLoa", "catalogue"]


@dataclass(frozen=True)
class Loa(SignMagnitude):
    """Eight partial products, added one after the other by lower-part-OR adders.

    Mahdiani, Ahmadi, Fakhraie and Lucas, "Bio-inspired imprecise computational blocks for
    efficient VLSI implementation of soft-computing applications", IEEE TCAS-I 2010: the lower
    ``k`` bits of an adder are the OR of its operands', and the AND of the operands' uppermost lower
    bits is carried into the exact upper part. The order of the partial products makes no
    difference: a lower bit of the result is the OR of all bits in its position, and of ``n`` ones
    in position ``k - 1`` all but the first carry.

    Parameters
    ----------
    k : int
        Bits of the lower part, 2 to 13 (2 to 14 where activations are unsigned): below 2 the
        adders are exact, above there is nothing more to add.
    """

    family = "loa"
    largest: ClassVar[int] = 13
    k: int

    def __post_init__(self) -> None:
        if self.k not in range(2, self.largest + 1):
            raise ValueError(f"k must be from 2 to {self.largest}, not {self.k!r}")

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("chain", "tree")

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        product = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.int32)
        low = (1 << self.k) - 1
        for i in range(8):
            partial = (x >> i & 1) * y << i
            carry = product & partial & 1 << self.k - 1
            upper = (product & ~low) + (partial & ~low) + 2 * carry
            product = upper + ((product | partial) & low)
        return product

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        if self.k > 4:
            return None
        return low_part_factors(self.magnitudes, self.k)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        partials = []
        for i in range(8):
            partial = Signal(i + 8, name=f"row_{i}")
            m.d.comb += partial[i:].eq(y & x[i].replicate(8))
            partials.append(partial)
        build = self._chain if implementation == "chain" else self._tree
        return build(m, partials)

    def _chain(self, m: Module, partials: list[Signal]) -> Value:
        total: Value = partials[0]
        for i, partial in enumerate(partials[1:], start=1):
            result = Signal(16, name=f"sum_{i}")
            carry = any_of([(total & partial)[self.k - 1 : self.k]])
            upper = total[self.k :] + partial[self.k :] + carry
            m.d.comb += result.eq(Cat(self._lower(total | partial), upper))
            total = result
        return total

    def _lower(self, value: Value) -> Value:
        return Cat(value[: self.k], *[0] * (self.k - len(value)))

    def _tree(self, m: Module, partials: list[Signal]) -> Value:
        heap: BitHeap = [
            [partial[place] for i, partial in enumerate(partials) if i <= place < i + 8]
            for place in range(15)
        ]
        last = heap[self.k - 1]
        carries = [any_of(last[:n]) & last[n] for n in range(1, len(last))]
        upper = [heap[self.k] + carries, *heap[self.k + 1 :]]
        lower = Signal(self.k, name="lower")
        m.d.comb += lower.eq(Cat(any_of(bits) for bits in heap[: self.k]))
        return Cat(lower, sum_bit_heap(m, upper, 16 - self.k, "upper"))

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        partials = [Mux(x[i], y << i, 0) for i in range(8)]
        lower: Value = partials[0]
        upper: Value = partials[0] >> self.k
        count: Value = partials[0].bit_select(self.k - 1, 1)
        for partial in partials[1:]:
            lower = lower | partial
            upper = upper + (partial >> self.k)
            count = count + partial.bit_select(self.k - 1, 1)
        carries = Mux(count == 0, 0, count - 1)
        return ((upper + carries) << self.k) + (lower & (1 << self.k) - 1)


@dataclass(frozen=True)
class UnsignedLoa(UnsignedActivation, Loa):
    """``loa`` of unsigned activations."""

    family = "uloa"
    largest = 14


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [kind(k) for kind in (Loa, UnsignedLoa) for k in (3, 4, 6, 8)]
