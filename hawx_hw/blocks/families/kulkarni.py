"""Multipliers of 2 x 2 bit cells in which three times three is seven."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import C, Cat, Module, Mux, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import BitHeap, sum_bit_heap
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import Block

__all__ = ["Kulkarni", "UnsignedKulkarni", "catalogue"]


@dataclass(frozen=True)
class Kulkarni(SignMagnitude):
    """The underdesigned multiplier: its 2 x 2 blocks have three output bits, so 3 * 3 = 7.

    Kulkarni, Gupta and Ercegovac, "Trading accuracy for power with an underdesigned multiplier
    implementation", VLSI Design 2011: an 8 x 8 multiplier of sixteen such blocks, the products of
    two operands' base-4 digits, added exactly. A product is at most 2/9 too small.

    Parameters
    ----------
    c : int
        Blocks of digits ``i`` and ``j`` are approximate where ``i + j < c``, exact elsewhere: 1
        to 5 (1 to 6 where activations are unsigned). The largest makes them all approximate, as
        published: the top digit of a magnitude is never 3.
    """

    family = "kulkarni"
    largest: ClassVar[int] = 5
    c: int

    def __post_init__(self) -> None:
        if self.c not in range(1, self.largest + 1):
            raise ValueError(f"c must be from 1 to {self.largest}, not {self.c!r}")

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("tree", "recursive")

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        left, right = self._threes(x), self._threes(y)
        return x * y - 2 * sum(
            left[i] * right[j] for i in range(4) for j in range(4) if i + j < self.c
        )

    def _threes(self, x: np.ndarray) -> list[np.ndarray]:
        """``4**i`` where digit ``i`` is 3, else 0, for each of the four digits."""
        return [(x >> 2 * i & x >> 2 * i + 1 & 1) << 2 * i for i in range(4)]

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray]:
        codes = np.arange(256, dtype=np.int32)
        threes = self._threes(codes)
        # Up to 128 only the lower three digits can be 3. Those that are multiplied with the same
        # digits of the other operand share a term.
        digits = 4 if self.activation_offset else 3
        reach = [min(self.c - i, digits) for i in range(min(self.c, 3))]
        u, v = [codes], [codes]
        for width in sorted(set(reach)):
            u.append(np.sum([threes[i] for i, r in enumerate(reach) if r == width], axis=0))
            v.append(-2 * np.sum(threes[:width], axis=0))
        return np.stack(u, axis=1), np.stack(v, axis=1)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        if implementation == "recursive":
            return self._recursive(m, x, y, 0, 0)
        heap: BitHeap = [[] for _ in range(16)]
        for i in range(4):
            for j in range(4):
                block = self._block(m, x[2 * i : 2 * i + 2], y[2 * j : 2 * j + 2], i, j)
                for place in range(len(block)):
                    heap[2 * (i + j) + place].append(block[place])
        return sum_bit_heap(m, heap, 16, "tree")

    def _recursive(self, m: Module, x: Value, y: Value, i: int, j: int) -> Value:
        """As published: four multipliers of half the size, and their sum."""
        if len(x) == 2:
            return self._block(m, x, y, i, j)
        half = len(x) // 2
        low, high = slice(None, half), slice(half, None)
        digits = half // 2
        middle = self._recursive(m, x[high], y[low], i + digits, j) + self._recursive(
            m, x[low], y[high], i, j + digits
        )
        outer = Cat(
            _extend(self._recursive(m, x[low], y[low], i, j), len(x)),
            self._recursive(m, x[high], y[high], i + digits, j + digits),
        )
        product = Signal(2 * len(x), name=f"product_{len(x)}_{i}_{j}")
        m.d.comb += product.eq(outer + (middle << half))
        return product

    def _block(self, m: Module, p: Value, q: Value, i: int, j: int) -> Signal:
        approximate = i + j < self.c
        product = Signal(3 if approximate else 4, name=f"block_{i}_{j}")
        if approximate:
            m.d.comb += product.eq(Cat(p[0] & q[0], p[1] & q[0] | p[0] & q[1], p[1] & q[1]))
        else:
            m.d.comb += product.eq(p * q)
        return product

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        error: Value = C(0, 1)
        for i in range(4):
            for j in range(4):
                if i + j < self.c:
                    both = (x.word_select(i, 2) == 3) & (y.word_select(j, 2) == 3)
                    error = error + Mux(both, 2 << 2 * (i + j), 0)
        return x * y - error


def _extend(value: Value, width: int) -> Value:
    return Cat(value, C(0, width - len(value)))


@dataclass(frozen=True)
class UnsignedKulkarni(UnsignedActivation, Kulkarni):
    """``kulkarni`` of unsigned activations."""

    family = "ukulkarni"
    largest = 6


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [*map(Kulkarni, range(1, 6)), *map(UnsignedKulkarni, range(2, 7))]
