"""No multiplier: the products of a part of the network that is skipped."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Module

from hawx_hw.blocks.block import CODES, Block, BlockComponent

__all__ = ["Skipped", "catalogue"]


@dataclass(frozen=True)
class Skipped(Block):
    """Every product is 0: the weights of the block are skipped.

    What they would add to a sum on average is left to the bias. The block reads neither operand:
    codes of any step suit it, and a weight that compensation chooses anew under it is 0.
    MAx-DNN (LASCAS 2022) skips parts of kernels; that a block does so is a reconstruction.
    """

    family = "none"

    @property
    def weight_step(self) -> int:
        return 128

    @property
    def activation_step(self) -> int:
        return 128

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return np.zeros(np.broadcast(a, b).shape, dtype=np.int32)

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("constant",)

    def component(self, implementation: str | None = None) -> BlockComponent:
        self._implementation(implementation)
        return _Component()

    def specification(self) -> BlockComponent:
        return _Component()

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        nothing = np.zeros((len(CODES), 0), dtype=np.int32)
        return nothing, nothing


class _Component(BlockComponent):
    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.product.eq(0)
        return m


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [Skipped()]
