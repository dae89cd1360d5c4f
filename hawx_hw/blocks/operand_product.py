"""Blocks that are an exact product of two simplified operands: tables of rank 1."""

from __future__ import annotations

import abc
from typing import Any

import numpy as np
from amaranth.hdl import Module, Value

from hawx_hw.blocks.bit_matrix import booth_product, row_product, tree_product
from hawx_hw.blocks.block import CODES, Block, BlockComponent

__all__ = ["OperandProduct"]

_PRODUCTS = {
    "multiply": lambda m, a, b, width: a * b,
    "booth": booth_product,
    "tree": tree_product,
    "rows": row_product,
}


class OperandProduct(Block):
    """A block of table ``u(a) * v(b)``.

    Sub-classes give ``u`` and ``v`` twice: for numpy, and as gateware that leaves out the low bits
    that are always zero. The product is built in one of four ways: ``multiply`` leaves it to the
    synthesis, ``booth`` recodes ``v`` into radix-4 digits, ``tree`` adds all partial products in
    carry-save form, ``rows`` one after the other.
    """

    @abc.abstractmethod
    def left(self, a: np.ndarray) -> np.ndarray:
        """``u`` of int32 codes."""

    @abc.abstractmethod
    def right(self, b: np.ndarray) -> np.ndarray:
        """``v`` of int32 codes."""

    @abc.abstractmethod
    def left_gateware(self, m: Module, a: Value) -> tuple[Value, int]:
        """``u`` as a signed value, and by how many bits it must be shifted to the left."""

    @abc.abstractmethod
    def right_gateware(self, m: Module, b: Value) -> tuple[Value, int]:
        """``v`` as a signed value, and by how many bits it must be shifted to the left."""

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        products: np.ndarray = self.left(np.asarray(a, np.int32)) * self.right(
            np.asarray(b, np.int32)
        )
        return products

    @property
    def architectures(self) -> tuple[str, ...]:
        return tuple(_PRODUCTS)

    def component(self, architecture: str | None = None) -> BlockComponent:
        return _Component(self, self._architecture(architecture))

    def specification(self) -> BlockComponent:
        return _Component(self, "multiply")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        return self.left(CODES)[:, None], self.right(CODES)[:, None]


class _Component(BlockComponent):
    def __init__(self, block: OperandProduct, architecture: str):
        self._block = block
        self._product = _PRODUCTS[architecture]
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        left, left_shift = self._block.left_gateware(m, self.a)
        right, right_shift = self._block.right_gateware(m, self.b)
        shift = left_shift + right_shift
        width = self.signature.product_bits - shift
        m.d.comb += self.product.eq(self._product(m, left, right, width) << shift)
        return m
