"""Walks through a tensor byte by byte, in the order of a packet."""

from __future__ import annotations

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.layout import TensorLayout, index_width

__all__ = ["TensorWalker"]


class TensorWalker(wiring.Component):
    """Word address and number in the word of each byte of a packet, one after the other.

    **Latency**: the outputs are the place of the present byte, and follow ``step`` and ``restart``
    by :attr:`LATENCY`. After the last byte the walk begins anew.

    Parameters
    ----------
    layout : TensorLayout

    Attributes
    ----------
    step : In(1)
        Go on to the next byte.
    restart : In(1)
        Go back to the first byte; wins over ``step``.
    address : Out
        Word that holds the byte.
    byte : Out
        Number of the byte in the word.
    last_of_word : Out(1)
        The byte is the last of its word; in a layout with channel positions of its own, every byte
        is.
    first_of_word : Out(1)
        The byte is the first of its word that the walk visits; likewise.
    last : Out(1)
        The byte is the last of the tensor.
    """

    #: Cycles from ``step`` to the place of the next byte.
    LATENCY = 1

    def __init__(self, layout: TensorLayout):
        self._layout = layout
        super().__init__(
            {
                "step": In(1),
                "restart": In(1),
                "address": Out(index_width(layout.words)),
                "byte": Out(index_width(layout.word_codes)),
                "first_of_word": Out(1),
                "last_of_word": Out(1),
                "last": Out(1),
            }
        )

    @property
    def layout(self) -> TensorLayout:
        """The tensor's layout."""
        return self._layout

    def elaborate(self, platform: object) -> Module:
        m = Module()
        if self._layout.pixels_per_word > 1:
            self._packed(m)
        elif self._layout.positions is None:
            self._natural(m)
        else:
            self._by_positions(m, self._layout.positions)
        return m

    def _packed(self, m: Module) -> None:
        """Count bytes of a word and of a line of pixels, and lines."""
        layout = self._layout
        line = Signal(index_width(layout.lines))
        in_line = Signal(index_width(layout.line_pixels * layout.channels))
        line_ends = Signal()
        m.d.comb += [
            line_ends.eq(in_line == layout.line_pixels * layout.channels - 1),
            self.first_of_word.eq(self.byte == 0),
            self.last_of_word.eq(
                line_ends | (self.byte == layout.pixels_per_word * layout.channels - 1)
            ),
            self.last.eq(line_ends & (line == layout.lines - 1)),
        ]
        with m.If(self.restart | (self.step & self.last)):
            m.d.sync += [line.eq(0), in_line.eq(0), self.byte.eq(0), self.address.eq(0)]
        with m.Elif(self.step):
            m.d.sync += [in_line.eq(in_line + 1), self.byte.eq(self.byte + 1)]
            with m.If(self.last_of_word):
                m.d.sync += [self.byte.eq(0), self.address.eq(self.address + 1)]
            with m.If(line_ends):
                m.d.sync += [in_line.eq(0), line.eq(line + 1)]

    def _by_positions(self, m: Module, positions: tuple[int, ...]) -> None:
        """Look the position of each channel up."""
        layout = self._layout
        pixel = Signal(index_width(layout.pixels))
        channel = Signal(index_width(layout.channels))
        plane = Signal(index_width(layout.planes), name="block")
        with m.Switch(channel):
            for number, position in enumerate(positions):
                with m.Case(number):
                    m.d.comb += [
                        plane.eq(position // layout.word_codes),
                        self.byte.eq(position % layout.word_codes),
                    ]
        last_channel = channel == layout.channels - 1
        last_pixel = pixel == layout.pixels - 1
        m.d.comb += [
            self.address.eq(pixel + plane * layout.pixels),
            self.first_of_word.eq(1),
            self.last_of_word.eq(1),
            self.last.eq(last_channel & last_pixel),
        ]
        with m.If(self.restart | (self.step & self.last)):
            m.d.sync += [pixel.eq(0), channel.eq(0)]
        with m.Elif(self.step):
            m.d.sync += channel.eq(Mux(last_channel, 0, channel + 1))
            with m.If(last_channel):
                m.d.sync += pixel.eq(pixel + 1)

    def _natural(self, m: Module) -> None:
        """Count bytes, planes and pixels."""
        layout = self._layout
        tail = layout.channels - (layout.planes - 1) * layout.word_codes
        pixel = Signal(index_width(layout.pixels))
        plane = Signal(index_width(layout.planes), name="block")
        last_plane = Signal(name="last_block")
        last_pixel = Signal()

        m.d.comb += [
            last_plane.eq(plane == layout.planes - 1),
            last_pixel.eq(pixel == layout.pixels - 1),
            self.first_of_word.eq(self.byte == 0),
            self.last.eq(self.last_of_word & last_plane & last_pixel),
        ]
        with m.If(last_plane):
            m.d.comb += self.last_of_word.eq(self.byte == tail - 1)
        with m.Else():
            m.d.comb += self.last_of_word.eq(self.byte == layout.word_codes - 1)

        with m.If(self.restart | (self.step & self.last)):
            m.d.sync += [pixel.eq(0), plane.eq(0), self.byte.eq(0), self.address.eq(0)]
        with m.Elif(self.step & ~self.last_of_word):
            m.d.sync += self.byte.eq(self.byte + 1)
        with m.Elif(self.step & last_plane):
            m.d.sync += [
                pixel.eq(pixel + 1),
                plane.eq(0),
                self.byte.eq(0),
                self.address.eq(pixel + 1),
            ]
        with m.Elif(self.step):
            m.d.sync += [
                plane.eq(plane + 1),
                self.byte.eq(0),
                self.address.eq(self.address + layout.pixels),
            ]
