"""RoBA, the rounding-based approximate multiplier."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import C, Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.leading_one import any_of, leading_one, shift_left
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import CODES, Block

__all__ = ["ApproximateSignRoba", "Roba", "UnsignedRoba", "catalogue"]


def _nearest_power(x: np.ndarray) -> np.ndarray:
    """The power of two nearest to ``x``, the upper of two; 2 for 3, and 0 for 0."""
    leading = 1 << np.maximum(np.frexp(x)[1] - 1, 0)
    return np.where(x == 0, 0, np.where((2 * x >= 3 * leading) & (x > 3), 2 * leading, leading))


@dataclass(frozen=True)
class Roba(SignMagnitude):
    """``X y + Y x - X Y``, where ``X`` and ``Y`` are the powers of two nearest to the operands.

    Zendegani, Kamal, Bahadori, Afzali-Kusha and Pedram, "RoBA multiplier: a rounding-based
    approximate multiplier for high-speed yet energy-efficient digital signal processing", IEEE
    TVLSI 2017; this is its S-RoBA. Of two nearest powers the upper is taken, but 3 is rounded to
    2. What is missing from the exact product is ``(x - X) (y - Y)``, at most a ninth of it.
    """

    family = "roba"

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("decoder", "barrel")

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x_power, y_power = _nearest_power(x), _nearest_power(y)
        return x_power * y + y_power * x - x_power * y_power

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray]:
        codes = np.arange(256, dtype=np.int32)
        power = _nearest_power(codes)
        # One term has the weight itself, so that the known term of unsigned activations joins it.
        return np.stack([codes, power], axis=1), np.stack([power, codes - power], axis=1)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        x_power, y_power = self._round(m, x, "x"), self._round(m, y, "y")
        terms = []
        for power, factor, name in (
            (x_power, y, "x_power_times_y"),
            (y_power, x, "y_power_times_x"),
            (x_power, y_power, "powers"),
        ):
            term = Signal(18, name=name)
            m.d.comb += term.eq(self._scale(m, power, factor, name, implementation))
            terms.append(term)
        return (terms[0] + terms[1] - terms[2])[:16]

    def _scale(self, m: Module, power: Signal, y: Value, name: str, implementation: str) -> Value:
        """``power * y``, where ``power`` has one bit set or none."""
        width = len(y)
        if implementation == "decoder":
            candidates = [
                Cat(C(0, i), y & power[i].replicate(width), C(0, 8 - i)) for i in range(len(power))
            ]
            return any_of(candidates)
        place = Signal(4, name=f"{name}_place")
        m.d.comb += place.eq(
            Cat(any_of([power[i] for i in range(9) if i >> bit & 1]) for bit in range(4))
        )
        return shift_left(m, y & power.any().replicate(width), place, 8, f"{name}_shifted")

    def _round(self, m: Module, x: Signal, name: str) -> Signal:
        """The nearest power of two, 9 bits, one-hot."""
        leading = leading_one(m, x, name)
        bits: list[Value] = [leading[0], leading[1], leading[2] & ~x[1]]
        bits += [leading[i] & ~x[i - 1] | leading[i - 1] & x[i - 2] for i in range(3, 8)]
        bits += [leading[7] & x[6]]
        power = Signal(9, name=f"{name}_power")
        m.d.comb += power.eq(Cat(*bits))
        return power

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        x_power = self._plain_power(m, x, "x_plain")
        y_power = self._plain_power(m, y, "y_plain")
        return x * y - (x - x_power) * (y - y_power)

    def _plain_power(self, m: Module, x: Signal, name: str) -> Signal:
        power = Signal(9, name=name)
        with m.If(x == 3):
            m.d.comb += power.eq(2)
        with m.Elif(x < 2):
            m.d.comb += power.eq(x)
        for i in range(1, 9):
            with m.Elif(x < (3 << i) // 2):
                m.d.comb += power.eq(1 << i)
        return power


@dataclass(frozen=True)
class UnsignedRoba(UnsignedActivation, Roba):
    """``roba`` of unsigned activations; 192 and more round to 256."""

    family = "uroba"


@dataclass(frozen=True)
class ApproximateSignRoba(Roba):
    """``roba`` that inverts instead of negating: the paper's AS-RoBA.

    The magnitude of a negative operand is one too small, so that -1 counts as 0, and a product
    with negative sign is one less than minus the magnitudes' product, even where that is zero.
    """

    family = "asroba"
    ones_complement = True

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        left, right = self.magnitude_factors()
        negative = CODES < 0
        sign = np.where(negative, -1, 1)[:, None]
        magnitude = np.where(negative, ~CODES, CODES)
        one, other = negative.astype(np.int32), (~negative).astype(np.int32)
        u = np.column_stack([sign * left[magnitude], one, other])
        v = np.column_stack([sign * right[magnitude], -other, -one])
        return u.astype(np.int32), v.astype(np.int32)


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [Roba(), UnsignedRoba(), ApproximateSignRoba()]
