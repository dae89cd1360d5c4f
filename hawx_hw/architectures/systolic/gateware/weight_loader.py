"""Loads each tile's weights behind the tile before."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions

__all__ = ["WeightLoader"]


class WeightLoader(wiring.Component):
    """Issues the words of the weight banks, tile after tile, at most one tile ahead.

    **Latency**: a layer's first word is issued :attr:`LATENCY` after ``begin`` at the earliest;
    ``tile.ready`` follows a tile's first word by :attr:`READY_LATENCY`. That is early enough: words
    and pixels move down the rows at the same pace, so a row's weight always arrives before its
    first pixel.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    begin : In(1)
        Starts a layer, while idle.
    layer : In(Dimensions.descriptor)
        Read in the cycle of ``begin`` only.
    idle : Out(1)
        All words of the layer have been issued.
    tile : Out(Dimensions.tile_weights)
        ``ready``: the next tile may begin; ``taken``, only while ``ready``: it begins in this
        cycle.
    load : Out(Dimensions.load)
    """

    #: Cycles from ``begin`` to the layer's first word, if nothing else keeps it waiting.
    LATENCY = 1
    #: Cycles from a tile's first word to its ``tile.ready``.
    READY_LATENCY = 1

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "begin": In(1),
                "layer": In(d.descriptor),
                "idle": Out(1, init=1),
                "tile": Out(d.tile_weights),
                "load": Out(d.load),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, load, tile = self._dimensions, self.load, self.tile
        last_beat = d.array.bank_rows - 1

        tap_tiles = Signal(d.field("tap_tiles"))
        output_tiles = Signal(d.field("output_tiles"))
        filter_tiles = Signal(d.field("filter_tiles"))
        tap_tile = Signal.like(tap_tiles)
        output_tile = Signal.like(output_tiles)
        filter_tile = Signal.like(filter_tiles)
        address = Signal(load.payload.address.shape())
        tile_begin = Signal.like(address)
        beat = Signal(load.payload.beat.shape())

        m.d.comb += [
            load.valid.eq(~self.idle & ((beat != 0) | ~tile.ready | tile.taken)),
            load.payload.beat.eq(beat),
            load.payload.address.eq(address),
        ]
        with m.If(tile.taken):
            m.d.sync += tile.ready.eq(0)
        with m.If(load.valid):
            with m.If(beat == 0):
                m.d.sync += tile.ready.eq(1)
            m.d.sync += [
                beat.eq(Mux(beat == last_beat, 0, beat + 1)),
                address.eq(address + 1),
            ]
            with m.If(beat == last_beat):
                m.d.sync += tap_tile.eq(Mux(tap_tile == tap_tiles, 0, tap_tile + 1))
                with m.If(tap_tile == tap_tiles):
                    # The same filters again for the next output tile, or the next filters.
                    m.d.sync += [
                        output_tile.eq(Mux(output_tile == output_tiles, 0, output_tile + 1)),
                        address.eq(Mux(output_tile == output_tiles, address + 1, tile_begin)),
                    ]
                    with m.If(output_tile == output_tiles):
                        m.d.sync += [
                            tile_begin.eq(address + 1),
                            filter_tile.eq(filter_tile + 1),
                        ]
                        with m.If(filter_tile == filter_tiles):
                            m.d.sync += self.idle.eq(1)
        with m.If(self.begin):
            m.d.sync += [
                self.idle.eq(self.layer.stream),
                load.payload.select.eq(self.layer.select),
                tap_tiles.eq(self.layer.tap_tiles),
                output_tiles.eq(self.layer.output_tiles),
                filter_tiles.eq(self.layer.filter_tiles),
                filter_tile.eq(0),
                address.eq(self.layer.weights),
                tile_begin.eq(self.layer.weights),
            ]
        return m
