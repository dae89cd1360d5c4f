"""Rows of partial products left out of the middle, as published for exact arrays."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import C, Cat, Module, Value

from hawx_hw.blocks.block import Block
from hawx_hw.blocks.operand_product import OperandProduct

__all__ = ["Perforation", "catalogue"]


@dataclass(frozen=True)
class Perforation(OperandProduct):
    """Leaves out ``m`` rows of partial products from row ``j`` on; a row is a bit of the weight.

    Zervakis et al., "Design-efficient approximate multiplication circuits through partial product
    perforation", IEEE TVLSI 2016. What is left is the product with a weight whose bits ``j`` to
    ``j + m - 1`` are cleared, so that fitting weights lose nothing.

    Parameters
    ----------
    j : int
        First row that is left out, in [0, 7].
    m : int
        How many are, at least 1; ``j + m`` is at most 8.
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
    def architectures(self) -> tuple[str, ...]:
        # Row by row is what was published; here each row is a bit of the weight.
        return ("multiply", "tree", "booth", "rows")


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [Perforation(*p) for p in ((0, 1), (0, 2), (1, 1), (1, 2), (2, 1), (2, 2), (3, 1))]
