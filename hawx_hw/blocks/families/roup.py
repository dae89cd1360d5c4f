"""ROUP: perforated Booth digits and rounded multiplicand, in its two published forms."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import C, Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix, add_booth_row
from hawx_hw.blocks.arithmetic.operand_product import BoothOperand, OperandProduct
from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.blocks.factors import merged
from hawx_hw.blocks.families.lower_precision import round_bits, rounded, unrounded_bits

__all__ = ["AsymmetricRoup", "Roup", "catalogue"]


@dataclass(frozen=True)
class Roup(OperandProduct):
    """Perforation and rounding: ``R_r(weight) * R_2p(activation)``.

    Of the radix-4 Booth digits of the activation the lowest ``p`` are left out, and the weight is
    rounded to a multiple of ``2**r``. Without its lowest digits a Booth number is the number
    rounded, halves up, so that the block is one exact product of rounded operands (Leon et al.,
    "Cooperative arithmetic-aware approximation techniques for energy-efficient multipliers", DAC
    2019, where it is PR; MAx-DNN, LASCAS 2022).

    Parameters
    ----------
    p : int
        Booth digits that are left out, in [0, 3].
    r : int
        Bits by which the weight is rounded, in [0, 7].
    """

    family = "roup"
    p: int
    r: int

    def __post_init__(self) -> None:
        _check(self.p, self.r)

    def left(self, a: np.ndarray) -> np.ndarray:
        return rounded(a, self.r)

    def right(self, b: np.ndarray) -> np.ndarray:
        return rounded(b, 2 * self.p)

    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        return round_bits(m, a, self.r, "left"), self.r

    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        return round_bits(m, b, 2 * self.p, "right"), 2 * self.p

    def booth_operands(self, m: Module, a: Value, b: Value) -> tuple[BoothOperand, BoothOperand]:
        # The digits from p on are those of b cut off, and the bit below it.
        return unrounded_bits(a, self.r), unrounded_bits(b, 2 * self.p)


@dataclass(frozen=True)
class AsymmetricRoup(Block):
    """The aligned form: the lower a Booth digit, the more its multiplicand is rounded.

    ``sum over j >= p of 4**j d_j R_max(0, r - 2j)(weight)``, with ``d_j`` the Booth digits of the
    activation: all partial products end at one bit position (Leon et al., DAC 2019).

    Parameters
    ----------
    p : int
        Booth digits that are left out, in [0, 3].
    r : int
        Bits by which the weight of digit 0 is rounded, in [0, 7].
    """

    family = "roupa"
    p: int
    r: int

    def __post_init__(self) -> None:
        _check(self.p, self.r)

    def _rounding(self, j: int) -> int:
        return max(0, self.r - 2 * j)

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = np.asarray(a, np.int32), np.asarray(b, np.int32)
        total = np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.int32)
        for j in range(self.p, 4):
            total += (_digit(b, j) << 2 * j) * rounded(a, self._rounding(j))
        return total

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("booth", "chain")

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _Component(self, self._implementation(implementation))

    def specification(self) -> BlockComponent:
        return _Component(self, "specification")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        u = [rounded(CODES, self._rounding(j)) for j in range(self.p, 4)]
        v = [_digit(CODES, j) << 2 * j for j in range(self.p, 4)]
        # Digits whose weight is not rounded share that factor.
        return merged(np.stack(u, axis=1), np.stack(v, axis=1))


def _digit(b: np.ndarray, j: int) -> np.ndarray:
    """Radix-4 Booth digit j."""
    below = b >> (2 * j - 1) & 1 if j else b & 0
    digit: np.ndarray = -2 * (b >> (2 * j + 1) & 1) + (b >> 2 * j & 1) + below
    return digit


class _Component(BlockComponent):
    def __init__(self, block: AsymmetricRoup, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # The bit below each digit's own two.
        bits = Cat(C(0, 1), self.b)
        matrix = BitMatrix(len(self.product))
        total: Any = C(0, len(self.product))
        for j in range(self._block.p, 4):
            low = self._block._rounding(j)
            digit = bits[2 * j : 2 * j + 3]
            if self._kind == "booth":
                high, below, shift = unrounded_bits(self.a, low)
                add_booth_row(m, matrix, high, digit, 2 * j + shift, below=below)
                continue
            weight = round_bits(m, self.a, low, f"weight_{j}")
            value = digit[2:].as_signed() * 2 + digit[1] + digit[0]
            if self._kind == "chain":
                partial = Signal(len(self.product), name=f"partial_{j}")
                m.d.comb += partial.eq(total + ((value * weight) << (low + 2 * j)))
                total = partial
            else:
                total = total + value * (weight << low) * 4**j
        if self._kind == "booth":
            total = matrix.sum(m, "tree")
        m.d.comb += self.product.eq(total)
        return m


def _check(p: int, r: int) -> None:
    if p not in range(4):
        raise ValueError(f"p must be in [0, 3], not {p!r}")
    if r not in range(8):
        raise ValueError(f"r must be in [0, 7], not {r!r}")


def catalogue() -> list[Block]:
    """The members worth listing."""
    plain = [(0, 1), (0, 2), (1, 0), (1, 1), (1, 2), (1, 3), (1, 4), (2, 0), (2, 2), (2, 3)]
    aligned = [(0, 4), (0, 6), (1, 4), (1, 6)]
    return [*(Roup(*p) for p in plain), *(AsymmetricRoup(*p) for p in aligned)]
