"""Dimensions and layers for the tests of the core's parts."""

from __future__ import annotations

from typing import Any

import numpy as np

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.plan import Plan, plan
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.random_graphs import random_graph
from tests.architectures.common.layers import convolution


def planned(graph: Graph, array: ArrayShape) -> tuple[Plan, Dimensions]:
    """The plan and the dimensions of its core."""
    mapped = plan(graph, array)
    return mapped, Dimensions.of(mapped)


def set_layer(ctx: Any, layer: Any, dimensions: Dimensions, step: Step) -> None:
    """Put a program step on a port of type ``Dimensions.descriptor``."""
    for name, _, _ in dimensions.fields:
        ctx.set(layer[name], getattr(step, name))


def pooled_convolution(
    seed: int, rows: int, columns: int, **shape: Any
) -> tuple[Plan, Dimensions, Step]:
    """A convolution of several filter tiles, output tiles and tap tiles, with its only step."""
    rng = np.random.default_rng(seed)
    graph = convolution(rng, (3, 6, 5), 11, (3, 2), padding=(1, 0, 1, 1), pool=(2, 2))
    mapped, dimensions = planned(graph, ArrayShape.complete(rows, columns, **shape))
    return mapped, dimensions, mapped.steps[0]


def clamp_stream() -> tuple[Plan, Dimensions, Step]:
    """A layer that streams past the array, with its only step."""
    graph = random_graph(np.random.default_rng(0), layers=1, kinds=("clamp",), output="map")
    mapped, dimensions = planned(graph, ArrayShape.complete(2, 2))
    return mapped, dimensions, mapped.steps[0]


def tiles(step: Step) -> list[tuple[int, int, int, int]]:
    """(filter tile, output tile, tap tile, pixels) in the order of computation."""
    return [
        (filters, output, taps, pixels_of(step, output))
        for filters in range(step.filter_tiles + 1)
        for output in range(step.output_tiles + 1)
        for taps in range(step.tap_tiles + 1)
    ]


def pixels_of(step: Step, output_tile: int) -> int:
    """Pixels of an output tile of a layer."""
    last = output_tile == step.output_tiles
    return (step.last_output_tile_pixels if last else step.output_tile_pixels) + 1


async def pulse(ctx: Any, signal: Any) -> None:
    """Raise ``signal`` for one cycle."""
    ctx.set(signal, 1)
    await ctx.tick()
    ctx.set(signal, 0)


async def cycles_until(ctx: Any, signal: Any, *, limit: int = 50) -> int:
    """Cycles from now until ``signal`` is high."""
    for cycles in range(limit):
        if ctx.get(signal):
            return cycles
        await ctx.tick()
    raise AssertionError(f"signal must rise within {limit} cycles")
