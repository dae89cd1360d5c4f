"""The accumulator read-out against the write trace of a layer."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.architectures.systolic.write_trace import write_trace
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.reference import run_all
from tests.architectures.systolic.gateware.parts import (
    cycles_until,
    pixels_of,
    pooled_convolution,
    pulse,
    set_layer,
)

WINDOW = 4  # elements of a pooling window


def small_output_tiles() -> tuple[Plan, Dimensions, Step]:
    """Output tiles of four windows, the last one of two: what the mapping would not choose."""
    mapped, _, step = pooled_convolution(4, 4, 4, accumulators=8)
    windows = step.destination_plane
    length = 4
    count = -(-windows // length)
    step = replace(
        step,
        output_tile_pixels=length * WINDOW - 1,
        output_tiles=count - 1,
        last_output_tile_pixels=(windows - length * (count - 1)) * WINDOW - 1,
        destination_output_tile=length,
    )
    assert step.last_output_tile_pixels != step.output_tile_pixels
    mapped = replace(mapped, steps=(step,))
    return mapped, Dimensions.of(mapped), step


def ref_reads(step: Step, groups: int) -> list[tuple[int, int, int]]:
    """(number of the output tile, group, pixel) of each read."""
    reads = []
    number = 0
    for filters in range(step.filter_tiles + 1):
        used = step.last_groups + 1 if filters == step.filter_tiles else groups
        for output in range(step.output_tiles + 1):
            for group in range(used):
                reads += [(number, group, pixel) for pixel in range(pixels_of(step, output))]
            number += 1
    return reads


@pytest.mark.parametrize("density", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("seed", range(2))
def test_reads_in_the_order_of_the_writes(seed: int, density: float) -> None:
    """Sums leave in the order and to the addresses of the write trace, as tiles are filled."""
    mapped, dimensions, step = small_output_tiles()
    groups = mapped.array.groups
    readout = AccumulatorReadout(dimensions)
    expected = ref_reads(step, groups)
    count = expected[-1][0] + 1
    rng = np.random.default_rng(seed)
    seen, addresses, constants = [], [], []

    async def drive(ctx: Any) -> None:
        sets = readout.accumulators
        set_layer(ctx, readout.running.layer, dimensions, step)
        await pulse(ctx, readout.running.begin)
        begun = filled = 0
        while len(seen) < len(expected):
            if ctx.get(readout.read_enable):
                number, _, pixel = expected[len(seen)]
                assert number < filled, "an output tile must be complete before it is read"
                assert ctx.get(readout.bank) == number % 2
                seen.append((number, ctx.get(readout.group), ctx.get(readout.index)))
                if ctx.get(readout.constants_enable):
                    constants.append(ctx.get(readout.constants_address))
                assert ctx.get(readout.element.valid)
                element = ctx.get(readout.element.payload)
                assert element.window_first == (pixel % WINDOW == 0)
                assert element.window_last == (pixel % WINDOW == WINDOW - 1)
                assert element.end == (len(seen) == len(expected))
                if element.window_last:
                    addresses.append(element.address)
            else:
                assert not ctx.get(readout.element.valid)
                assert not ctx.get(readout.constants_enable)
            ctx.set(sets.bank, begun % 2)
            begins = begun < count and begun == filled and bool(ctx.get(sets.free))
            ctx.set(sets.taken, begins)
            fills = filled < begun and rng.random() < density
            ctx.set(readout.filled, bool(fills))
            begun += begins
            filled += bool(fills)
            await ctx.tick()
        for bank in range(2):
            ctx.set(sets.bank, bank)
            assert ctx.get(sets.free)

    simulate(readout, drive)
    assert seen == expected
    image = np.zeros((1, *mapped.input_shape), np.int8)
    trace = write_trace(mapped, run_all(mapped.graph, image))[0]
    assert addresses == trace.addresses.tolist()
    tile = step.output_tiles + 1
    assert constants == [
        step.requantization + number // tile * groups + group
        for number, group, pixel in expected
        if pixel == 0
    ]


def test_latency() -> None:
    _, dimensions, step = small_output_tiles()
    readout = AccumulatorReadout(dimensions)
    sets = readout.accumulators
    measured = []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, readout.running.layer, dimensions, step)
        await pulse(ctx, readout.running.begin)
        assert ctx.get(sets.free)
        await pulse(ctx, sets.taken)
        assert not ctx.get(sets.free)
        ctx.set(readout.filled, 1)
        assert not ctx.get(readout.read_enable)
        await ctx.tick()
        ctx.set(readout.filled, 0)
        measured.append(1 + await cycles_until(ctx, readout.read_enable))
        last = 0
        while not ctx.get(sets.free):
            last = last + 1 if not ctx.get(readout.read_enable) else 0
            await ctx.tick()
        measured.append(1 + last)

    simulate(readout, drive)
    assert measured == [AccumulatorReadout.LATENCY, AccumulatorReadout.FREE_LATENCY]
    # ``filled`` comes with ``east.accumulate``: the last sum must be in the accumulators by then.
    assert ArraySlice.LATENCY + AccumulatorReadout.LATENCY >= ArraySlice.STORE_LATENCY
