"""Hybrid high-radix encodings: the low bits of an operand become one digit, a power of two."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix, add_booth_row
from hawx_hw.blocks.arithmetic.operand_product import EncodedActivation
from hawx_hw.blocks.block import Block, BlockComponent

__all__ = ["Rad", "catalogue"]


@dataclass(frozen=True)
class Rad(EncodedActivation):
    """RAD2^k: the ``k`` low bits of the activation as one approximate digit, the rest exact.

    The activation is ``high * 2**k + low`` with ``low`` in ``[-2**(k - 1), 2**(k - 1))``. The high
    part is multiplied through exact radix-4 Booth digits, the low part as the nearest of 0 and the
    four largest powers of two that a digit can be, of either sign: ``2**(k - 1)`` to
    ``2**(k - 4)``. Halfway the larger magnitude wins. Leon et al.,
    "Approximate hybrid high radix encoding for energy-efficient inexact multipliers", IEEE TVLSI
    2018: a reconstruction from what is public, in which the choice at halfway is ours.

    Parameters
    ----------
    k : int
        4, 6 or 8: the digit is of radix 16, 64 or 256.
    """

    family = "rad"
    k: int

    def __post_init__(self) -> None:
        if self.k not in (4, 6, 8):
            raise ValueError(f"k must be 4, 6 or 8, not {self.k!r}")

    @property
    def _powers(self) -> tuple[int, ...]:
        """Exponents of the powers of two, the largest first."""
        return tuple(range(self.k - 1, self.k - 5, -1))

    def _low(self, b: np.ndarray) -> np.ndarray:
        half = 1 << (self.k - 1)
        low: np.ndarray = ((b + half) & ((1 << self.k) - 1)) - half
        return low

    def _digit(self, low: np.ndarray) -> np.ndarray:
        magnitude = np.abs(low)
        digit = np.zeros_like(low)
        for power in reversed(self._powers):
            # From halfway between this power and the one below, or from half the least power.
            least = power == self._powers[-1]
            halfway = 2 << power if least else 3 << power
            digit = np.where(4 * magnitude >= halfway, 1 << power, digit)
        return np.where(low < 0, -digit, digit)

    def encoded(self, b: np.ndarray) -> np.ndarray:
        """The activation with its low part approximated."""
        low = self._low(b)
        return b - low + self._digit(low)

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _Component(self, self._implementation(implementation))

    def specification(self) -> BlockComponent:
        return _Component(self, "multiply")


class _Component(BlockComponent):
    def __init__(self, block: Rad, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        k, powers = self._block.k, self._block._powers
        low = self.b[:k].as_signed()
        chosen = self._choice(m, low)
        negative = low[k - 1]
        if self._kind == "multiply":
            digit: Any = 0
            for power, bit in zip(powers, chosen, strict=True):
                digit = digit + Mux(bit, 1 << power, 0)
            high = (self.b - low) if k < 8 else 0
            encoded = Signal(signed(10))
            m.d.comb += encoded.eq(high + Mux(negative, -digit, digit))
            m.d.comb += self.product.eq(self.a * encoded)
            return m
        matrix = BitMatrix(len(self.product))
        bits = Cat(C(0, 1), self.b)
        for j in range(k // 2, 4):
            add_booth_row(m, matrix, self.a, bits[2 * j : 2 * j + 3], 2 * j)
        # The weight times the chosen power, inverted where the digit is negative.
        row: Value = C(0, 8 + k)
        wide = Cat(self.a, self.a[7].replicate(k))
        for power, bit in zip(powers, chosen, strict=True):
            row = row | (Cat(C(0, power), wide)[: 8 + k] & bit.replicate(8 + k))
        digit_row = Signal(8 + k, name="digit_row")
        m.d.comb += digit_row.eq(row ^ negative.replicate(8 + k))
        matrix.add_signed(digit_row)
        matrix.add(negative, 0)
        m.d.comb += self.product.eq(matrix.sum(m, "tree"))
        return m

    def _choice(self, m: Module, low: Value) -> list[Signal]:
        """One bit for each power, at most one of them set."""
        block = self._block
        magnitude = Signal(block.k, name="magnitude")
        m.d.comb += magnitude.eq(Mux(low[block.k - 1], -low, low))
        digits = block._digit(np.arange(0, (1 << (block.k - 1)) + 1, dtype=np.int32))
        chosen = []
        for power in block._powers:
            first = int(np.argmax(digits == 1 << power))
            count = int(np.count_nonzero(digits == 1 << power))
            bit = Signal(name=f"power_{power}")
            m.d.comb += bit.eq((magnitude >= first) & (magnitude < first + count))
            chosen.append(bit)
        return chosen


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [Rad(4), Rad(6), Rad(8)]
