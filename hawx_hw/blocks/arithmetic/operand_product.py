"""Blocks that are an exact product of two simplified operands: tables of rank 1."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
from amaranth.hdl import Module, Value

from hawx_hw.blocks.arithmetic.bit_matrix import booth_product, chain_product, tree_product
from hawx_hw.blocks.block import CODES, Block, BlockComponent

__all__ = ["BoothOperand", "OperandProduct"]

#: A signed value, a bit to be added to it if any, and by how many bits both must be shifted left.
BoothOperand = tuple[Value, Value | None, int]

_PRODUCTS = {
    "multiply": lambda m, a, b, width: a * b,
    "tree": tree_product,
    "chain": chain_product,
}


class OperandProduct(Block):
    """A block with the table ``u(a) * v(b)``.

    Subclasses define ``u`` and ``v`` twice: for numpy, and as gateware without the low bits that
    are always zero. There are four implementations: ``multiply`` leaves the product to the
    synthesis, ``booth`` recodes ``v`` into radix-4 digits, ``tree`` adds all partial products in
    carry-save form, ``chain`` adds them one after the other.
    """

    @abc.abstractmethod
    def left(self, a: np.ndarray) -> np.ndarray:
        """Apply ``u`` to int32 codes."""

    @abc.abstractmethod
    def right(self, b: np.ndarray) -> np.ndarray:
        """Apply ``v`` to int32 codes."""

    @abc.abstractmethod
    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        """``u`` as a signed value, and by how many bits it must be shifted to the left."""

    @abc.abstractmethod
    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        """``v`` as a signed value, and by how many bits it must be shifted to the left."""

    def booth_operands(self, m: Module, a: Value, b: Value) -> tuple[BoothOperand, BoothOperand]:
        """``u`` and ``v`` as the operands of a Booth multiplier.

        A Booth multiplier needs no adder to round an operand by the bit below it.
        """
        left, left_shift = self.left_gateware(m, a)
        right, right_shift = self.right_gateware(m, b)
        return (left, None, left_shift), (right, None, right_shift)

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        products: np.ndarray = self.left(np.asarray(a, np.int32)) * self.right(
            np.asarray(b, np.int32)
        )
        return products

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("multiply", "booth", "tree", "chain")

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _Component(self, self._implementation(implementation))

    def specification(self) -> BlockComponent:
        return _Component(self, "multiply")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        return self.left(CODES)[:, None], self.right(CODES)[:, None]


class EncodedActivation(Block):
    """An exact product of the weight with an encoded activation: ``a * encoded(b)``.

    Subclasses recode the activation into digits; the product is the sum of the digits' partial
    products (``booth``), or left to the synthesis (``multiply``).
    """

    @abc.abstractmethod
    def encoded(self, b: np.ndarray) -> np.ndarray:
        """The encoded activations of int32 codes."""

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        products: np.ndarray = np.asarray(a, np.int32) * self.encoded(np.asarray(b, np.int32))
        return products

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("booth", "multiply")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        return CODES[:, None], self.encoded(CODES)[:, None]


class _Component(BlockComponent):
    def __init__(self, block: OperandProduct, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bits = self.signature.product_bits
        if self._kind == "booth":
            left, right = self._block.booth_operands(m, self.a, self.b)
            shift = left[2] + right[2]
            product = booth_product(
                m, left[0], right[0], bits - shift, a_below=left[1], b_below=right[1]
            )
        else:
            (u, u_shift), (v, v_shift) = (
                self._block.left_gateware(m, self.a),
                self._block.right_gateware(m, self.b),
            )
            shift = u_shift + v_shift
            product = _PRODUCTS[self._kind](m, u, v, bits - shift)
        m.d.comb += self.product.eq(product << shift)
        return m
