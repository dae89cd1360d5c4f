"""The edge of the array: each row's activations against an im2col of the padded input."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import select_fields
from hawx_hw.architectures.systolic.gateware.input_walk import InputWalk
from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.architectures.systolic.gateware.row_feeder import RowFeeder
from hawx_hw.architectures.systolic.shape import ArrayShape
from hawx_hw.gateware.layout import TensorLayout
from hawx_hw.gateware.simulation import simulate
from tests.architectures.common.layers import convolution
from tests.architectures.systolic.gateware.parts import planned, set_layer

ROWS = 5
LATENCY = RowFeeder.LATENCY


class Edge(wiring.Component):
    """An input walk and a chain of rows, which serve one tile of taps."""

    def __init__(self, dimensions: Any):
        self.dimensions = dimensions
        self.walk = InputWalk(dimensions)
        self.rows = [RowFeeder(dimensions) for _ in range(ROWS)]
        super().__init__({"layer": In(dimensions.descriptor), "advance": In(1), "first": Out(1)})

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        m.submodules.walk = self.walk
        m.d.comb += [self.walk.layer.eq(self.layer), self.walk.advance.eq(self.advance)]
        fetch = None
        for number, row in enumerate(self.rows):
            m.submodules[f"row_{number}"] = row
            if fetch is None:
                m.d.comb += [
                    row.fetch.valid.eq(self.advance),
                    row.fetch.payload.first.eq(self.first),
                    row.fetch.payload.position.eq(self.walk.position),
                ]
            else:
                wiring.connect(m, fetch, row.fetch)
            fetch = row.fetch_out
            m.d.comb += row.layer.eq(select_fields(self.layer, self.dimensions.input_fields))
        return m


@pytest.mark.parametrize(
    ("shape", "kernel", "stride", "padding", "columns"),
    [
        ((1, 5, 6), (3, 3), (1, 1), (1, 1, 1, 1), 1),
        (
            (4, 5, 4),
            (1, 1),
            (1, 2),
            (0, 0, 0, 0),
            8,
        ),  # the kernel has fewer taps than there are rows
        ((3, 6, 5), (2, 1), (1, 1), (1, 0, 0, 0), 8),
    ],
)
def test_rows_fetch_their_taps(shape, kernel, stride, padding, columns) -> None:
    rng = np.random.default_rng(1)
    graph = convolution(rng, shape, 2, kernel, stride=stride, padding=padding)
    mapped, dimensions = planned(graph, ArrayShape.complete(ROWS, columns))
    image = rng.integers(-128, 128, shape).astype(np.int8)
    word_codes = mapped.array.requantizers
    words = TensorLayout(shape, word_codes).words_of(image.transpose(1, 2, 0).tobytes())

    top, left, bottom, right = padding
    padded = np.pad(image, ((0, 0), (top, bottom), (left, right)), constant_values=-7)
    windows = np.lib.stride_tricks.sliding_window_view(padded, kernel, axis=(1, 2))
    windows = windows[:, :: stride[0], :: stride[1]]
    pixels = windows.shape[1] * windows.shape[2]
    taps = windows.transpose(0, 3, 4, 1, 2).reshape(-1, pixels)
    expected = np.zeros((ROWS, pixels), dtype=np.int64)  # a row without a tap multiplies by zero
    expected[: len(taps)] = taps[:ROWS]

    edge = Edge(dimensions)
    # What is multiplied anew: the first pixel, with its new weight, and whatever differs from the
    # one before.
    changes = np.diff(expected, axis=1, prepend=999) != 0
    multiplies, adds = [], []
    seen = np.full((ROWS, pixels), 999)
    swaps = []

    async def drive(ctx: Any) -> None:
        set_layer(ctx, edge.layer, dimensions, mapped.steps[0])
        ctx.set(edge.walk.restart, 1)
        await ctx.tick()
        ctx.set(edge.walk.restart, 0)
        for pixel in range(pixels):
            ctx.set(edge.advance, 1)
            ctx.set(edge.first, pixel == 0)
            await ctx.tick()
        ctx.set(edge.advance, 0)

    async def memories(ctx: Any) -> None:
        while True:
            ports = [
                port
                for row in edge.rows
                for port in (
                    row.taps.enable,
                    row.taps.address,
                    row.read.enable,
                    row.read.address,
                )
            ]
            values = (await ctx.tick().sample(*ports))[-len(ports) :]
            for number, (row, entries) in enumerate(zip(edge.rows, mapped.taps, strict=True)):
                tap_enable, tap_address, enable, address = values[4 * number : 4 * number + 4]
                if tap_enable:
                    word = mapped.tap_format.pack(entries[tap_address])
                    ctx.set(row.taps.data.as_value(), word)
                if enable:
                    assert address < len(words), "reads outside the image"
                    ctx.set(row.read.data.as_value(), words[address])

    async def watch(ctx: Any) -> None:
        # The first pixel is issued in cycle 1, after the restart.
        for cycle in range(1, 2 + pixels + ROWS + RowFeeder.ADD_LATENCY):
            await ctx.tick()
            for number, row in enumerate(edge.rows):
                pixel = cycle - 1 - LATENCY - number
                if 0 <= pixel < pixels:
                    seen[number, pixel] = ctx.get(row.activation)
                if ctx.get(row.swap):
                    swaps.append((number, cycle))
                if ctx.get(row.multiply):
                    multiplies.append((number, pixel))
                if ctx.get(row.add):
                    adds.append((number, cycle - 1 - RowFeeder.ADD_LATENCY - number))

    simulate(edge, drive, watch, background=(memories,))
    np.testing.assert_array_equal(seen, expected)
    # Each row swaps once; the first pixel is issued in cycle 1, and ``swaps`` counts from the next.
    swap = RowFeeder.SWAP_LATENCY
    assert swaps == [(number, 1 + swap + number) for number in range(ROWS)]
    assert sorted(multiplies) == [tuple(pair) for pair in np.argwhere(changes).tolist()]
    assert sorted(adds) == list(np.ndindex(ROWS, pixels))
    assert 0 < np.count_nonzero(changes) < changes.size


def test_latency() -> None:
    """One pixel of a single tap, and the cycles in which its traces appear."""
    graph = convolution(np.random.default_rng(1), (1, 5, 6), 2, (1, 1))
    mapped, dimensions = planned(graph, ArrayShape.complete(2, 2))
    row = RowFeeder(dimensions)
    step, tap = mapped.steps[0], mapped.taps[0][0]
    assert tap.live
    at: dict[str, int] = {}

    async def drive(ctx: Any) -> None:
        ctx.set(row.layer.width, step.width)
        ctx.set(row.layer.height, step.height)
        ctx.set(row.taps.data.as_value(), mapped.tap_format.pack(tap))
        ctx.set(row.read.data.as_value(), 0x5555)
        ctx.set(row.fetch.payload.first, 1)
        ctx.set(row.fetch.valid, 1)
        assert ctx.get(row.taps.enable)
        for cycle in range(1, 8):
            await ctx.tick()
            ctx.set(row.fetch.valid, 0)
            seen = {
                "fetch_out": ctx.get(row.fetch_out.valid),
                "read": ctx.get(row.read.enable),
                "swap": ctx.get(row.swap),
                "activation": ctx.get(row.activation) == 0x55,
                "multiply": ctx.get(row.multiply),
                "add": ctx.get(row.add),
            }
            for name, value in seen.items():
                if value:
                    at.setdefault(name, cycle)

    simulate(row, drive)
    assert at == {
        "fetch_out": RowFeeder.FETCH_LATENCY,
        "read": RowFeeder.READ_LATENCY,
        "swap": RowFeeder.SWAP_LATENCY,
        "activation": RowFeeder.LATENCY,
        "multiply": RowFeeder.LATENCY,
        "add": RowFeeder.ADD_LATENCY,
    }
    # The first activation of a tile meets the weight that is swapped in for it, and the pixel
    # reaches each row when the sums from the row above do.
    assert RowFeeder.LATENCY == RowFeeder.SWAP_LATENCY + ProcessingElement.SWAP_LATENCY
    assert RowFeeder.FETCH_LATENCY == ProcessingElement.SUM_LATENCY
