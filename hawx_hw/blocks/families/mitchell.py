"""Mitchell's logarithmic multiplier."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
from amaranth.hdl import C, Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.leading_one import any_of, leading_one
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import Block

__all__ = ["Mitchell", "UnsignedMitchell", "catalogue"]

# More factors than that are emulated slower than a table.
_MOST_FACTORS = 16


@dataclass(frozen=True)
class Mitchell(SignMagnitude):
    """Adds logarithms that are straight lines between the powers of two.

    Mitchell, "Computer multiplication and division using binary logarithms", IRE Transactions on
    Electronic Computers 1962. With ``x = 2**i (1 + f)`` and ``y = 2**j (1 + g)`` the product is
    ``2**(i + j) (1 + f + g)`` where ``f + g < 1``, and ``2**(i + j + 1) (f + g)`` elsewhere; zero
    where an operand is zero. It is never too large, and by at most 1/9 too small where no bits of
    the fractions are cut off.

    Parameters
    ----------
    w : int
        Bits of the fractions ``f`` and ``g``, the rest is cut off: 1 to 6 (1 to 7 where activations
        are unsigned). Fractions of signed codes have no more.
    """

    family = "mitchell"
    largest: ClassVar[int] = 6
    w: int

    def __post_init__(self) -> None:
        if self.w not in range(1, self.largest + 1):
            raise ValueError(f"w must be from 1 to {self.largest}, not {self.w!r}")

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("decoder",)

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        x_place, x_fraction = self._logarithm(x)
        y_place, y_fraction = self._logarithm(y)
        logarithm = (x_place + y_place << self.w) + x_fraction + y_fraction
        mantissa = (1 << self.w) + (logarithm & (1 << self.w) - 1)
        product = mantissa << (logarithm >> self.w) >> self.w
        return np.where((x == 0) | (y == 0), 0, product)

    def _logarithm(self, x: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Place of the leading one, and the upper ``w`` bits of the fraction, in ``2**-w``."""
        place = np.maximum(np.frexp(x)[1] - 1, 0)
        return place, (x << 7 - place & 127) >> 7 - self.w

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        """One term for each fraction of the weight; ``U`` is then a power of two times ``g[y]``."""
        unit = 1 << self.w
        if unit > _MOST_FACTORS:
            return None
        codes = np.arange(256, dtype=np.int32)
        place, fraction = self._logarithm(codes)
        factors = []
        for f in range(unit):
            total = f + fraction
            mantissa = np.where(total < unit, unit + total, 2 * total)
            # In lowest terms, so that both factors are integers.
            scale = (f & -f) or unit
            shift = place + self.w - scale.bit_length() + 1
            left = np.where((codes > 0) & (fraction == f), (scale << place) // unit, 0)
            right = np.where(codes > 0, mantissa << shift >> self.w, 0)
            factors.append((left, right))
        lefts, rights = zip(*factors)
        return np.stack(lefts, axis=1), np.stack(rights, axis=1)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        return self.signed_core(m, x, y, Signal(name="positive"), implementation)

    def signed_core(
        self, m: Module, x: Signal, y: Signal, negative: Signal, implementation: str
    ) -> Value:
        """The mantissa gets the sign, which is shorter than the product, while the place of the
        leading one is decoded."""
        logarithm = Signal(4 + self.w)
        nonzero = Signal()
        sign = Signal(name="product_sign")
        place = Signal(16)
        m.d.comb += [
            logarithm.eq(self._encode(m, x, "x") + self._encode(m, y, "y")),
            # Zero has no logarithm; what was encoded for it is not used.
            nonzero.eq(x.any() & y.any()),
            place.eq(Cat((logarithm[self.w :] == i) & nonzero for i in range(16))),
            sign.eq(negative & nonzero),
        ]
        mantissa: list[Value] = [*logarithm[: self.w], C(1, 1)]
        terms: list[list[Value]] = [[] for _ in range(self.product_bits)]
        for i in range(16):
            # What lies below the lowest bit of the product is cut off before the sign is applied.
            cut = max(self.w - i, 0)
            rest = _negated(mantissa[cut:], negative)
            for bit, value in enumerate(rest, i - self.w + cut):
                terms[bit].append(value & place[i])
        for bit, values in enumerate(terms):
            # Above the leading one stands the sign.
            values.append(any_of([place[i] for i in range(bit)]) & sign)
        return Cat(any_of(values) for values in terms)

    def _encode(self, m: Module, x: Signal, name: str) -> Signal:
        leading = leading_one(m, x, name)
        fraction = [
            any_of([leading[i] & x[i - 1 - down] for i in range(down + 1, 8)])
            for down in range(self.w)
        ]
        place = [any_of([leading[i] for i in range(8) if i >> bit & 1]) for bit in range(3)]
        result = Signal(3 + self.w, name=f"{name}_logarithm")
        m.d.comb += result.eq(Cat(*reversed(fraction), *place))
        return result

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        x_place, x_fraction = self._plain_logarithm(m, x, "x")
        y_place, y_fraction = self._plain_logarithm(m, y, "y")
        unit = 1 << self.w
        product = Signal(16)
        with m.If((x == 0) | (y == 0)):
            m.d.comb += product.eq(0)
        with m.Elif(x_fraction + y_fraction < unit):
            mantissa = unit + x_fraction + y_fraction
            m.d.comb += product.eq(mantissa << x_place + y_place >> self.w)
        with m.Else():
            mantissa = x_fraction + y_fraction
            m.d.comb += product.eq(mantissa << x_place + y_place + 1 >> self.w)
        return product

    def _plain_logarithm(self, m: Module, x: Signal, name: str) -> tuple[Signal, Signal]:
        place = Signal(3, name=f"{name}_place")
        fraction = Signal(self.w, name=f"{name}_fraction")
        with m.Switch(x):
            for i in range(8):
                with m.Case("0" * (7 - i) + "1" + "-" * i):
                    m.d.comb += place.eq(i)
                    m.d.comb += fraction.eq((x - (1 << i) << 7 - i) >> 7 - self.w)
        return place, fraction


def _negated(bits: list[Value], negative: Value) -> list[Value]:
    """The bits of a number, or those of its opposite without the sign bit: those above its lowest
    one are inverted."""
    return [
        bit ^ (negative & Cat(*bits[:place]).any()) if place else bit
        for place, bit in enumerate(bits)
    ]


@dataclass(frozen=True)
class UnsignedMitchell(UnsignedActivation, Mitchell):
    """``mitchell`` of unsigned activations."""

    family = "umitchell"
    largest = 7


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [
        *(Mitchell(w) for w in (1, 2, 3, 4, 6)),
        *(UnsignedMitchell(w) for w in (1, 2, 3, 4, 7)),
    ]
