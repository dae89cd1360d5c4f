"""Dadda's tree against the sum of its bits."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Module, Signal
from amaranth.sim import Simulator

from hawx_hw.blocks.arithmetic.carry_save import (
    negated_heap,
    partial_products,
    sum_bit_heap,
)

_HEIGHTS = {
    "one bit": [1],
    "a gap": [3, 0, 5],
    "a slope": [1, 2, 3, 4, 5, 6, 7, 8, 7, 6, 5, 4, 3, 2, 1],
    "a tower": [0, 20, 1],
}


@pytest.mark.parametrize("heights", _HEIGHTS.values(), ids=_HEIGHTS)
@pytest.mark.parametrize("width", [4, 17])
def test_sum(heights: list[int], width: int) -> None:
    m = Module()
    bits = Signal(sum(heights))
    heap, weights, place = [], [], 0
    for position, height in enumerate(heights):
        heap.append([bits[place + i] for i in range(height)])
        weights += [1 << position] * height
        place += height
    total = sum_bit_heap(m, heap, width, "total")
    assert len(total) == width
    draw = random.Random(width)
    settings = [0, (1 << place) - 1, *(draw.getrandbits(place) for _ in range(300))]

    async def apply(ctx: Any) -> None:
        for setting in settings:
            ctx.set(bits, setting)
            await ctx.delay(1e-9)
            expected = sum(weight for i, weight in enumerate(weights) if setting >> i & 1)
            assert ctx.get(total) == expected % (1 << width), f"{setting:b}"

    simulator = Simulator(m)
    simulator.add_testbench(apply)
    simulator.run()


@pytest.mark.parametrize(("bits", "width"), [((2, 3), 5), ((4, 4), 8), ((3, 3), 4)])
def test_product_with_a_sign(bits: tuple[int, int], width: int) -> None:
    m, x, y, negative = Module(), Signal(bits[0]), Signal(bits[1]), Signal()
    heap = negated_heap(partial_products(x, y), negative, width)
    product = sum_bit_heap(m, heap, width, "product")

    async def apply(ctx: Any) -> None:
        for left in range(1 << bits[0]):
            for right in range(1 << bits[1]):
                for sign in (1, -1):
                    ctx.set(x, left)
                    ctx.set(y, right)
                    ctx.set(negative, sign < 0)
                    await ctx.delay(1e-9)
                    assert ctx.get(product) == sign * left * right % (1 << width)

    simulator = Simulator(m)
    simulator.add_testbench(apply)
    simulator.run()


def test_product_of_partial_products() -> None:
    m, x, y = Module(), Signal(3), Signal(4)
    product = sum_bit_heap(m, partial_products(x, y), 7, "product")

    async def apply(ctx: Any) -> None:
        for left in range(8):
            for right in range(16):
                ctx.set(x, left)
                ctx.set(y, right)
                await ctx.delay(1e-9)
                assert ctx.get(product) == left * right

    simulator = Simulator(m)
    simulator.add_testbench(apply)
    simulator.run()
