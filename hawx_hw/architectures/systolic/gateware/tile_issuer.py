"""Runs a layer through its tiles: one output pixel of one tile a cycle."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.input_walk import InputWalk
from hawx_hw.gateware.flows import FlowSignature
from hawx_hw.gateware.hierarchy import place

__all__ = ["TileIssuer"]


class TileIssuer(wiring.Component):
    """The loops over filter tiles, output tiles, tiles of taps, and the pixels of an output tile.

    A tile waits until its weights are loaded; the first tile of an output tile also waits until its
    accumulators are free. A layer that streams has no weights and no accumulators, and never waits.

    **Latency**: the first pixel is issued :attr:`LATENCY` after ``running.begin`` at the earliest.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    running : In(Dimensions.running)
        ``begin`` starts the layer, which holds still from then on.
    weights : In(Dimensions.tile_weights)
        Of the next tile; ``taken`` in the cycle in which it begins.
    accumulators : Out(Dimensions.accumulator_set)
        Of the present output tile; ``taken`` in the cycle in which its first pixel is issued.
    fetch : Out(Dimensions.fetch)
        To the first row; ``valid`` in the cycle of issue.
    accumulate : Out(Dimensions.accumulate)
    element : Out(FlowSignature({window_first, window_last, end}))
        Of a layer that streams.
    """

    #: Cycles from ``running.begin`` to the first pixel, if nothing keeps it waiting.
    LATENCY = 1

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "running": In(d.running),
                "weights": In(d.tile_weights),
                "accumulators": Out(d.accumulator_set),
                "fetch": Out(d.fetch),
                "accumulate": Out(d.accumulate),
                "element": Out(
                    FlowSignature(
                        data.StructLayout({"window_first": 1, "window_last": 1, "end": 1})
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
        d, layer = self._dimensions, self.running.layer
        weights, accumulators = self.weights, self.accumulators
        fetch, accumulate, element = self.fetch, self.accumulate, self.element
        walk = place(m, platform, "walk", "hawx_input_walk", lambda: InputWalk(d))
        m.d.comb += walk.layer.eq(layer)

        active = Signal()
        pixel = Signal(d.field("output_tile_pixels"))
        tap_tile = Signal(d.field("tap_tiles"))
        tile = Signal(fetch.payload.tile.shape())
        output_tile = Signal(d.field("output_tiles"))
        filter_tile = Signal(d.field("filter_tiles"))

        tile_begins = Signal()
        tile_ends = Signal()
        last_tap_tile = Signal()
        last_output_tile = Signal()
        last_filter_tile = Signal()
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

        may_begin = layer.stream | (weights.ready & ((tap_tile != 0) | accumulators.free))
        fire = Signal()
        m.d.comb += [
            fire.eq(active & (~tile_begins | may_begin)),
            weights.taken.eq(fire & tile_begins & ~layer.stream),
            accumulators.taken.eq(fire & tile_begins & (tap_tile == 0) & ~layer.stream),
            fetch.valid.eq(fire),
            fetch.payload.first.eq(tile_begins),
            fetch.payload.position.eq(walk.position),
            fetch.payload.tile.eq(tile),
            accumulate.valid.eq(fire & ~layer.stream),
            accumulate.payload.index.eq(pixel),
            accumulate.payload.bank.eq(accumulators.bank),
            accumulate.payload.first_tile.eq(tap_tile == 0),
            accumulate.payload.last.eq(tile_ends & last_tap_tile),
            element.valid.eq(fire & layer.stream),
            element.payload.window_first.eq(walk.window_first),
            element.payload.window_last.eq(walk.window_last),
            element.payload.end.eq(tile_ends & last_tap_tile),
        ]

        output_tile_ends = tile_ends & last_tap_tile
        m.d.comb += [
            walk.advance.eq(fire),
            walk.rewind.eq(tile_ends & ~last_tap_tile),
            walk.mark.eq(output_tile_ends),
            walk.restart.eq(self.running.begin | (fire & output_tile_ends & last_output_tile)),
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
                    accumulators.bank.eq(accumulators.bank ^ ~layer.stream),
                    output_tile.eq(Mux(last_output_tile, 0, output_tile + 1)),
                ]
                with m.If(last_output_tile):
                    m.d.sync += filter_tile.eq(Mux(last_filter_tile, 0, filter_tile + 1))
                    with m.If(last_filter_tile):
                        m.d.sync += active.eq(0)
        with m.If(self.running.begin):
            m.d.sync += [active.eq(1), tile.eq(layer.taps)]
        return m
