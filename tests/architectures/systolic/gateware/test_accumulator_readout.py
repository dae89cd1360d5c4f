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


def small_output_tiles(shape: dict[str, int]) -> tuple[Plan, Dimensions, Step]:
    """Output tiles of four windows, the last one of two: what the mapping would not choose."""
    mapped, _, step = pooled_convolution(4, 4, 4, accumulators=8, **shape)
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


def ref_groups(step: Step, groups: int, in_slice: int) -> list[tuple[int, int, int]]:
    """(number of the output tile, group, pixel) of each group, slice by slice."""
    handed = []
    number = 0
    for filters in range(step.filter_tiles + 1):
        used = step.last_groups + 1 if filters == step.filter_tiles else groups
        for output in range(step.output_tiles + 1):
            for first in range(0, used, in_slice):
                handed += [
                    (number, group, pixel)
                    for pixel in range(pixels_of(step, output))
                    for group in range(first, min(first + in_slice, used))
                ]
            number += 1
    return handed


SHAPES = {
    "one slice, two groups": {},
    "one slice, one group": {"requantizers": 4},
    "two slices, two groups": {"slice_columns": 2, "requantizers": 1},
    "two slices, one group": {"slice_columns": 2, "requantizers": 2},
    "four slices": {"slice_columns": 1, "requantizers": 1},
}


@pytest.mark.parametrize("density", [0.02, 0.1, 1.0])
@pytest.mark.parametrize("shape", SHAPES)
def test_reads_in_the_order_of_the_writes(shape: str, density: float) -> None:
    """Sums leave in the order and to the addresses of the write trace, as tiles are filled.

    Those of a pixel in a slice are read once. Constants are read for every window, or once where a
    slice has a single group.
    """
    mapped, dimensions, step = small_output_tiles({"requantizers": 2} | SHAPES[shape])
    array = mapped.array
    readout = AccumulatorReadout(dimensions)
    expected = ref_groups(step, array.groups, array.slice_groups)
    count = expected[-1][0] + 1
    rng = np.random.default_rng(int(density * 100))
    seen: list[tuple[int, int, int]] = []
    reads, addresses, constants = [], [], []

    async def drive(ctx: Any) -> None:
        sets = readout.accumulators
        set_layer(ctx, readout.running.layer, dimensions, step)
        await pulse(ctx, readout.running.begin)
        begun = filled = 0
        while len(seen) < len(expected):
            if ctx.get(readout.element.valid):
                number, _, pixel = expected[len(seen)]
                assert number < filled, "an output tile must be complete before it is read"
                assert ctx.get(readout.bank) == number % 2
                element = ctx.get(readout.element.payload)
                slice_ = ctx.get(readout.slice)
                seen.append(
                    (number, slice_ * array.slice_groups + element.group, ctx.get(readout.index))
                )
                if ctx.get(readout.read_enable):
                    reads.append((number, slice_, ctx.get(readout.index)))
                if element.reads_constants:
                    constants.append(element.constants)
                assert element.window_first == (pixel % WINDOW == 0)
                assert element.window_last == (pixel % WINDOW == WINDOW - 1)
                assert element.end == (len(seen) == len(expected))
                if element.window_last:
                    addresses.append(element.address)
            else:
                assert not ctx.get(readout.read_enable)
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
    in_slice = array.slice_groups
    assert reads == list(dict.fromkeys((n, g // in_slice, pixel) for n, g, pixel in expected))
    image = np.zeros((1, *mapped.input_shape), np.int8)
    trace = write_trace(mapped, run_all(mapped.graph, image))[0]
    assert addresses == trace.addresses.tolist()
    tile = step.output_tiles + 1
    assert constants == [
        step.requantization + number // tile * array.groups + group
        for number, group, pixel in expected
        if pixel % WINDOW == WINDOW - 1 and (in_slice > 1 or pixel < WINDOW)
    ]


def test_latency() -> None:
    _, dimensions, step = small_output_tiles({"requantizers": 2})
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
            last = last + 1 if not ctx.get(readout.element.valid) else 0
            await ctx.tick()
        measured.append(1 + last)

    simulate(readout, drive)
    assert measured == [AccumulatorReadout.LATENCY, AccumulatorReadout.FREE_LATENCY]
    # ``filled`` comes with ``east.accumulate``: the last sum must be in the accumulators by then.
    assert ArraySlice.LATENCY + AccumulatorReadout.LATENCY >= ArraySlice.STORE_LATENCY
