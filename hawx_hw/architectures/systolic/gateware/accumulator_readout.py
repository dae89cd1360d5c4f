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

    An output tile is read slice by slice, each slice pixel by pixel. The sums of a pixel in a slice
    are read once, and handed on group by group (as many columns as there are requantizers), while
    the memory's output holds.

    **Latency**: one group of one pixel is handed on a cycle; the first of an output tile
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
    read_enable : Out(1)
        The sums of a pixel are read from a slice in this cycle.
    bank, index, slice : Out
        Which ones; they hold while the groups of the pixel are handed on.
    element : Out(Dimensions.element)
        The group of this cycle: of the sums that are read in this cycle, or were read before.
    """

    #: Cycles from ``filled`` to the first read of the output tile, if none is being read.
    LATENCY = 1
    #: Cycles from an output tile's last group until its accumulators are free.
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
                "slice": Out(index_width(d.array.slices)),
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
        accumulators, here = self.accumulators, self.element.payload
        in_slice = d.array.slice_groups

        free = Signal(2, init=0b11)  # one bit a set of accumulators
        pending = Signal(2)  # output tiles that are complete and not yet read to the end
        output_tile = Signal(d.field("output_tiles"))
        filter_tile = Signal(d.field("filter_tiles"))
        within = Signal(d.field("window"))  # element of the window
        first_window = Signal(init=1)  # of the slice
        group = Signal(index_width(d.array.groups))  # of all slices
        number = Signal(d.slice_group)  # the same within its slice
        # Where the present word is stored, and where the present window, output tile and filter
        # tile begin in the destination.
        address, window_at, output_tile_at, tile_at = (
            Signal(d.destination, name=name)
            for name in ("address", "window_at", "output_tile_at", "tile_at")
        )
        constants_tile = Signal(here.constants.shape())
        # The first group of the present slice, and where the next slice begins.
        slice_group = Signal.like(group)
        next_slice_at = Signal.like(address)

        last_output_tile = output_tile == layer.output_tiles
        last_tile = filter_tile == layer.filter_tiles
        active = Signal()
        window_ends = Signal()
        pixels_end = Signal()
        pixel_ends = Signal()
        last_group = Signal()
        slice_ends = Signal()
        reads_last = Signal()
        m.d.comb += [
            active.eq(pending != 0),
            window_ends.eq(within == layer.window),
            pixels_end.eq(
                self.index
                == Mux(last_output_tile, layer.last_output_tile_pixels, layer.output_tile_pixels)
            ),
            last_group.eq(group == Mux(last_tile, layer.last_groups, d.array.groups - 1)),
            pixel_ends.eq(last_group | (number == in_slice - 1)),
            slice_ends.eq(active & pixels_end & pixel_ends),
            reads_last.eq(slice_ends & last_group),
            accumulators.free.eq(free.bit_select(accumulators.bank, 1)),
            self.read_enable.eq(active & (number == 0)),
            element.valid.eq(active),
            here.window_first.eq(within == 0),
            here.window_last.eq(window_ends),
            here.end.eq(reads_last & last_output_tile & last_tile),
            here.address.eq(address),
            here.group.eq(number),
            # The constants of a slice's only group hold for all its windows.
            here.reads_constants.eq(window_ends & (first_window | (in_slice > 1))),
            here.constants.eq(constants_tile + group),
        ]
        m.d.sync += pending.eq(pending + self.filled - reads_last)

        with m.If(accumulators.taken):
            m.d.sync += free.bit_select(accumulators.bank, 1).eq(0)
        beyond = address + layer.destination_plane
        first_pixel = self.index == 0
        with m.If(active & ~pixel_ends):
            m.d.sync += [number.eq(number + 1), group.eq(group + 1), address.eq(beyond)]
        with m.If(active & pixel_ends):
            window = Mux(window_ends, window_at + 1, window_at)
            m.d.sync += [
                number.eq(0),
                group.eq(slice_group),
                address.eq(window),
                window_at.eq(window),
                self.index.eq(Mux(pixels_end, 0, self.index + 1)),
                within.eq(Mux(window_ends, 0, within + 1)),
                first_window.eq(pixels_end | (first_window & ~window_ends)),
            ]
            with m.If(first_pixel):
                m.d.sync += next_slice_at.eq(beyond)
        with m.If(slice_ends):
            following = Mux(first_pixel, beyond, next_slice_at)
            m.d.sync += [
                self.slice.eq(self.slice + 1),
                slice_group.eq(group + 1),
                group.eq(group + 1),
                address.eq(following),
                window_at.eq(following),
            ]
        with m.If(reads_last):
            following = Signal(address.shape(), name="following")
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
                free.bit_select(self.bank, 1).eq(1),
                self.bank.eq(~self.bank),
                output_tile.eq(Mux(last_output_tile, 0, output_tile + 1)),
                self.slice.eq(0),
                slice_group.eq(0),
                group.eq(0),
                *(s.eq(following) for s in (address, window_at, output_tile_at)),
            ]
        with m.If(self.running.begin):
            m.d.sync += [
                filter_tile.eq(0),
                constants_tile.eq(layer.requantization),
                *(s.eq(layer.destination) for s in (address, window_at, output_tile_at, tile_at)),
            ]
        return m
