"""Runs a layer through its tiles: one output pixel of one tile a cycle."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.input_walk import InputWalk
from hawx_hw.gateware.hierarchy import place

__all__ = ["TileIssuer"]


class TileIssuer(wiring.Component):
    """The loops over filter tiles, output tiles, tiles of taps, and the pixels of an output tile.

    A tile waits until its weights are loaded; the first tile of an output tile also waits until its
    accumulators are free. A layer that streams has no weights and no accumulators, and never waits.

    **Latency**: the first pixel is issued in the cycle after ``begin`` at the earliest.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    layer : In(Dimensions.descriptor)
        Holds still from ``begin`` on.
    begin : In(1)
        Starts the layer.
    weights_ready : In(1)
        The next tile's weights are loaded.
    weights_taken : Out(1)
        The tile that begins in this cycle takes them.
    output_tile_begins : Out(1)
        An output tile's first pixel is issued: its accumulators are in use from now on.
    bank : Out(1)
        The accumulators of the present output tile.
    bank_free : In(1)
        Whether these are free.
    fetch : Out(Dimensions.fetch)
        To the first row; ``valid`` in the cycle of issue.
    accumulate : Out(Dimensions.accumulate)
    element : Out({valid, window_first, window_last, end})
        Of a layer that streams.
    """

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "layer": In(d.descriptor),
                "begin": In(1),
                "weights_ready": In(1),
                "weights_taken": Out(1),
                "output_tile_begins": Out(1),
                "bank": Out(1),
                "bank_free": In(1),
                "fetch": Out(d.fetch),
                "accumulate": Out(d.accumulate),
                "element": Out(
                    wiring.Signature(
                        {
                            "valid": Out(1),
                            "window_first": Out(1),
                            "window_last": Out(1),
                            "end": Out(1),
                        }
                    )
                ),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, layer = self._dimensions, self.layer
        walk = place(m, platform, "walk", "hawx_input_walk", lambda: InputWalk(d))
        m.d.comb += walk.layer.eq(layer)

        active = Signal()
        pixel = Signal(d.field("output_tile_pixels"))
        tap_tile = Signal(d.field("tap_tiles"))
        tile = Signal(self.fetch.tile.shape())
        output_tile = Signal(d.field("output_tiles"))
        filter_tile = Signal(d.field("filter_tiles"))

        tile_begins, tile_ends = Signal(), Signal()
        last_tap_tile, last_output_tile, last_filter_tile = Signal(), Signal(), Signal()
        m.d.comb += [
            last_tap_tile.eq(tap_tile == layer.tap_tiles),
            last_output_tile.eq(output_tile == layer.output_tiles),
            last_filter_tile.eq(filter_tile == layer.filter_tiles),
            tile_begins.eq(pixel == 0),
            tile_ends.eq(
                pixel
                == Mux(last_output_tile, layer.last_output_tile_pixels, layer.output_tile_pixels)
            ),
        ]

        may_begin = layer.stream | (self.weights_ready & ((tap_tile != 0) | self.bank_free))
        fire = Signal()
        m.d.comb += [
            fire.eq(active & (~tile_begins | may_begin)),
            self.weights_taken.eq(fire & tile_begins & ~layer.stream),
            self.output_tile_begins.eq(fire & tile_begins & (tap_tile == 0) & ~layer.stream),
            self.fetch.valid.eq(fire),
            self.fetch.first.eq(tile_begins),
            self.fetch.position.eq(walk.position),
            self.fetch.tile.eq(tile),
            self.accumulate.valid.eq(fire & ~layer.stream),
            self.accumulate.index.eq(pixel),
            self.accumulate.bank.eq(self.bank),
            self.accumulate.first_tile.eq(tap_tile == 0),
            self.accumulate.last.eq(tile_ends & last_tap_tile),
            self.element.valid.eq(fire & layer.stream),
            self.element.window_first.eq(walk.window_first),
            self.element.window_last.eq(walk.window_last),
            self.element.end.eq(tile_ends & last_tap_tile),
        ]

        output_tile_ends = tile_ends & last_tap_tile
        m.d.comb += [
            walk.advance.eq(fire),
            walk.rewind.eq(tile_ends & ~last_tap_tile),
            walk.mark.eq(output_tile_ends),
            walk.restart.eq(self.begin | (fire & output_tile_ends & last_output_tile)),
        ]
        with m.If(fire):
            m.d.sync += pixel.eq(Mux(tile_ends, 0, pixel + 1))
            with m.If(tile_ends):
                m.d.sync += [
                    tap_tile.eq(Mux(last_tap_tile, 0, tap_tile + 1)),
                    tile.eq(Mux(last_tap_tile, layer.taps, tile + 1)),
                ]
            with m.If(output_tile_ends):
                m.d.sync += [
                    self.bank.eq(self.bank ^ ~layer.stream),
                    output_tile.eq(Mux(last_output_tile, 0, output_tile + 1)),
                ]
                with m.If(last_output_tile):
                    m.d.sync += filter_tile.eq(Mux(last_filter_tile, 0, filter_tile + 1))
                    with m.If(last_filter_tile):
                        m.d.sync += active.eq(0)
        with m.If(self.begin):
            m.d.sync += [active.eq(1), tile.eq(layer.taps)]
        return m
