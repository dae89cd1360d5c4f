"""The common base of the families that multiply short segments of the operands."""

from __future__ import annotations

import abc

import numpy as np
from amaranth.hdl import Module, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import partial_products, sum_bit_heap
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude

__all__ = ["Segments"]


class Segments(SignMagnitude):
    """The exact product of two operands that are each approximated by a short segment of bits.

    The product table has rank one (and one more for unsigned activations, where the known term is
    subtracted).
    """

    @abc.abstractmethod
    def operand(self, x: np.ndarray) -> np.ndarray:
        """The approximations of the operands ``x`` in [0, 255]."""

    @abc.abstractmethod
    def segment(self, m: Module, x: Signal, name: str) -> tuple[Value, Value]:
        """The segment of ``x``, and the number of steps by which it is shifted to the left."""

    @abc.abstractmethod
    def shift(self, m: Module, product: Value, x_steps: Value, y_steps: Value) -> Value:
        """The segments' product, shifted by the steps of both segments."""

    @abc.abstractmethod
    def plain_operand(self, m: Module, x: Signal, name: str) -> Signal:
        """The approximation of ``x``, all 8 bits of it, case by case."""

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("multiply", "tree")

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.multiply(self.operand(x), self.operand(y), dtype=np.int32)

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray]:
        factor = self.operand(np.arange(256, dtype=np.int32))[:, None]
        return factor, factor

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        x_segment, x_steps = self.segment(m, x, "x")
        y_segment, y_steps = self.segment(m, y, "y")
        product = Signal(len(x_segment) + len(y_segment), name="segments_product")
        if implementation == "tree":
            heap = partial_products(x_segment, y_segment)
            m.d.comb += product.eq(sum_bit_heap(m, heap, len(product), "tree"))
        else:
            m.d.comb += product.eq(x_segment * y_segment)
        return self.shift(m, product, x_steps, y_steps)

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        return self.plain_operand(m, x, "x_plain") * self.plain_operand(m, y, "y_plain")
