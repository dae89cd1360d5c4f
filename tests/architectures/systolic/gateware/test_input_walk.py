"""The address generators against nested loops and divmod."""

from __future__ import annotations

from itertools import product
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.input_walk import InputWalk
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.simulation import simulate
from tests.architectures.common.layers import convolution
from tests.architectures.systolic.gateware.parts import planned, set_layer

CASES = [
    # input shape, kernel, stride, padding, pool, rows of the array
    ((1, 6, 7), (3, 3), (1, 1), (1, 1, 1, 1), None, 4),
    ((3, 9, 8), (5, 2), (2, 3), (2, 0, 1, 1), None, 7),
    ((2, 8, 8), (3, 3), (1, 1), (1, 1, 1, 1), (2, 2), 5),
    ((5, 11, 10), (2, 4), (2, 1), (0, 3, 1, 0), (3, 2), 32),
    ((13, 1, 1), (1, 1), (1, 1), (0, 0, 0, 0), None, 3),
]


def ref_positions(graph: Any) -> list[tuple[int, int, bool, bool]]:
    """x, y of the kernel's first tap, and whether the window begins and ends there."""
    conv = graph.nodes[0]
    pool = graph.nodes[1].kernel if len(graph.nodes) > 1 else (1, 1)
    _, rows, columns = graph.tensors[graph.output].shape
    return [
        (
            (column * pool[1] + wx) * conv.stride[1] - conv.padding[1],
            (row * pool[0] + wy) * conv.stride[0] - conv.padding[0],
            (wy, wx) == (0, 0),
            (wy, wx) == (pool[0] - 1, pool[1] - 1),
        )
        for row, column, wy, wx in product(
            range(rows), range(columns), range(pool[0]), range(pool[1])
        )
    ]


@pytest.mark.parametrize(("shape", "kernel", "stride", "padding", "pool", "rows"), CASES)
def test_input_walk(shape, kernel, stride, padding, pool, rows) -> None:
    graph = convolution(
        np.random.default_rng(0), shape, 3, kernel, stride=stride, padding=padding, pool=pool
    )
    mapped, dimensions = planned(graph, ArrayShape.complete(rows, 4))
    walk = InputWalk(dimensions)
    seen = []
    expected = ref_positions(graph)

    async def drive(ctx: Any) -> None:
        set_layer(ctx, walk.layer, dimensions, mapped.steps[0])
        ctx.set(walk.restart, 1)
        await ctx.tick()
        ctx.set(walk.restart, 0)
        for _ in expected:
            position = ctx.get(walk.position)
            seen.append(
                (
                    position.x,
                    position.y,
                    bool(ctx.get(walk.window_first)),
                    bool(ctx.get(walk.window_last)),
                )
            )
            # Addresses are modulo the memory; the offset may be negative at the edge.
            width = 1 << dimensions.address.width
            assert position.offset == (position.y * shape[2] + position.x) % width
            ctx.set(walk.advance, 1)
            await ctx.tick()
            ctx.set(walk.advance, 0)
            await ctx.tick()

    simulate(walk, drive)
    assert seen == expected


def test_input_walk_goes_back_to_the_output_tile() -> None:
    graph = convolution(np.random.default_rng(0), (1, 6, 6), 3, (3, 3), pool=(2, 2))
    mapped, dimensions = planned(graph, ArrayShape.complete(4, 4))
    walk = InputWalk(dimensions)
    seen: list[tuple[int, int]] = []
    output_tile, passes = 4, 3

    async def drive(ctx: Any) -> None:
        set_layer(ctx, walk.layer, dimensions, mapped.steps[0])
        ctx.set(walk.restart, 1)
        await ctx.tick()
        ctx.set(walk.restart, 0)
        ctx.set(walk.advance, 1)
        for step in range(2 * passes * output_tile):
            ends = step % output_tile == output_tile - 1
            last = step // output_tile % passes == passes - 1
            ctx.set(walk.rewind, ends and not last)
            ctx.set(walk.mark, ends and last)
            seen.append((ctx.get(walk.position).x, ctx.get(walk.position).y))
            await ctx.tick()

    simulate(walk, drive)
    positions = [(x, y) for x, y, *_ in ref_positions(graph)]
    assert (
        seen == positions[:output_tile] * passes + positions[output_tile : 2 * output_tile] * passes
    )
