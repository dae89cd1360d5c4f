"""The exact multiplier."""

from __future__ import annotations

from typing import Any

import numpy as np
from amaranth.hdl import Module

from hawx_hw.blocks.block import Block, BlockComponent

__all__ = ["Exact"]


class _ExactComponent(BlockComponent):
    """``product = a * b``; the synthesis chooses the architecture."""

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.product.eq(self.a * self.b)
        return m


class Exact(Block):
    """The exact signed 8 x 8 multiplier."""

    name = "exact"

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.multiply(a, b, dtype=np.int32)

    def component(self) -> BlockComponent:
        return _ExactComponent()
