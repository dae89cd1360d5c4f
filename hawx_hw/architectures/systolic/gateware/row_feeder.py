"""The edge of the array: one row fetches the activations of its taps."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import CODE, Dimensions

__all__ = ["RowFeeder"]


class RowFeeder(wiring.Component):
    """Turns output pixels into the activations that one row of PEs multiplies.

    Each cycle brings one output pixel of one tile and hands it on to the next row. Which tap of the
    kernel this row serves in the tile stands in its own list; the row reads its own copy of the
    activation memory. Where the kernel hangs over the edge of the input, the activation is
    ``pad_code``; where the row has no tap, it is 0.

    **Latency**: ``fetch_out`` follows ``fetch`` by one cycle, ``read_enable`` by two, ``swap`` by
    three,
    ``activation`` by four. ``activation`` holds its value while nothing is fetched.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    fetch, fetch_out : In, Out(Dimensions.fetch)
    width, height, stream, pad_code : In
        Of the layer (see :class:`~hawx_hw.architectures.systolic.steps.Step`); they hold still
        while pixels are under way.
    tap_enable, tap_address, tap : Out, Out, In
        Of the list of taps; one cycle of latency; the data hold between reads.
    read_enable, read_address, read_data : Out, Out, In
        Of the copy of the activation memory; one cycle of latency.
    padding : Out(1)
        In the cycle of ``read_data``: the position lies outside the input.
    swap : Out(1)
        The activation of the next cycle is the first of a tile.
    activation : Out(signed(8))
    """

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "fetch": In(d.fetch),
                "fetch_out": Out(d.fetch),
                "width": In(d.field("width")),
                "height": In(d.field("height")),
                "stream": In(1),
                "pad_code": In(CODE),
                "tap_enable": Out(1),
                "tap_address": Out(d.fetch["tile"].shape),
                "tap": In(d.tap),
                "read_enable": Out(1),
                "read_address": Out(d.address),
                "read_data": In(d.word),
                "padding": Out(1),
                "swap": Out(1),
                "activation": Out(CODE),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        lanes = self._dimensions.array.requantizers

        # Stage 0: the pixel with this row's tap.
        here = Signal(self._dimensions.fetch)
        m.d.sync += here.eq(self.fetch)
        tap, position = self.tap, here.position
        m.d.comb += [
            self.fetch_out.eq(here),
            self.tap_enable.eq(self.fetch.valid & self.fetch.first),
            self.tap_address.eq(self.fetch.tile),
        ]

        x = Signal(position.x.shape())
        y = Signal(position.y.shape())
        inside = Signal()
        m.d.comb += [
            x.eq(position.x + tap.column),
            y.eq(position.y + tap.row),
            inside.eq((x >= 0) & (x < self.width) & (y >= 0) & (y < self.height)),
        ]

        # Stage 1: the address.
        lane = Signal(tap.lane.shape())
        valid, first, pad = Signal(), Signal(), Signal()
        m.d.sync += [
            valid.eq(here.valid),
            first.eq(here.first),
            self.read_enable.eq(here.valid & tap.live & inside),
            pad.eq(tap.live & ~inside),
        ]
        with m.If(here.valid):
            m.d.sync += [
                self.read_address.eq(position.offset + tap.offset),
                lane.eq(tap.lane),
            ]

        # Stage 2: the word.
        word_lane = Signal.like(lane)
        word_valid, word_first, word_read = Signal(), Signal(), Signal()
        m.d.sync += [
            word_valid.eq(valid),
            word_first.eq(first),
            word_read.eq(self.read_enable),
            self.padding.eq(pad),
            word_lane.eq(lane),
        ]
        m.d.comb += self.swap.eq(word_valid & word_first & ~self.stream)

        # Stage 3: the activation.
        code = Signal(CODE)
        m.d.comb += code.eq(self.read_data[word_lane] if lanes > 1 else self.read_data[0])
        with m.If(word_valid):
            m.d.sync += self.activation.eq(
                Mux(word_read, code, Mux(self.padding, self.pad_code, 0))
            )
        return m
