"""The common base of the families that multiply short segments of the operands."""

from __future__ import annotations

import abc

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import negated_heap, partial_products, sum_bit_heap
from hawx_hw.blocks.arithmetic.leading_one import shift_signed
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude

__all__ = ["Segments", "steps_sum"]


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
    def shifts(self, m: Module, x_steps: Value, y_steps: Value) -> dict[int, Value]:
        """By how many bits the segments' product is shifted to the left: for each number of bits
        that occurs, whether the steps of both segments stand for it."""

    @abc.abstractmethod
    def plain_operand(self, m: Module, x: Signal, name: str) -> Signal:
        """The approximation of ``x``, all 8 bits of it, case by case."""

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("tree",)

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        return np.multiply(self.operand(x), self.operand(y), dtype=np.int32)

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray]:
        factor = self.operand(np.arange(256, dtype=np.int32))[:, None]
        return factor, factor

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        return self.signed_core(m, x, y, Signal(name="positive"), implementation)

    def signed_core(
        self, m: Module, x: Signal, y: Signal, negative: Signal, implementation: str
    ) -> Value:
        """The product of the segments gets its sign before it is shifted: it is the shorter one.

        The shift is known before the product, so it is decoded meanwhile.
        """
        x_segment, x_steps = self.segment(m, x, "x")
        y_segment, y_steps = self.segment(m, y, "y")
        product = Signal(len(x_segment) + len(y_segment), name="segments_product")
        heap = negated_heap(partial_products(x_segment, y_segment), negative, len(product))
        m.d.comb += product.eq(sum_bit_heap(m, heap, len(product), "tree"))
        sign = Signal(name="product_sign")
        # There is no -0.
        m.d.comb += sign.eq(negative & x_segment.any() & y_segment.any())
        return shift_signed(product, sign, self.shifts(m, x_steps, y_steps), self.product_bits)

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        return self.plain_operand(m, x, "x_plain") * self.plain_operand(m, y, "y_plain")


def steps_sum(m: Module, x_steps: Value, y_steps: Value, largest: int) -> dict[int, Value]:
    """For each sum of two numbers of steps up to the largest, whether it is theirs."""
    steps = Signal(range(largest + 1), name="steps")
    chosen = Signal(largest + 1, name="shift")
    m.d.comb += [
        steps.eq(x_steps + y_steps),
        chosen.eq(Cat(*(steps == number for number in range(largest + 1)))),
    ]
    return {number: chosen[number] for number in range(largest + 1)}
