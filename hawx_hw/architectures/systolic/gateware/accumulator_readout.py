"""Takes finished sums out of the accumulators, while the array fills the other set."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.gateware.layout import index_width

__all__ = ["AccumulatorReadout"]


class AccumulatorReadout(wiring.Component):
    """Walks over the output tiles of a layer as the array finishes them.

    An output tile is read group by group (as many columns as there are requantizers), each group
    pixel by pixel.

    **Latency**: one pixel of one group is read a cycle; the first of an output tile
    :attr:`LATENCY` after ``filled`` at the earliest. Its accumulators are free
    :attr:`FREE_LATENCY` after the last one.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    running : In(Dimensions.running)
        ``begin`` starts a layer (also one that streams; nothing is read then), which holds still
        until its last store.
    filled : In(1)
        The sums of the output tile after the last one announced are complete from the next cycle
        on.
    accumulators : In(Dimensions.accumulator_set)
        ``free``: the set is neither being filled nor being read; ``taken``: it is in use from now
        on.
    read_enable, bank, index, group : Out
        Which sums are read in this cycle.
    constants_enable, constants_address : Out
        Read of the requantization memory in this cycle.
    element : Out(Dimensions.element)
        What is read in this cycle.
    """

    #: Cycles from ``filled`` to the first read of the output tile, if none is being read.
    LATENCY = 1
    #: Cycles from an output tile's last read until its accumulators are free.
    FREE_LATENCY = 1

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "running": In(d.running),
                "filled": In(1),
                "accumulators": In(d.accumulator_set),
                "read_enable": Out(1),
                "bank": Out(1),
                "index": Out(index_width(d.accumulators)),
                "group": Out(index_width(d.array.groups)),
                "constants_enable": Out(1),
                "constants_address": Out(index_width(d.requantization_words)),
                "element": Out(d.element),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        d, layer, element = self._dimensions, self.running.layer, self.element
        accumulators = self.accumulators
        address = d.destination

        free = Signal(2, init=0b11)  # one bit a set of accumulators
        pending = Signal(2)  # output tiles that are complete and not yet read to the end
        output_tile = Signal(d.field("output_tiles"))
        filter_tile = Signal(d.field("filter_tiles"))
        within = Signal(d.field("window"))  # element of the window
        # Where the present window, group, output tile and filter tile begin in the destination.
        window_at, group_at, output_tile_at, tile_at = (
            Signal(address, name=name)
            for name in ("window_at", "group_at", "output_tile_at", "tile_at")
        )
        constants_tile = Signal(self.constants_address.shape())

        last_output_tile = output_tile == layer.output_tiles
        last_tile = filter_tile == layer.filter_tiles
        window_ends, pixels_end, groups_end, reads_last = Signal(), Signal(), Signal(), Signal()
        m.d.comb += [
            window_ends.eq(within == layer.window),
            pixels_end.eq(
                self.index
                == Mux(last_output_tile, layer.last_output_tile_pixels, layer.output_tile_pixels)
            ),
            groups_end.eq(self.group == Mux(last_tile, layer.last_groups, d.array.groups - 1)),
            reads_last.eq(self.read_enable & pixels_end & groups_end),
            accumulators.free.eq(free.bit_select(accumulators.bank, 1)),
            self.read_enable.eq(pending != 0),
            self.constants_enable.eq(self.read_enable & (self.index == 0)),
            self.constants_address.eq(constants_tile + self.group),
            element.valid.eq(self.read_enable),
            element.payload.window_first.eq(within == 0),
            element.payload.window_last.eq(window_ends),
            element.payload.end.eq(reads_last & last_output_tile & last_tile),
            element.payload.address.eq(window_at),
        ]
        m.d.sync += pending.eq(pending + self.filled - reads_last)

        with m.If(accumulators.taken):
            m.d.sync += free.bit_select(accumulators.bank, 1).eq(0)
        with m.If(self.read_enable):
            m.d.sync += [
                self.index.eq(Mux(pixels_end, 0, self.index + 1)),
                within.eq(Mux(window_ends, 0, within + 1)),
            ]
            with m.If(window_ends):
                m.d.sync += window_at.eq(window_at + 1)
            with m.If(pixels_end):
                following = group_at + layer.destination_plane
                m.d.sync += [
                    self.group.eq(Mux(groups_end, 0, self.group + 1)),
                    group_at.eq(following),
                    window_at.eq(following),
                ]
        with m.If(reads_last):
            m.d.sync += [
                free.bit_select(self.bank, 1).eq(1),
                self.bank.eq(~self.bank),
                output_tile.eq(Mux(last_output_tile, 0, output_tile + 1)),
            ]
            following = Signal(address)
            with m.If(last_output_tile):
                m.d.comb += following.eq(tile_at + layer.destination_tile)
                m.d.sync += [
                    filter_tile.eq(filter_tile + 1),
                    tile_at.eq(following),
                    constants_tile.eq(constants_tile + d.array.groups),
                ]
            with m.Else():
                m.d.comb += following.eq(output_tile_at + layer.destination_output_tile)
            m.d.sync += [
                output_tile_at.eq(following),
                group_at.eq(following),
                window_at.eq(following),
            ]
        with m.If(self.running.begin):
            m.d.sync += [
                filter_tile.eq(0),
                constants_tile.eq(layer.requantization),
                *(s.eq(layer.destination) for s in (window_at, group_at, output_tile_at, tile_at)),
            ]
        return m
