"""DSM, the dynamic segment method."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import C, Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.leading_one import leading_window
from hawx_hw.blocks.arithmetic.segments import Segments, steps_sum
from hawx_hw.blocks.arithmetic.sign_magnitude import UnsignedActivation
from hawx_hw.blocks.block import Block

__all__ = ["Dsm", "UnsignedDsm", "catalogue"]


@dataclass(frozen=True)
class Dsm(Segments):
    """Products of ``k``-bit segments from the leading ones down, without the bits below.

    The dynamic segment method of Narayanamoorthy et al., "Energy-efficient approximate
    multiplication for digital signal processing and classification applications", IEEE TVLSI
    2015. An operand of ``k`` bits or less is exact. With ``k = 1`` operands are powers of two.

    Parameters
    ----------
    k : int
        Bits of the segments, 1 to 6 (1 to 7 where activations are unsigned). With 7, no product
        of signed codes would be approximate.
    """

    family = "dsm"
    largest: ClassVar[int] = 6
    k: int

    def __post_init__(self) -> None:
        if self.k not in range(1, self.largest + 1):
            raise ValueError(f"k must be from 1 to {self.largest}, not {self.k!r}")

    def operand(self, x: np.ndarray) -> np.ndarray:
        shift = np.maximum(np.frexp(x)[1] - self.k, 0)
        return (x >> shift) << shift

    def segment(self, m: Module, x: Signal, name: str) -> tuple[Value, Value]:
        return leading_window(m, x, self.k, name)

    def shifts(self, m: Module, x_steps: Value, y_steps: Value) -> dict[int, Value]:
        return steps_sum(m, x_steps, y_steps, 2 * (8 - self.k))

    def plain_operand(self, m: Module, x: Signal, name: str) -> Signal:
        result = Signal(8, name=name)
        with m.Switch(x):
            for cut in range(8 - self.k, 0, -1):
                with m.Case("0" * (8 - self.k - cut) + "1" + "-" * (self.k - 1 + cut)):
                    m.d.comb += result.eq(Cat(C(0, cut), x[cut:]))
            with m.Default():
                m.d.comb += result.eq(x)
        return result


@dataclass(frozen=True)
class UnsignedDsm(UnsignedActivation, Dsm):
    """``dsm`` of unsigned activations."""

    family = "udsm"
    largest = 7


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [kind(k) for kind in (Dsm, UnsignedDsm) for k in (2, 3, 4, 5)]
