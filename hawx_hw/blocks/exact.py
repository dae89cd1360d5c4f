"""The exact multiplier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Module

from hawx_hw.blocks.block import CODES, Block, BlockComponent

__all__ = ["Exact", "catalogue"]


class _ExactComponent(BlockComponent):
    """``product = a * b``; the synthesis chooses the architecture."""

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.product.eq(self.a * self.b)
        return m


@dataclass(frozen=True)
class Exact(Block):
    """The exact signed 8 x 8 multiplier."""

    family = "exact"

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.multiply(a, b, dtype=np.int32)

    @property
    def architectures(self) -> tuple[str, ...]:
        return ("multiply",)

    def component(self, architecture: str | None = None) -> BlockComponent:
        self._architecture(architecture)
        return _ExactComponent()

    def specification(self) -> BlockComponent:
        return _ExactComponent()

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        return CODES[:, None], CODES[:, None]


def catalogue() -> list[Block]:
    """The one member."""
    return [Exact()]
