"""The tile issuer against nested loops over tiles and pixels."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.tile_issuer import TileIssuer
from hawx_hw.architectures.systolic.steps import Step
from hawx_hw.gateware.simulation import simulate
from tests.architectures.systolic.gateware.parts import (
    clamp_stream,
    cycles_until,
    pooled_convolution,
    pulse,
    set_layer,
    tiles,
)


def ref_pixels(step: Step) -> list[tuple[int, bool, bool, bool, int]]:
    """(index, in the first tap tile, last of its output tile, first of its tile, tap word)."""
    return [
        (
            pixel,
            taps == 0,
            pixel == pixels - 1 and taps == step.tap_tiles,
            pixel == 0,
            step.taps + taps,
        )
        for _, _, taps, pixels in tiles(step)
        for pixel in range(pixels)
    ]


@pytest.mark.parametrize("density", [0.2, 0.6, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_pixels_in_order(seed: int, density: float) -> None:
    """A tile waits for its weights, the first tile of an output tile also for accumulators."""
    _, dimensions, step = pooled_convolution(seed, 4, 4, accumulators=8)
    issuer = TileIssuer(dimensions)
    rng = np.random.default_rng(seed)
    expected = ref_pixels(step)
    seen, banks = [], []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, issuer.running.layer, dimensions, step)
        await pulse(ctx, issuer.running.begin)
        while len(seen) < len(expected):
            ready, free = rng.random() < density, rng.random() < density
            ctx.set(issuer.weights.ready, ready)
            ctx.set(issuer.accumulators.free, free)
            if ctx.get(issuer.fetch.valid):
                assert ctx.get(issuer.accumulate.valid)
                assert not ctx.get(issuer.element.valid)
                fetch, sums = ctx.get(issuer.fetch.payload), ctx.get(issuer.accumulate.payload)
                first = bool(fetch.first)
                seen.append((sums.index, bool(sums.first_tile), bool(sums.last), first, fetch.tile))
                assert sums.bank == ctx.get(issuer.accumulators.bank)
                assert ctx.get(issuer.weights.taken) == first
                assert not first or ready
                assert ctx.get(issuer.accumulators.taken) == (first and sums.first_tile)
                if ctx.get(issuer.accumulators.taken):
                    assert free
                    banks.append(ctx.get(issuer.accumulators.bank))
            else:
                assert not ready or not free
                assert not ctx.get(issuer.weights.taken)
                assert not ctx.get(issuer.accumulators.taken)
            await ctx.tick()
        for _ in range(10):
            assert not ctx.get(issuer.fetch.valid)
            await ctx.tick()

    simulate(issuer, drive)
    assert seen == expected
    # The sets of accumulators take turns.
    count = (step.filter_tiles + 1) * (step.output_tiles + 1)
    assert banks == [number % 2 for number in range(count)]


def test_a_stream_never_waits() -> None:
    _, dimensions, step = clamp_stream()
    issuer = TileIssuer(dimensions)
    pixels = step.output_tile_pixels + 1
    elements = pixels * (step.tap_tiles + 1)

    async def drive(ctx: Any) -> None:
        set_layer(ctx, issuer.running.layer, dimensions, step)
        await pulse(ctx, issuer.running.begin)
        for number in range(elements):
            assert ctx.get(issuer.fetch.valid)
            assert ctx.get(issuer.element.valid)
            assert not ctx.get(issuer.accumulate.valid)
            assert not ctx.get(issuer.weights.taken)
            assert not ctx.get(issuer.accumulators.taken)
            assert ctx.get(issuer.fetch.payload.tile) == step.taps + number // pixels
            assert ctx.get(issuer.element.payload.end) == (number == elements - 1)
            await ctx.tick()
        assert not ctx.get(issuer.fetch.valid)

    simulate(issuer, drive)


def test_latency() -> None:
    _, dimensions, step = pooled_convolution(0, 4, 4, accumulators=8)
    issuer = TileIssuer(dimensions)
    measured = []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, issuer.running.layer, dimensions, step)
        ctx.set(issuer.weights.ready, 1)
        ctx.set(issuer.accumulators.free, 1)
        ctx.set(issuer.running.begin, 1)
        assert not ctx.get(issuer.fetch.valid)
        await ctx.tick()
        ctx.set(issuer.running.begin, 0)
        measured.append(1 + await cycles_until(ctx, issuer.fetch.valid))

    simulate(issuer, drive)
    assert measured == [TileIssuer.LATENCY]
