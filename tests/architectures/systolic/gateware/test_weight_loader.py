"""The weight loader against the words of every tile in order."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.architectures.systolic.gateware.weight_loader import WeightLoader
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


def ref_words(step: Step, beats: int) -> list[tuple[int, int]]:
    """(beat, address) of every word of a layer."""
    return [
        (beat, step.weights + (filters * (step.tap_tiles + 1) + taps) * beats + beat)
        for filters, _, taps, _ in tiles(step)
        for beat in range(beats)
    ]


@pytest.mark.parametrize("density", [0.1, 0.5, 1.0])
@pytest.mark.parametrize("weight_rows", [1, 2, 5])
def test_words_in_order_and_at_most_one_tile_ahead(weight_rows: int, density: float) -> None:
    mapped, dimensions, step = pooled_convolution(0, 5, 4, weight_rows=weight_rows, accumulators=8)
    beats = mapped.array.bank_rows
    loader = WeightLoader(dimensions)
    seen: list[tuple[int, int]] = []
    rng = np.random.default_rng(1)
    count = len(tiles(step))

    async def drive(ctx: Any) -> None:
        set_layer(ctx, loader.layer, dimensions, step)
        await pulse(ctx, loader.begin)
        taken = 0
        while taken < count or not ctx.get(loader.idle):
            take = ctx.get(loader.tile.ready) and rng.random() < density
            ctx.set(loader.tile.taken, bool(take))
            if ctx.get(loader.load.valid):
                word = ctx.get(loader.load.payload)
                seen.append((word.beat, word.address))
            taken += bool(take)
            # A word of tile n + 1 is issued in the cycle in which tile n begins, or later.
            assert (len(seen) - 1) // beats <= taken
            await ctx.tick()
        assert taken == count

    simulate(loader, drive)
    assert seen == ref_words(step, beats)


def test_one_tile_a_cycle() -> None:
    _, dimensions, step = pooled_convolution(0, 4, 4, weight_rows=4, accumulators=8)
    loader = WeightLoader(dimensions)
    count = len(tiles(step))
    valid = []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, loader.layer, dimensions, step)
        await pulse(ctx, loader.begin)
        for _ in range(count):
            ctx.set(loader.tile.taken, ctx.get(loader.tile.ready))
            valid.append(ctx.get(loader.load.valid))
            await ctx.tick()
        ctx.set(loader.tile.taken, 0)
        assert ctx.get(loader.idle)

    simulate(loader, drive)
    assert valid == [1] * count


def test_a_stream_has_no_weights() -> None:
    _, dimensions, step = clamp_stream()
    loader = WeightLoader(dimensions)

    async def drive(ctx: Any) -> None:
        set_layer(ctx, loader.layer, dimensions, step)
        await pulse(ctx, loader.begin)
        for _ in range(5):
            assert ctx.get(loader.idle)
            assert not ctx.get(loader.load.valid)
            await ctx.tick()

    simulate(loader, drive)


def test_latency() -> None:
    _, dimensions, step = pooled_convolution(0, 5, 4, weight_rows=1, accumulators=8)
    loader = WeightLoader(dimensions)
    measured = []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, loader.layer, dimensions, step)
        ctx.set(loader.begin, 1)
        assert not ctx.get(loader.load.valid)
        await ctx.tick()
        ctx.set(loader.begin, 0)
        measured.append(1 + await cycles_until(ctx, loader.load.valid))
        measured.append(await cycles_until(ctx, loader.tile.ready))

    simulate(loader, drive)
    assert measured == [WeightLoader.LATENCY, WeightLoader.READY_LATENCY]
    # A tile that begins as soon as it may swaps weights in that have been loaded.
    assert WeightLoader.READY_LATENCY >= ProcessingElement.LOAD_LATENCY
