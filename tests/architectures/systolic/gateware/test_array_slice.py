"""A slice of the array against a matrix product, and its timing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from hawx_hw.architectures.systolic.gateware.array_slice import ArraySlice
from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.architectures.systolic.gateware.slice_blocks import slice_blocks
from hawx_hw.gateware.simulation import simulate
from tests.architectures.systolic.gateware.parts import pooled_convolution, pulse

ROWS, COLUMNS = 3, 4


def small_slice() -> ArraySlice:
    mapped, dimensions, _ = pooled_convolution(0, ROWS, COLUMNS, weight_rows=ROWS, accumulators=8)
    return ArraySlice(dimensions, slice_blocks(mapped)[0])


def rtl_sums(part: ArraySlice, weights: np.ndarray, codes: np.ndarray) -> np.ndarray:
    """The sums of ``(tile, pixel, row)`` codes times ``(tile, row, column)`` weights, by pixel."""
    tiles, pixels, _ = codes.shape
    array = part.dimensions.array
    issues = [(tile, pixel) for tile in range(tiles) for pixel in range(pixels)]
    swap_ahead = ProcessingElement.SWAP_LATENCY
    load_ahead = swap_ahead + ProcessingElement.LOAD_LATENCY
    lead = ArraySlice.sum_latency(array) - ArraySlice.ACCUMULATE_LEAD
    sums = np.zeros((pixels, COLUMNS), dtype=np.int64)

    def issue(at: int) -> tuple[int, int] | None:
        return issues[at] if 0 <= at < len(issues) else None

    async def drive(ctx: Any) -> None:
        west, out = part.west, part.sums
        for cycle in range(load_ahead + len(issues) + lead + ArraySlice.STORE_LATENCY):
            now = cycle - load_ahead
            swap = load = add = multiply = 0
            for row in range(ROWS):
                at = now - row * ProcessingElement.SUM_LATENCY
                if (pixel := issue(at)) is not None:
                    ctx.set(west.activations[row], int(codes[(*pixel, row)]))
                    multiply |= 1 << row
                if issue(at - ProcessingElement.PRODUCT_LATENCY) is not None:
                    add |= 1 << row
                if (first := issue(at + swap_ahead)) is not None and first[1] == 0:
                    swap |= 1 << row
                if (first := issue(at + load_ahead)) is not None and first[1] == 0:
                    load |= 1 << row
                    for column in range(COLUMNS):
                        ctx.set(part.weights[row][column], int(weights[first[0], row, column]))
            ctx.set(west.swap, swap)
            ctx.set(west.multiply, multiply)
            ctx.set(west.add, add)
            ctx.set(part.load, load)
            pixel = issue(now - lead)
            ctx.set(west.accumulate.valid, pixel is not None)
            if pixel is not None:
                ctx.set(west.accumulate.payload.index, pixel[1])
                ctx.set(west.accumulate.payload.first_tile, pixel[0] == 0)
                ctx.set(west.accumulate.payload.bank, 1)
            await ctx.tick()
        for pixel in range(pixels):
            ctx.set(out.enable, 1)
            ctx.set(out.bank, 1)
            ctx.set(out.index, pixel)
            for _ in range(ArraySlice.READ_LATENCY):
                await ctx.tick()
                ctx.set(out.enable, 0)
            sums[pixel] = [ctx.get(out.data[column]) for column in range(COLUMNS)]

    simulate(part, drive)
    return sums


@pytest.mark.parametrize("pixels", [1, 2, 4])
def test_products_are_accumulated(pixels: int) -> None:
    """Three tiles, pixel after pixel; a single pixel follows itself at once.

    The sums come out right only at the declared latencies, for the stimulus is laid out by them.
    """
    part = small_slice()
    rng = np.random.default_rng(pixels)
    weights = rng.integers(-127, 128, (3, ROWS, COLUMNS))
    codes = rng.integers(-128, 128, (3, pixels, ROWS))
    expected = np.einsum("tpr,trc->pc", codes, weights)
    np.testing.assert_array_equal(rtl_sums(part, weights, codes), expected)


def test_the_next_slice_gets_everything_later() -> None:
    """Activations only where they are multiplied anew."""
    part = small_slice()
    rng = np.random.default_rng(3)
    sent, received = [], []
    codes = [0] * ROWS

    async def drive(ctx: Any) -> None:
        for _ in range(40):
            multiply = int(rng.integers(2**ROWS))
            for row in range(ROWS):
                code = int(rng.integers(-128, 128))
                ctx.set(part.west.activations[row], code)
                if multiply >> row & 1:
                    codes[row] = code
            ctx.set(part.west.multiply, multiply)
            for signal in others(part.west):
                ctx.set(signal, int(rng.integers(2 ** len(signal))))
            sent.append((*codes, multiply, *(ctx.get(signal) for signal in others(part.west))))
            east = part.east
            received.append((
                *(ctx.get(east.activations[row]) for row in range(ROWS)),
                ctx.get(east.multiply),
                *(ctx.get(signal) for signal in others(east)),
            ))  # fmt: skip
            await ctx.tick()

    def others(edge: Any) -> tuple[Any, ...]:
        flow = edge.accumulate
        return edge.add, edge.swap, flow.valid, flow.payload.as_value()

    simulate(part, drive)
    assert received[ArraySlice.LATENCY :] == sent[: -ArraySlice.LATENCY]


def test_latency() -> None:
    """One activation of row 0 changes the sums ``sum_latency`` later, and is stored then."""
    part = small_slice()
    array = part.dimensions.array
    request = part.west.accumulate
    measured = []

    async def drive(ctx: Any) -> None:
        for column in range(COLUMNS):
            ctx.set(part.weights[0][column], 1)
        await pulse(ctx, part.load)
        await pulse(ctx, part.west.swap)
        ctx.set(request.payload.first_tile, 1)
        ctx.set(part.west.multiply, 2**ROWS - 1)
        ctx.set(part.west.add, 2**ROWS - 1)
        # The activation stands for one cycle; a pixel is announced in another one, each time.
        for announced in range(8):
            for cycle in range(12):
                ctx.set(part.west.activations[0], 5 if cycle == 0 else 0)
                ctx.set(request.valid, cycle == announced)
                await ctx.tick()
            await pulse(ctx, part.sums.enable)
            if ctx.get(part.sums.data[0]):
                measured.append(announced + ArraySlice.ACCUMULATE_LEAD)

    simulate(part, drive)
    assert measured == [ArraySlice.sum_latency(array)]


def test_stored_and_read_latency() -> None:
    part = small_slice()
    request, out = part.west.accumulate, part.sums
    stored = []

    async def drive(ctx: Any) -> None:
        # Row 0 holds the weight 1 and its activation 7: every sum is 7 from some cycle on.
        ctx.set(part.weights[0][0], 1)
        await pulse(ctx, part.load)
        await pulse(ctx, part.west.swap)
        ctx.set(part.west.activations[0], 7)
        ctx.set(part.west.multiply, 2**ROWS - 1)
        ctx.set(part.west.add, 2**ROWS - 1)
        await ctx.tick().repeat(8)
        ctx.set(request.payload.first_tile, 1)
        ctx.set(request.valid, 1)
        ctx.set(request.payload.index, 2)
        ctx.set(out.index, 2)
        ctx.set(out.enable, 1)
        for cycle in range(6):
            await ctx.tick()
            ctx.set(request.valid, 0)
            # The read of the cycle before is answered now.
            if ctx.get(out.data[0]) == 7:
                stored.append(cycle + 1 - ArraySlice.READ_LATENCY)

    simulate(part, drive)
    assert stored[0] == ArraySlice.STORE_LATENCY


def test_stored_sums_arrive_with_the_request_for_them() -> None:
    assert ArraySlice.LATENCY == ArraySlice.ACCUMULATE_LEAD
