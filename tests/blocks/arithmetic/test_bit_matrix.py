"""Sums of signed bits and the products made of them, against whole numbers."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

import pytest
from amaranth.hdl import Module, Signal, Value, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out
from amaranth.sim import Simulator

from hawx_hw.blocks.arithmetic.bit_matrix import (
    BitMatrix,
    add_booth_row,
    booth_product,
    chain_product,
    tree_product,
)

Build = Callable[[Module, Value, Value, Value], Value]


class Device(wiring.Component):
    """Two signed operands and two single bits in; what ``build`` makes of them out."""

    def __init__(self, build: Build, a_bits: int, b_bits: int, width: int):
        self._build = build
        super().__init__(
            {
                "a": In(signed(a_bits)),
                "b": In(signed(b_bits)),
                "below": In(2),
                "total": Out(width),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.d.comb += self.total.eq(self._build(m, self.a, self.b, self.below))
        return m


def totals(device: Device, cases: list[tuple[int, int, int]]) -> list[int]:
    results = []

    async def apply(ctx: Any) -> None:
        for a, b, below in cases:
            ctx.set(device.a, a)
            ctx.set(device.b, b)
            ctx.set(device.below, below)
            await ctx.delay(1e-9)
            results.append(ctx.get(device.total))

    simulator = Simulator(device)
    simulator.add_testbench(apply)
    simulator.run()
    return results


def every_case(a_bits: int, b_bits: int) -> list[tuple[int, int, int]]:
    return [
        (a, b, below)
        for a in range(-(1 << (a_bits - 1)), 1 << (a_bits - 1))
        for b in range(-(1 << (b_bits - 1)), 1 << (b_bits - 1))
        for below in range(4)
    ]


SIZES = [(1, 1), (1, 4), (4, 1), (2, 3), (3, 2), (3, 5), (4, 4)]


@pytest.mark.parametrize("product", [tree_product, chain_product, booth_product])
@pytest.mark.parametrize(("a_bits", "b_bits"), SIZES)
def test_products_of_all_operands(product: Any, a_bits: int, b_bits: int) -> None:
    width = a_bits + b_bits + 1
    device = Device(lambda m, a, b, below: product(m, a, b, width), a_bits, b_bits, width)
    cases = every_case(a_bits, b_bits)
    assert totals(device, cases) == [a * b % 2**width for a, b, _ in cases]


@pytest.mark.parametrize(("a_bits", "b_bits"), SIZES)
def test_booth_product_rounds_for_nothing(a_bits: int, b_bits: int) -> None:
    width = a_bits + b_bits + 2
    device = Device(
        lambda m, a, b, below: booth_product(m, a, b, width, a_below=below[0], b_below=below[1]),
        a_bits,
        b_bits,
        width,
    )
    cases = every_case(a_bits, b_bits)
    expected = [(a + below % 2) * (b + below // 2) % 2**width for a, b, below in cases]
    assert totals(device, cases) == expected


@pytest.mark.parametrize("weight", [0, 3])
def test_booth_row(weight: int) -> None:
    def build(m: Module, a: Value, bits: Value, below: Value) -> Value:
        matrix = BitMatrix(12)
        add_booth_row(m, matrix, a, bits, weight, below=below[0])
        return matrix.sum(m, "tree")

    # The digit of three bits that are a signed number: minus two of the highest, plus the others.
    cases = every_case(4, 3)
    digits = [-2 * (b >> 2 & 1) + (b >> 1 & 1) + (b & 1) for _, b, _ in cases]
    expected = [
        digit * (a + below % 2) * 2**weight % 4096 for (a, _, below), digit in zip(cases, digits)
    ]
    assert totals(Device(build, 4, 3, 12), cases) == expected


@pytest.mark.parametrize("seed", range(6))
def test_sum_of_random_bits(seed: int) -> None:
    """Bits of either sign, some beyond the sum's width, with any number of bits a position."""
    draw = random.Random(seed)
    width = draw.randrange(1, 14)
    entries = [
        (draw.randrange(8), draw.randrange(width + 2), draw.random() < 0.5)
        for _ in range(draw.randrange(60))
    ]

    def build(m: Module, a: Value, b: Value, below: Value) -> Signal:
        matrix = BitMatrix(width)
        for index, weight, negative in entries:
            matrix.add(a[index], weight, negative=negative)
        return matrix.sum(m, "tree")

    cases = [(draw.randrange(-128, 128), 0, 0) for _ in range(40)]
    expected = [
        sum(
            (a >> index & 1) * (-1 if negative else 1) << weight
            for index, weight, negative in entries
        )
        % 2**width
        for a, _, _ in cases
    ]
    assert totals(Device(build, 8, 1, width), cases) == expected


@pytest.mark.parametrize("subtract", [False, True])
def test_signed_numbers(subtract: bool) -> None:
    def build(m: Module, a: Value, b: Value, below: Value) -> Signal:
        matrix = BitMatrix(9)
        matrix.add_signed(a, 1)
        matrix.add_signed(b, 2, subtract=subtract)
        return matrix.sum(m, "tree")

    cases = every_case(4, 4)
    sign = -1 if subtract else 1
    assert totals(Device(build, 4, 4, 9), cases) == [
        (2 * a + sign * 4 * b) % 512 for a, b, _ in cases
    ]
