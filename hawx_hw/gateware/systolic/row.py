"""The edge of the array: one row fetches the activations of its taps."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from .dimensions import CODE, Dimensions

__all__ = ["RowFeeder"]


class RowFeeder(wiring.Component):
    """Turns output pixels into the activations that one row of PEs multiplies.

    Each cycle brings one output pixel with the tap that this row serves, and hands the pixel to the
    next row with the next tap. A row reads its own copy of the activation memory. Where the kernel
    hangs over the edge of the input, the activation is ``pad_code``; where the kernel has no such
    tap, it is 0.

    **Latency**: ``fetch_out`` follows ``fetch`` by one cycle, ``read_enable`` by two, ``swap`` by
    three,
    ``activation`` by four. ``activation`` holds its value while nothing is fetched.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    fetch, fetch_out : In, Out(Dimensions.fetch)
    width, height, kernel_columns, kernel_rows, taps, plane, pad_code : In
        Of the layer (see :class:`~hawx_hw.mapping.steps.Step`); they hold still while pixels are
        under way.
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
                "kernel_columns": In(d.field("kernel_columns")),
                "kernel_rows": In(d.field("kernel_rows")),
                "taps": In(d.field("taps")),
                "plane": In(d.field("plane")),
                "pad_code": In(CODE),
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
        lanes = self._dimensions.architecture.lanes

        # Stage 0: the pixel with this row's tap.
        here = Signal(self._dimensions.fetch)
        m.d.sync += here.eq(self.fetch)
        tap, position = here.tap, here.position

        m.d.comb += self.fetch_out.eq(here)
        self._advance(m, tap, self.fetch_out.tap)

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
                self.read_address.eq(
                    position.offset + tap.column + tap.row_offset + tap.block_offset
                ),
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
        m.d.comb += self.swap.eq(word_valid & word_first)

        # Stage 3: the activation.
        code = Signal(CODE)
        m.d.comb += code.eq(self.read_data[word_lane] if lanes > 1 else self.read_data[0])
        with m.If(word_valid):
            m.d.sync += self.activation.eq(
                Mux(word_read, code, Mux(self.padding, self.pad_code, 0))
            )
        return m

    def _advance(self, m: Module, tap: Any, following: Any) -> None:
        """The next tap: column, then row, then channel (a lane of a block)."""
        column_ends = tap.column == self.kernel_columns
        row_ends = tap.row == self.kernel_rows
        lane_ends = tap.lane == self._dimensions.architecture.lanes - 1
        m.d.comb += [
            following.number.eq(tap.number + 1),
            following.live.eq(tap.live & (tap.number != self.taps)),
            following.column.eq(Mux(column_ends, 0, tap.column + 1)),
        ]
        with m.If(column_ends):
            with m.If(row_ends):
                m.d.comb += [following.row.eq(0), following.row_offset.eq(0)]
                with m.If(lane_ends):
                    m.d.comb += [
                        following.lane.eq(0),
                        following.block_offset.eq(tap.block_offset + self.plane),
                    ]
                with m.Else():
                    m.d.comb += following.lane.eq(tap.lane + 1)
            with m.Else():
                m.d.comb += [
                    following.row.eq(tap.row + 1),
                    following.row_offset.eq(tap.row_offset + self.width),
                ]
