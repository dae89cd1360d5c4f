"""Perforation: successive partial products left out, simple ones or Booth's."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import C, Cat, Module, Mux, Value

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix, add_booth_row
from hawx_hw.blocks.arithmetic.operand_product import EncodedActivation, OperandProduct
from hawx_hw.blocks.block import Block, BlockComponent

__all__ = ["BoothPerforation", "Perforation", "catalogue"]


@dataclass(frozen=True)
class Perforation(OperandProduct):
    """A product without the partial products of ``m`` bits of the weight from bit ``j`` on.

    Zervakis et al., "Design-efficient approximate multiplication circuits through partial product
    perforation", IEEE TVLSI 2016. The result is the product with a weight whose bits ``j`` to
    ``j + m - 1`` are cleared, and exact for weights without these bits.

    Parameters
    ----------
    j : int
        First bit whose partial product is left out, in [0, 7].
    m : int
        How many are left out, at least 1; ``j + m`` is at most 8.
    """

    family = "perforation"
    j: int
    m: int

    def __post_init__(self) -> None:
        if self.j not in range(8):
            raise ValueError(f"j must be in [0, 7], not {self.j!r}")
        if not 1 <= self.m <= 8 - self.j:
            raise ValueError(f"m must be in [1, {8 - self.j}], not {self.m!r}")

    @property
    def _mask(self) -> int:
        return ((1 << self.m) - 1) << self.j

    def left(self, a: np.ndarray) -> np.ndarray:
        bits = a & 255 & ~self._mask
        signed: np.ndarray = (bits ^ 128) - 128
        return signed

    def right(self, b: np.ndarray) -> np.ndarray:
        return b

    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        bits = Cat(C(0, 1) if self._mask >> i & 1 else a[i] for i in range(8))
        return bits.as_signed(), 0

    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        return b, 0

    @property
    def implementations(self) -> tuple[str, ...]:
        # A chain of adders is the published form.
        return ("multiply", "tree", "booth", "chain")


@dataclass(frozen=True)
class BoothPerforation(EncodedActivation):
    """A radix-4 Booth multiplier without ``m`` partial products from digit ``j`` on.

    Zervakis et al., IEEE TVLSI 2016, perforate Booth multipliers as they do simple ones. A partial
    product belongs to a digit of the activation, ``d_j = -2 b[2j+1] + b[2j] + b[2j-1]``: the result
    is the product of the weight with the remaining digits. With ``j = 0`` the table is that of
    ``roup(m, 0)``.

    Parameters
    ----------
    j : int
        First digit that is left out, in [0, 3].
    m : int
        How many are left out, at least 1; ``j + m`` is at most 4.
    """

    family = "booth_perforation"
    j: int
    m: int

    def __post_init__(self) -> None:
        if self.j not in range(4):
            raise ValueError(f"j must be in [0, 3], not {self.j!r}")
        if not 1 <= self.m <= 4 - self.j:
            raise ValueError(f"m must be in [1, {4 - self.j}], not {self.m!r}")

    @property
    def digits(self) -> tuple[int, ...]:
        """The digits that are not left out."""
        return tuple(digit for digit in range(4) if not self.j <= digit < self.j + self.m)

    def encoded(self, b: np.ndarray) -> np.ndarray:
        """The activation without the digits that are left out."""
        # A number cut off below bit 2 j, halves up, is the sum of its Booth digits from j on.
        above = [b if n == 0 else ((b + (1 << (2 * n - 1))) >> 2 * n) << 2 * n for n in range(4)]
        above.append(b & 0)
        remaining: np.ndarray = b - above[self.j] + above[self.j + self.m]
        return remaining

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _BoothComponent(self, self._implementation(implementation))

    def specification(self) -> BlockComponent:
        return _BoothComponent(self, "specification")


class _BoothComponent(BlockComponent):
    def __init__(self, block: BoothPerforation, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bits = Cat(C(0, 1), self.b)
        if self._kind == "booth":
            matrix = BitMatrix(len(self.product))
            for j in self._block.digits:
                add_booth_row(m, matrix, self.a, bits[2 * j : 2 * j + 3], 2 * j)
            m.d.comb += self.product.eq(matrix.sum(m, "tree"))
            return m
        if self._kind == "specification":
            # The exact product less the partial products that are left out, digit by digit.
            product: Any = self.a * self.b
            for j in range(self._block.j, self._block.j + self._block.m):
                digit = Mux(bits[2 * j + 2], -2, 0) + bits[2 * j + 1] + bits[2 * j]
                product = product - ((self.a * digit) << 2 * j)
            m.d.comb += self.product.eq(product)
            return m
        encoded: Any = C(0, 1)
        for j in self._block.digits:
            pair = bits[2 * j + 1 : 2 * j + 3].as_signed()
            encoded = encoded + ((pair + bits[2 * j]) << 2 * j)
        m.d.comb += self.product.eq(self.a * encoded)
        return m


def catalogue() -> list[Block]:
    """The members worth listing."""
    simple = [Perforation(*p) for p in ((0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1))]
    return [*simple, *(BoothPerforation(*p) for p in ((0, 1), (0, 2), (1, 1), (1, 2), (2, 1)))]
