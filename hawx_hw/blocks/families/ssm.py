"""SSM, the static segment method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import C, Module, Mux, Signal, Value

from hawx_hw.blocks.arithmetic.segments import Segments
from hawx_hw.blocks.arithmetic.sign_magnitude import UnsignedActivation
from hawx_hw.blocks.block import Block

__all__ = ["Ssm", "UnsignedSsm", "catalogue"]


@dataclass(frozen=True)
class Ssm(Segments):
    """Products of the upper or the lower ``k`` bits of the operands.

    The static segment method of Narayanamoorthy et al., "Energy-efficient approximate
    multiplication for digital signal processing and classification applications", IEEE TVLSI
    2015: an operand below ``2**k`` is exact, another is replaced by the upper ``k`` of its 8 bits.
    There is no leading-one detector: one OR of the upper bits selects the segment.

    Parameters
    ----------
    k : int
        Bits of the segments, 4 to 6 (4 to 7 where activations are unsigned): half of the
        operand's bits at least, so that the two segments leave out none in the middle. With 7,
        no product of signed codes would be approximate.
    """

    family = "ssm"
    largest: ClassVar[int] = 6
    k: int

    def __post_init__(self) -> None:
        if self.k not in range(4, self.largest + 1):
            raise ValueError(f"k must be from 4 to {self.largest}, not {self.k!r}")

    def operand(self, x: np.ndarray) -> np.ndarray:
        return np.where(x >> self.k, x & -(1 << (8 - self.k)), x)

    def segment(self, m: Module, x: Signal, name: str) -> tuple[Value, Value]:
        cut = len(x) - self.k
        upper = Signal(name=f"{name}_upper")
        segment = Signal(self.k, name=f"{name}_segment")
        m.d.comb += upper.eq(x[self.k :].any())
        m.d.comb += segment.eq(Mux(upper, x[cut:], x[: self.k]))
        return segment, upper

    def shifts(self, m: Module, x_steps: Value, y_steps: Value) -> dict[int, Value]:
        cut = 8 - self.k
        return {
            0: ~(x_steps | y_steps),
            cut: x_steps ^ y_steps,
            2 * cut: x_steps & y_steps,
        }

    def plain_operand(self, m: Module, x: Signal, name: str) -> Signal:
        result = Signal(8, name=name)
        with m.If(x < 1 << self.k):
            m.d.comb += result.eq(x)
        with m.Else():
            m.d.comb += result.eq(x & C(256 - (1 << (8 - self.k)), 8))
        return result


@dataclass(frozen=True)
class UnsignedSsm(UnsignedActivation, Ssm):
    """``ssm`` of unsigned activations."""

    family = "ussm"
    largest = 7


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [kind(k) for kind in (Ssm, UnsignedSsm) for k in (4, 5, 6)]
