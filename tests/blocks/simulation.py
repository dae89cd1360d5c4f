"""Blocks in Amaranth's simulator."""

from __future__ import annotations

import itertools
import random
from typing import Any

from amaranth.sim import Simulator

from hawx_hw.blocks import Block
from hawx_hw.blocks.block import BlockComponent

__all__ = ["assert_gateware", "sample"]

_CORNERS = (-128, -127, -96, -64, -3, -2, -1, 0, 1, 2, 3, 63, 64, 96, 126, 127)


def sample(count: int, seed: int) -> list[tuple[int, int]]:
    """All pairs of corner codes, and ``count`` random ones."""
    draw = random.Random(seed)
    pairs = list(itertools.product(_CORNERS, repeat=2))
    return pairs + [(draw.randrange(-128, 128), draw.randrange(-128, 128)) for _ in range(count)]


def assert_gateware(block: Block, pairs: list[tuple[int, int]]) -> None:
    """Every implementation and the specification put out the table plus the known term."""
    components: dict[str, BlockComponent] = {
        name: block.component(name) for name in block.implementations
    }
    specification = block.specification()
    if specification is not None:
        components["specification"] = specification
    for name, component in components.items():
        assert component.signature.product_bits == block.product_bits
        products = _products(component, pairs)
        for (a, b), product in zip(pairs, products):
            expected = int(block.table[a + 128, b + 128]) + block.activation_offset * a
            assert product == expected, (block.name, name, a, b)


def _products(component: BlockComponent, pairs: list[tuple[int, int]]) -> list[int]:
    products = []

    async def apply(ctx: Any) -> None:
        for a, b in pairs:
            ctx.set(component.a, a)
            ctx.set(component.b, b)
            await ctx.delay(1e-9)
            products.append(ctx.get(component.product))

    simulator = Simulator(component)
    simulator.add_testbench(apply)
    simulator.run()
    return products
