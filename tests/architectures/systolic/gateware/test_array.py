"""Slice, weight loader, issuer, drain and sequencer, each against a plain model."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.accumulator_readout import AccumulatorReadout
from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.layer_sequencer import LayerSequencer
from hawx_hw.architectures.systolic.gateware.slice_blocks import slice_blocks
from hawx_hw.architectures.systolic.gateware.tile_issuer import TileIssuer
from hawx_hw.architectures.systolic.gateware.weight_loader import WeightLoader
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.architectures.systolic.write_trace import write_trace
from hawx_hw.gateware.simulation import simulate
from hawx_hw.graph.random_graphs import random_graph
from hawx_hw.graph.reference import run_all
from tests.architectures.systolic.gateware.parts import convolution, planned, set_layer


def case(seed: int, rows: int, columns: int, **shape: Any) -> Any:
    rng = np.random.default_rng(seed)
    graph = convolution(rng, (3, 6, 5), 11, (3, 2), padding=(1, 0, 1, 1), pool=(2, 2))
    return planned(graph, ArrayShape.complete(rows, columns, **shape))


def tiles(step: Any) -> list[tuple[int, int, int, int]]:
    """(filter tile, output tile, tap tile, pixels) in the order of computation."""
    return [
        (
            f,
            c,
            t,
            (step.last_output_tile_pixels if c == step.output_tiles else step.output_tile_pixels)
            + 1,
        )
        for f in range(step.filter_tiles + 1)
        for c in range(step.output_tiles + 1)
        for t in range(step.tap_tiles + 1)
    ]


@pytest.mark.parametrize("weight_rows", [1, 2, 5])
def test_weight_loader(weight_rows: int) -> None:
    """Every tile's words in order, and never more than one tile ahead of the array."""
    mapped, dimensions = case(0, 5, 4, weight_rows=weight_rows, accumulators=8)
    step, beats = mapped.steps[0], mapped.array.bank_rows
    loader = WeightLoader(dimensions)
    order = tiles(step)
    expected = [
        (beat, step.weights + (f * (step.tap_tiles + 1) + t) * beats + beat)
        for f, _, t, _ in order
        for beat in range(beats)
    ]
    seen: list[tuple[int, int]] = []
    taken = 0
    rng = np.random.default_rng(1)

    async def drive(ctx: Any) -> None:
        nonlocal taken
        set_layer(ctx, loader.layer, dimensions, step)
        ctx.set(loader.begin, 1)
        await ctx.tick()
        ctx.set(loader.begin, 0)
        while taken < len(order) or not ctx.get(loader.idle):
            take = ctx.get(loader.ready) and rng.random() < 0.5
            ctx.set(loader.taken, bool(take))
            if ctx.get(loader.load.valid):
                seen.append((ctx.get(loader.load.beat), ctx.get(loader.load.address)))
            taken += bool(take)
            # A word of tile n + 1 is issued in the cycle in which tile n begins, or later.
            assert (len(seen) - 1) // beats <= taken
            await ctx.tick()

    simulate(loader, drive)
    assert seen == expected
    assert taken == len(order)


def test_weight_loader_runs_at_one_tile_a_cycle() -> None:
    mapped, dimensions = case(0, 4, 4, weight_rows=4, accumulators=8)
    loader = WeightLoader(dimensions)
    count = len(tiles(mapped.steps[0]))
    valid = []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, loader.layer, dimensions, mapped.steps[0])
        ctx.set(loader.begin, 1)
        await ctx.tick()
        ctx.set(loader.begin, 0)
        for _ in range(count):
            ctx.set(loader.taken, ctx.get(loader.ready))
            valid.append(ctx.get(loader.load.valid))
            await ctx.tick()
        ctx.set(loader.taken, 0)
        assert ctx.get(loader.idle)

    simulate(loader, drive)
    assert valid == [1] * count


def test_weight_loader_passes_a_stream() -> None:
    rng = np.random.default_rng(0)
    mapped, dimensions = planned(
        random_graph(rng, layers=1, kinds=("clamp",), output="map"), ArrayShape.complete(2, 2)
    )
    loader = WeightLoader(dimensions)

    async def drive(ctx: Any) -> None:
        set_layer(ctx, loader.layer, dimensions, mapped.steps[0])
        ctx.set(loader.begin, 1)
        await ctx.tick()
        ctx.set(loader.begin, 0)
        for _ in range(5):
            assert ctx.get(loader.idle)
            assert not ctx.get(loader.load.valid)
            await ctx.tick()

    simulate(loader, drive)


@pytest.mark.parametrize("seed", range(3))
def test_issuer(seed: int) -> None:
    """Tiles and pixels in order; tiles wait for their weights, output tiles for accumulators."""
    mapped, dimensions = case(seed, 4, 4, accumulators=8)
    step = mapped.steps[0]
    issuer = TileIssuer(dimensions)
    rng = np.random.default_rng(seed)
    expected = [
        (p, t == 0, p == pixels - 1 and t == step.tap_tiles, p == 0, step.taps + t)
        for _, _, t, pixels in tiles(step)
        for p in range(pixels)
    ]
    banks = [number % 2 for number in range((step.filter_tiles + 1) * (step.output_tiles + 1))]
    seen, seen_banks = [], []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, issuer.layer, dimensions, step)
        ctx.set(issuer.begin, 1)
        await ctx.tick()
        ctx.set(issuer.begin, 0)
        while len(seen) < len(expected):
            ready, free = rng.random() < 0.6, rng.random() < 0.6
            ctx.set(issuer.weights_ready, ready)
            ctx.set(issuer.bank_free, free)
            if ctx.get(issuer.fetch.valid):
                first = ctx.get(issuer.fetch.first)
                accumulate = ctx.get(issuer.accumulate)
                assert accumulate.valid
                seen.append(
                    (
                        accumulate.index,
                        bool(accumulate.first_tile),
                        bool(accumulate.last),
                        bool(first),
                        ctx.get(issuer.fetch.tile),
                    )
                )
                assert ctx.get(issuer.weights_taken) == first
                assert not first or ready
                if ctx.get(issuer.output_tile_begins):
                    assert free
                    seen_banks.append(ctx.get(issuer.bank))
            await ctx.tick()
        for _ in range(10):
            assert not ctx.get(issuer.fetch.valid)
            await ctx.tick()

    simulate(issuer, drive)
    assert seen == expected
    assert seen_banks == banks


@pytest.mark.parametrize("seed", range(3))
def test_drain(seed: int) -> None:
    """Sums leave in the order of the stores, to the stores' addresses, tile by tile."""
    mapped, dimensions = case(4, 4, 4, accumulators=8)
    # Output tiles of two windows, the last one shorter: what the mapping would not choose here.
    windows = mapped.steps[0].destination_plane
    step = replace(
        mapped.steps[0],
        output_tile_pixels=2 * 4 - 1,
        output_tiles=-(-windows // 2) - 1,
        last_output_tile_pixels=(windows - 2 * (-(-windows // 2) - 1)) * 4 - 1,
        destination_output_tile=2,
    )
    mapped = replace(mapped, steps=(step,))
    dimensions = Dimensions.of(mapped)
    groups = mapped.array.groups
    drain = AccumulatorReadout(dimensions)
    image = np.zeros((1, *mapped.input_shape), np.int8)
    stores = write_trace(mapped, run_all(mapped.graph, image))[0]
    output_tiles = [(f, c, pixels) for f, c, t, pixels in tiles(step) if t == 0]
    expected = []
    for f, c, pixels in output_tiles:
        used = step.last_groups + 1 if f == step.filter_tiles else groups
        for group in range(used):
            expected += [(f, c, group, pixel) for pixel in range(pixels)]
    rng = np.random.default_rng(seed)
    seen, addresses, constants = [], [], []
    filled = read = 0

    async def drive(ctx: Any) -> None:
        nonlocal filled, read
        set_layer(ctx, drain.layer, dimensions, step)
        ctx.set(drain.begin, 1)
        await ctx.tick()
        ctx.set(drain.begin, 0)
        begun = 0
        while len(seen) < len(expected):
            if ctx.get(drain.read_enable):
                f, c, _, pixel = expected[len(seen)]
                number = f * (step.output_tiles + 1) + c
                assert number < filled, "reads an output tile that is not complete"
                assert ctx.get(drain.bank) == number % 2
                seen.append((f, c, ctx.get(drain.group), ctx.get(drain.index)))
                if ctx.get(drain.constants_enable):
                    constants.append(ctx.get(drain.constants_address))
                element = ctx.get(drain.element)
                assert element.window_first == (pixel % 4 == 0)
                assert element.window_last == (pixel % 4 == 3)
                assert element.end == (len(seen) == len(expected))
                if element.window_last:
                    addresses.append(element.address)
            begins = begun < len(output_tiles) and begun - filled < 1
            begins = begins and bool(ctx.get(drain.bank_free) >> (begun % 2) & 1)
            ctx.set(drain.output_tile_begins, begins)
            ctx.set(drain.output_tile_begins_bank, begun % 2)
            fills = filled < begun and rng.random() < 0.1
            ctx.set(drain.filled, bool(fills))
            begun += begins
            filled += bool(fills)
            await ctx.tick()
        assert ctx.get(drain.bank_free) == 0b11

    simulate(drain, drive)
    assert seen == expected
    assert addresses == stores.addresses.tolist()
    words = [
        step.requantization + f * groups + group for f, _, group, pixel in expected if pixel == 0
    ]
    assert constants == words


@pytest.mark.parametrize("pixels", [1, 2, 4])
def test_slice_accumulates_products(pixels: int) -> None:
    """Two tiles of a matrix product, pixel after pixel; with one pixel it follows itself."""
    mapped, dimensions = case(0, 3, 4, weight_rows=3, accumulators=8)
    assert pixels <= dimensions.accumulators
    part = ArraySlice(dimensions, slice_blocks(mapped)[0])
    rows, columns, count = 3, 4, 3
    rng = np.random.default_rng(pixels)
    weights = rng.integers(-127, 128, (count, rows, columns))
    codes = rng.integers(-128, 128, (count, pixels, rows))
    expected = np.einsum("tpr,trc->pc", codes, weights)
    sums = np.zeros((pixels, columns), dtype=np.int64)
    issues = [(tile, pixel) for tile in range(count) for pixel in range(pixels)]
    first = 2  # cycle of the first activation of row 0; a row follows the one above by a cycle

    async def drive(ctx: Any) -> None:
        for cycle in range(first + len(issues) + rows + 4):
            swap = load = 0
            for row in range(rows):
                # Activation now, swap for the next cycle, weight for the swap after it.
                at = cycle - first - row
                if 0 <= at < len(issues):
                    ctx.set(part.activations[row], int(codes[issues[at][0], issues[at][1], row]))
                if 0 <= at + 1 < len(issues) and issues[at + 1][1] == 0:
                    swap |= 1 << row
                if 0 <= at + 2 < len(issues) and issues[at + 2][1] == 0:
                    load |= 1 << row
                    for column in range(columns):
                        weight = int(weights[issues[at + 2][0], row, column])
                        ctx.set(part.weights[row][column], weight)
            ctx.set(part.swap, swap)
            ctx.set(part.load, load)
            at = cycle - first - (rows - 1)
            valid = 0 <= at < len(issues)
            ctx.set(part.accumulate.valid, valid)
            if valid:
                ctx.set(part.accumulate.index, issues[at][1])
                ctx.set(part.accumulate.first_tile, issues[at][0] == 0)
                ctx.set(part.accumulate.bank, 1)
            await ctx.tick()
        for pixel in range(pixels):
            ctx.set(part.drain_enable, 1)
            ctx.set(part.drain_bank, 1)
            ctx.set(part.drain_index, pixel)
            await ctx.tick()
            sums[pixel] = [ctx.get(part.drain_sums[column]) for column in range(columns)]

    simulate(part, drive)
    np.testing.assert_array_equal(sums, expected)


def test_sequencer() -> None:
    """Layers in order; each begins after the one before, the last one when the result is free."""
    rng = np.random.default_rng(5)
    mapped, dimensions = planned(
        random_graph(rng, layers=3, kinds=("conv",), output="map"), ArrayShape.complete(2, 2)
    )
    sequencer = LayerSequencer(dimensions)
    program = mapped.program
    assert len(program) >= 3
    begun: list[int] = []
    preloaded = []

    async def memory(ctx: Any) -> None:
        while True:
            *_, enable, address = await ctx.tick().sample(
                sequencer.read_enable, sequencer.read_address
            )
            if enable:
                ctx.set(sequencer.read_data.as_value(), program[address])
                preloaded.append(address)

    async def drive(ctx: Any) -> None:
        for _ in range(2):
            begun.clear()
            preloaded.clear()
            ctx.set(sequencer.start, 1)
            await ctx.tick()
            ctx.set(sequencer.start, 0)
            for number in range(len(program)):
                last = number == len(program) - 1
                ctx.set(sequencer.result_free, 0)
                waited = 0
                while not ctx.get(sequencer.begin):
                    waited += 1
                    if waited == 6:
                        assert last
                        ctx.set(sequencer.result_free, 1)
                    await ctx.tick()
                assert (waited >= 6) == last
                begun.append(ctx.get(sequencer.layer))
                assert ctx.get(sequencer.present.as_value()) == program[number]
                await ctx.tick()
                for _ in range(4):
                    assert ctx.get(sequencer.busy)
                    await ctx.tick()
                ctx.set(sequencer.stored_end, 1)
                assert ctx.get(sequencer.layer_done)
                assert ctx.get(sequencer.done) == last
                assert ctx.get(sequencer.input_release) == mapped.steps[number].releases_input
                await ctx.tick()
                ctx.set(sequencer.stored_end, 0)
            assert not ctx.get(sequencer.busy)
            assert begun == preloaded == list(range(len(program)))

    simulate(sequencer, drive, background=(memory,))
