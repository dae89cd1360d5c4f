"""Operands of fewer bits: plain lower precision, truncation, and rounding in the block."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import Module, Signal, Value, signed

from hawx_hw.blocks.arithmetic.operand_product import BoothOperand, OperandProduct
from hawx_hw.blocks.block import Block

__all__ = [
    "Precision",
    "Rounding",
    "Truncation",
    "catalogue",
    "round_bits",
    "rounded",
    "unrounded_bits",
]


class _HighBits(OperandProduct):
    """A product of the operands' high bits, without ``low_bits`` bits of each."""

    @property
    def low_bits(self) -> tuple[int, int]:
        """Bits that are left out of the weight and of the activation."""
        raise NotImplementedError

    def left(self, a: np.ndarray) -> np.ndarray:
        return a & -(1 << self.low_bits[0])

    def right(self, b: np.ndarray) -> np.ndarray:
        return b & -(1 << self.low_bits[1])

    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        low = self.low_bits[0]
        return a[low:].as_signed(), low

    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        low = self.low_bits[1]
        return b[low:].as_signed(), low


@dataclass(frozen=True)
class Precision(_HighBits):
    """Plain lower precision: the exact multiplier of just this size.

    It multiplies the upper ``w`` bits of the weight with the upper ``a`` bits of the activation.
    The block is exact for codes that were rounded to these bits before: weights when the network is
    prepared, activations by the requantizer of the layer that produces them.

    Parameters
    ----------
    w, a : int
        Bits of the weight and of the activation, in [1, 8].
    """

    family = "precision"
    w: int
    a: int

    def __post_init__(self) -> None:
        for name in ("w", "a"):
            if getattr(self, name) not in range(1, 9):
                raise ValueError(f"{name} must be in [1, 8], not {getattr(self, name)!r}")

    @property
    def low_bits(self) -> tuple[int, int]:
        return 8 - self.w, 8 - self.a

    @property
    def weight_step(self) -> int:
        return 1 << (8 - self.w)

    @property
    def activation_step(self) -> int:
        return 1 << (8 - self.a)


@dataclass(frozen=True)
class Truncation(_HighBits):
    """The low bits of the operands are cut off.

    Parameters
    ----------
    a, b : int
        Bits that are cut off the weight and the activation, in [0, 7].
    """

    family = "truncation"
    a: int
    b: int

    def __post_init__(self) -> None:
        _check_low(self.a, self.b)

    @property
    def low_bits(self) -> tuple[int, int]:
        return self.a, self.b


@dataclass(frozen=True)
class Rounding(OperandProduct):
    """The operands are rounded to fewer bits inside the block, halves up.

    127 rounds to 128, so that a rounded operand has one bit more than a truncated one.

    Parameters
    ----------
    a, b : int
        Bits that the weight and the activation lose, in [0, 7].
    """

    family = "rounding"
    a: int
    b: int

    def __post_init__(self) -> None:
        _check_low(self.a, self.b)

    def left(self, a: np.ndarray) -> np.ndarray:
        return rounded(a, self.a)

    def right(self, b: np.ndarray) -> np.ndarray:
        return rounded(b, self.b)

    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        return round_bits(m, a, self.a, "left"), self.a

    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        return round_bits(m, b, self.b, "right"), self.b

    def booth_operands(self, m: Module, a: Value, b: Value) -> tuple[BoothOperand, BoothOperand]:
        return unrounded_bits(a, self.a), unrounded_bits(b, self.b)


def unrounded_bits(code: Value, low: int) -> BoothOperand:
    """``rounded`` before its addition: the high bits, the bit to be added, and the shift."""
    return code[low:].as_signed(), code[low - 1] if low else None, low


def rounded(codes: np.ndarray, low: int) -> np.ndarray:
    """``(floor(x / 2**low) + x[low - 1]) * 2**low``."""
    if low == 0:
        return codes
    nearest: np.ndarray = ((codes >> low) + (codes >> (low - 1) & 1)) << low
    return nearest


def round_bits(m: Module, code: Value, low: int, name: str) -> Value:
    """``rounded`` in gateware, without the low bits."""
    if low == 0:
        return code.as_signed()
    result = Signal(signed(len(code) - low + 1), name=f"{name}_rounded")
    m.d.comb += result.eq(code[low:].as_signed() + code[low - 1])
    return result


def _check_low(a: int, b: int) -> None:
    for name, value in (("a", a), ("b", b)):
        if value not in range(8):
            raise ValueError(f"{name} must be in [0, 7], not {value!r}")


def catalogue() -> list[Block]:
    """The members worth listing."""
    precisions = [(8, 7), (7, 8), (7, 7), (8, 6), (6, 8), (6, 6), (5, 8), (8, 5), (5, 6), (5, 5)]
    precisions += [(4, 8), (4, 6), (4, 5), (4, 4), (3, 8), (3, 4), (2, 8)]
    roundings = [(0, 1), (1, 0), (1, 1), (0, 2), (2, 0), (2, 2), (0, 3), (3, 0), (3, 3), (0, 4)]
    roundings += [(4, 0), (4, 4)]
    return [
        *(Precision(*parameters) for parameters in precisions),
        *(Rounding(*parameters) for parameters in roundings),
        Truncation(1, 1),
        Truncation(2, 3),
    ]
