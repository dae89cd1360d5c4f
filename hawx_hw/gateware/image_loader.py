"""Gathers the bytes of an image packet into memory words."""

from __future__ import annotations

import enum
from typing import Any

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import TensorLayout, index_width
from hawx_hw.gateware.streams import packet_signature
from hawx_hw.gateware.tensor_walker import TensorWalker

__all__ = ["ImageLoader"]


class _State(enum.Enum):
    FILL = 0
    DISCARD = 1
    STORE = 2
    FULL = 3
    IN_USE = 4


class ImageLoader(wiring.Component):
    """Takes one image packet at a time and writes it into the core's input buffer.

    A packet of the wrong length never becomes an image: it is dropped, an error is pulsed, and the
    next packet is read from scratch. ``bytes_in.ready`` is low while a whole image waits or is in
    use.

    **Latency**: one byte a cycle while ``words.ready`` is high. A word is offered
    :attr:`WORD_LATENCY` after its last byte, and ``full`` rises :attr:`LATENCY` after the last byte
    of the image was accepted.

    Parameters
    ----------
    layout : TensorLayout
        Of the image.

    Attributes
    ----------
    bytes_in : In(stream of {data, last})
        Image packets in HWC order.
    words : Out(stream of {address, data})
        Memory words; bytes without a channel are zero.
    full : Out(1)
        A whole image lies in the buffer and waits.
    take : In(1)
        The waiting image is in use from now on. Only while ``full``.
    release : In(1)
        The image in use is needed no more.
    drop : In(1)
        Throw the waiting image away. Only while ``full``, and not with ``take``.
    flush : In(1)
        Throw away a waiting image, or what came of one so far; the next byte begins a packet. An
        image in use stays. Not together with ``take``.
    truncated, overlong : Out(1)
        Pulse: a packet ended too early, or had too many bytes.
    dropped : Out(1)
        Pulse: an image was lost, for whatever reason.
    """

    #: Cycles from a word's last byte to the offer of the word.
    WORD_LATENCY = 1
    #: Cycles from an image's last byte to ``full``, if its last word is taken at once.
    LATENCY = WORD_LATENCY + 1

    def __init__(self, layout: TensorLayout):
        self._layout = layout
        word = data.StructLayout(
            {
                "address": unsigned(index_width(layout.words)),
                "data": unsigned(8 * layout.word_codes),
            }
        )
        super().__init__(
            {
                "bytes_in": In(packet_signature()),
                "words": Out(stream.Signature(word)),
                "full": Out(1),
                "take": In(1),
                "release": In(1),
                "drop": In(1),
                "flush": In(1),
                "truncated": Out(1),
                "overlong": Out(1),
                "dropped": Out(1),
            }
        )

    @property
    def layout(self) -> TensorLayout:
        """The image's layout."""
        return self._layout

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        walker = place(
            m, platform, "walker", "hawx_image_walker", lambda: TensorWalker(self._layout)
        )
        word = self.words.payload
        accept = Signal()
        started = Signal()

        with m.If(self.words.ready):
            m.d.sync += self.words.valid.eq(0)

        state = Signal(_State)
        with m.Switch(state):
            with m.Case(_State.FILL):
                # A word in the register must leave in this very cycle for the next byte to enter.
                m.d.comb += [
                    self.bytes_in.ready.eq(~self.words.valid | self.words.ready),
                    accept.eq(self.bytes_in.valid & self.bytes_in.ready),
                    walker.step.eq(accept),
                ]
                with m.If(accept):
                    with m.If(walker.byte == 0):
                        m.d.sync += word.data.eq(self.bytes_in.p.data)
                    with m.Else():
                        m.d.sync += word.data.word_select(walker.byte, 8).eq(self.bytes_in.p.data)
                    m.d.sync += [
                        started.eq(1),
                        word.address.eq(walker.address),
                        self.words.valid.eq(walker.last_of_word),
                    ]
                    with m.If(walker.last & self.bytes_in.p.last):
                        m.d.sync += state.eq(_State.STORE)
                    with m.Elif(walker.last):
                        m.d.comb += self.overlong.eq(1)
                        m.d.sync += [started.eq(0), state.eq(_State.DISCARD)]
                    with m.Elif(self.bytes_in.p.last):
                        m.d.comb += [self.truncated.eq(1), walker.restart.eq(1)]
                        m.d.sync += started.eq(0)
            with m.Case(_State.DISCARD):
                m.d.comb += self.bytes_in.ready.eq(1)
                with m.If(self.bytes_in.valid & self.bytes_in.p.last):
                    m.d.sync += state.eq(_State.FILL)
            with m.Case(_State.STORE):
                with m.If(self.words.ready):
                    m.d.sync += state.eq(_State.FULL)
            with m.Case(_State.FULL):
                m.d.comb += self.full.eq(1)
                m.d.sync += started.eq(0)
                with m.If(self.take):
                    m.d.sync += state.eq(_State.IN_USE)
                with m.Elif(self.drop):
                    m.d.sync += state.eq(_State.FILL)
            with m.Case(_State.IN_USE):
                with m.If(self.release):
                    m.d.sync += state.eq(_State.FILL)

        with m.If(self.flush & (state != _State.IN_USE)):
            m.d.comb += walker.restart.eq(1)
            m.d.sync += [started.eq(0), state.eq(_State.FILL)]

        lost_by_flush = Signal()
        m.d.comb += [
            lost_by_flush.eq(
                self.flush & (started | accept | self.full) & ~self.truncated & ~self.overlong
            ),
            self.dropped.eq(self.truncated | self.overlong | self.drop | lost_by_flush),
        ]
        return m
