"""Exact products of simplified operands, in each of the ways to build them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pytest
from amaranth.hdl import C, Module, Value

from hawx_hw.blocks.arithmetic.operand_product import EncodedActivation, OperandProduct
from hawx_hw.blocks.block import BlockComponent
from tests.blocks.simulation import assert_gateware, sample

WEIGHTS = np.repeat(np.arange(-128, 128), 256).reshape(256, 256)
ACTIVATIONS = WEIGHTS.T


@dataclass(frozen=True)
class Cut(OperandProduct):
    """Drops two bits of the weight and one of the activation."""

    family = "cut"

    def left(self, a):
        return a & -4

    def right(self, b):
        return b & -2

    def left_gateware(self, m: Module, a: Value):
        return a[2:].as_signed(), 2

    def right_gateware(self, m: Module, b: Value):
        return b[1:].as_signed(), 1


class Rounded(Cut):
    """Rounds the weight's last two bits up where they are 2 or 3, with no adder in Booth's rows."""

    def left(self, a):
        return ((a >> 2) + (a >> 1 & 1)) << 2

    def left_gateware(self, m: Module, a: Value):
        return a[2:].as_signed() + a[1], 2

    def booth_operands(self, m: Module, a: Value, b: Value):
        right, shift = self.right_gateware(m, b)
        return (a[2:].as_signed(), a[1], 2), (right, None, shift)


@pytest.mark.parametrize("kind", [Cut, Rounded])
def test_every_way_to_build_it_is_the_product_of_the_operands(kind) -> None:
    weights = WEIGHTS // 4 * 4 if kind is Cut else (WEIGHTS + 2) // 4 * 4
    expected = weights * (ACTIVATIONS // 2 * 2)
    np.testing.assert_array_equal(kind().table, expected)
    assert_gateware(kind(), sample(1000, seed=0))  # all implementations, and the specification


def test_the_table_has_rank_one() -> None:
    left, right = Rounded().factors()
    assert left.shape == right.shape == (256, 1)
    np.testing.assert_array_equal(left @ right.T, Rounded().table)


def test_implementations_are_named() -> None:
    assert Cut().implementations == ("multiply", "booth", "tree", "chain")
    with pytest.raises(ValueError, match="Implementation of cut must be one of multiply, booth"):
        Cut().component("array")


@dataclass(frozen=True)
class Even(EncodedActivation):
    """Takes every activation for the even number below."""

    family = "even"

    def encoded(self, b):
        return b & -2

    def component(self, implementation=None):
        block = self
        self._implementation(implementation)

        class Component(BlockComponent):
            def elaborate(self, platform):
                m = Module()
                m.d.comb += self.product.eq(self.a * (self.b & C(-2, 8)))
                return m

        return Component(block.product_bits)


def test_an_encoded_activation_is_multiplied_exactly() -> None:
    np.testing.assert_array_equal(Even().table, WEIGHTS * (ACTIVATIONS // 2 * 2))
    left, right = Even().factors()
    np.testing.assert_array_equal(left @ right.T, Even().table)
    assert Even().implementations == ("booth", "multiply")
