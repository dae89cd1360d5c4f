"""DRUM, the dynamic range unbiased multiplier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import C, Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.leading_one import leading_window
from hawx_hw.blocks.arithmetic.segments import Segments, steps_sum
from hawx_hw.blocks.arithmetic.sign_magnitude import UnsignedActivation
from hawx_hw.blocks.block import Block

__all__ = ["Drum", "UnsignedDrum", "catalogue"]


@dataclass(frozen=True)
class Drum(Segments):
    """Products of ``k``-bit windows from the leading ones down, each with its lowest bit set.

    Hashemi, Bahar and Reda, "DRUM: a dynamic range unbiased multiplier for approximate
    applications", ICCAD 2015. An operand of ``k`` bits or less is exact. A longer one is
    replaced by its ``k`` bits from the leading one down, the lowest of them set to 1, which stands
    for the expected value of the remaining bits. Signed by sign and magnitude, as in the paper.

    Parameters
    ----------
    k : int
        Bits of the windows, 2 to 7.
    """

    family = "drum"
    k: int

    def __post_init__(self) -> None:
        if self.k not in range(2, 8):
            raise ValueError(f"k must be from 2 to 7, not {self.k!r}")

    def operand(self, x: np.ndarray) -> np.ndarray:
        shift = np.maximum(np.frexp(x)[1] - self.k, 0)
        return ((x >> shift) | (shift > 0)) << shift

    def segment(self, m: Module, x: Signal, name: str) -> tuple[Value, Value]:
        window, shift = leading_window(m, x, self.k, name)
        return Cat(window[0] | x[self.k :].any(), window[1:]), shift

    def shifts(self, m: Module, x_steps: Value, y_steps: Value) -> dict[int, Value]:
        return steps_sum(m, x_steps, y_steps, 2 * (8 - self.k))

    def plain_operand(self, m: Module, x: Signal, name: str) -> Signal:
        result = Signal(8, name=name)
        with m.Switch(x):
            for cut in range(8 - self.k, 0, -1):
                with m.Case("0" * (8 - self.k - cut) + "1" + "-" * (self.k - 1 + cut)):
                    m.d.comb += result.eq(Cat(C(0, cut), C(1, 1), x[cut + 1 :]))
            with m.Default():
                m.d.comb += result.eq(x)
        return result


@dataclass(frozen=True)
class UnsignedDrum(UnsignedActivation, Drum):
    """``drum`` of unsigned activations."""

    family = "udrum"


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [kind(k) for kind in (Drum, UnsignedDrum) for k in (3, 4, 5, 6)]
