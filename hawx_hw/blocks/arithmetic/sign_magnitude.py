"""Signed and half-signed blocks around multipliers that are published for unsigned operands."""

from __future__ import annotations

import abc
from typing import Any, ClassVar

import numpy as np
from amaranth.hdl import Cat, Module, Mux, Signal, Value

from hawx_hw.blocks.block import CODES, Block, BlockComponent

__all__ = ["SignMagnitude", "UnsignedActivation", "negate_if"]


class SignMagnitude(Block):
    """A block that multiplies magnitudes with a multiplier ``U(x, y)`` of unsigned operands.

    In the signed form the product is ``s(a) s(b) U(|a|, |b|)``, where the magnitude of -128 is 128,
    and ``s(x)`` is -1 for negative numbers and 1 for all others, also for 0: where ``U(0, y)`` is
    not zero, the product is not zero either.

    A subclass that has ``UnsignedActivation`` before it among its bases takes activations as
    unsigned codes.
    """

    #: Negative operands and products are inverted instead of negated, which saves the increment.
    ones_complement: ClassVar[bool] = False

    @abc.abstractmethod
    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        """Unsigned products ``U(x, y)``, int32, of broadcast int32 operands in [0, 255].

        The weight's magnitude ``x`` is at most 128.
        """

    @abc.abstractmethod
    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        """Add the unsigned multiplier to ``m``; ``x`` and ``y`` have 8 bits.

        Returns
        -------
        Value
            ``U(x, y)``, unsigned.
        """

    def signed_core(
        self, m: Module, x: Signal, y: Signal, negative: Signal, implementation: str
    ) -> Value:
        """Add the unsigned multiplier with the sign of its product to ``m``.

        A family overrides it where the sign costs less before the product is done than after it.

        Returns
        -------
        Value
            ``-U(x, y)`` where ``negative``, else ``U(x, y)``, modulo 2 to the product's bits.
        """
        magnitude = Signal(self.product_bits)
        m.d.comb += magnitude.eq(self.core(m, x, y, implementation))
        return negate_if(magnitude, negative, ones_complement=self.ones_complement)

    def plain(self, m: Module, x: Signal, y: Signal) -> Value | None:
        """A plain description of ``U(x, y)`` for ``specification``; None where there is none.

        It shares no code with ``core``.
        """
        return None

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        """Integers ``f``, ``g``, each ``(256, rank)``, with ``U(x, y) == f[x] @ g[y]``.

        ``x`` runs up to 128, ``y`` up to 255. None where the family has no such factorization.
        """
        return None

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a = np.asarray(a, dtype=np.int32)
        b = np.asarray(b, dtype=np.int32)
        negative = a < 0
        if self.activation_offset:
            y = b + self.activation_offset
        else:
            y = self._magnitude(b)
            negative = negative ^ (b < 0)
        product = self.magnitudes(self._magnitude(a), y)
        product = np.where(negative, ~product if self.ones_complement else -product, product)
        return (product - self.activation_offset * a).astype(np.int32)

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _Component(self, self._implementation(implementation))

    def specification(self) -> BlockComponent | None:
        if type(self).plain is SignMagnitude.plain:
            return None
        return _Specification(self)

    def factors(self) -> tuple[np.ndarray, np.ndarray] | None:
        factors = self.magnitude_factors()
        if factors is None or self.ones_complement:
            return None
        u, v = (np.array(factor, dtype=np.int32) for factor in factors)
        sign = np.where(CODES < 0, -1, 1).astype(np.int32)[:, None]
        u = sign * u[np.abs(CODES)]
        if not self.activation_offset:
            return u, sign * v[np.abs(CODES)]
        # The known term takes a factor of its own unless one is the weight already.
        same = np.flatnonzero((u == CODES[:, None]).all(axis=0))
        if same.size:
            v[:, same[0]] -= self.activation_offset
            return u, v
        known = np.full((256, 1), -self.activation_offset, dtype=np.int32)
        return np.hstack([u, CODES[:, None]]), np.hstack([v, known])

    def _magnitude(self, code: np.ndarray) -> np.ndarray:
        return np.where(code < 0, ~code if self.ones_complement else -code, code)


class UnsignedActivation(SignMagnitude):
    """The form for activations that are never negative, such as those after a ReLU.

    Such tensors have the zero point -128: the code ``b`` stands for ``u = b + 128`` in [0, 255].
    The weight stays in sign and magnitude: the gateware's product is ``s(a) U(|a|, u)``, and the
    table is that minus the known term ``128 a``.
    """

    activation_offset = 128


def negate_if(value: Value, condition: Value, *, ones_complement: bool = False) -> Value:
    """The opposite of ``value`` where ``condition``, or all its bits inverted.

    Negation is inversion and a carry in, so that one chain of half adders serves both signs.
    """
    inverted = value.as_unsigned() ^ condition.replicate(len(value))
    return inverted if ones_complement else inverted + condition


class _Component(BlockComponent):
    """Magnitudes, the unsigned multiplier, and the product's sign."""

    def __init__(self, block: SignMagnitude, implementation: str):
        super().__init__(block.product_bits)
        self._block = block
        self._implementation = implementation

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        weight = Signal(8)
        activation = Signal(8)
        negative = Signal()
        ones = self._block.ones_complement
        m.d.comb += weight.eq(negate_if(self.a, self.a[-1], ones_complement=ones))
        if self._block.activation_offset:
            m.d.comb += [
                activation.eq(Cat(self.b[:-1], ~self.b[-1])),
                negative.eq(self.a[-1]),
            ]
        else:
            m.d.comb += [
                activation.eq(negate_if(self.b, self.b[-1], ones_complement=ones)),
                negative.eq(self.a[-1] ^ self.b[-1]),
            ]
        m.d.comb += self.product.eq(
            self._block.signed_core(m, weight, activation, negative, self._implementation)
        )
        return m


class _Specification(BlockComponent):
    """The definition as plain gateware, with the family's plain ``U(x, y)``."""

    def __init__(self, block: SignMagnitude):
        super().__init__(block.product_bits)
        self._block = block

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        x = Signal(8)
        y = Signal(8)
        m.d.comb += x.eq(self._magnitude(self.a))
        if self._block.activation_offset:
            m.d.comb += y.eq(self.b + self._block.activation_offset)
            negative = self.a < 0
        else:
            m.d.comb += y.eq(self._magnitude(self.b))
            negative = (self.a < 0) != (self.b < 0)
        product = Signal(len(self.product))
        m.d.comb += product.eq(self._block.plain(m, x, y))
        with m.If(negative):
            m.d.comb += self.product.eq(~product if self._block.ones_complement else -product)
        with m.Else():
            m.d.comb += self.product.eq(product)
        return m

    def _magnitude(self, code: Value) -> Value:
        return Mux(code < 0, ~code if self._block.ones_complement else -code, code)
