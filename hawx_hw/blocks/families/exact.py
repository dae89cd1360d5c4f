"""The exact multiplier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import Module, Value

from hawx_hw.blocks.arithmetic.operand_product import OperandProduct
from hawx_hw.blocks.block import Block

__all__ = ["Exact", "catalogue"]


@dataclass(frozen=True)
class Exact(OperandProduct):
    """The exact signed 8 x 8 multiplier."""

    family = "exact"

    def left(self, a: np.ndarray) -> np.ndarray:
        return a

    def right(self, b: np.ndarray) -> np.ndarray:
        return b

    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        return a, 0

    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        return b, 0


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [Exact()]
