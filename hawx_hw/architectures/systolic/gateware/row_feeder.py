"""The edge of the array: one row fetches the activations of its taps."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.gateware.pe import ProcessingElement
from hawx_hw.gateware.memories import ParameterMemory, ReadPort, SimpleDualPortRam

__all__ = ["RowFeeder"]


class RowFeeder(wiring.Component):
    """Turns output pixels into the activations that one row of PEs multiplies.

    Each cycle brings one output pixel of one tile and hands it on to the next row. Which tap of the
    kernel this row serves in the tile stands in its own list; the row reads its own copy of the
    activation memory. Where the kernel hangs over the edge of the input, the activation is
    ``pad_code``; where the row has no tap, it is 0.

    **Latency**: after ``fetch`` come ``fetch_out`` (:attr:`FETCH_LATENCY`), ``read.enable``
    (:attr:`READ_LATENCY`), ``swap`` (:attr:`SWAP_LATENCY`), ``activation`` with ``multiply``
    (:attr:`LATENCY`), and ``add`` (:attr:`ADD_LATENCY`). ``activation`` holds its value while
    nothing is fetched for the array. ``padding`` comes with ``read.data``.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    fetch, fetch_out : In, Out(Dimensions.fetch)
    layer : In(Dimensions.input_fields)
        Of the layer (see :class:`~hawx_hw.architectures.systolic.steps.Step`); holds still while
        pixels are under way.
    taps : Out(ReadPort)
        The list of taps.
    read : Out(ReadPort)
        The copy of the activation memory.
    padding : Out(1)
        The position of ``read.data`` lies outside the input.
    swap : Out(1)
        The activation of the next cycle is the first of a tile.
    activation : Out(Dimensions.activation)
    multiply : Out(1)
        With ``activation``: it, or the weight that it multiplies, differs from that of the pixel
        before.
    add : Out(1)
        The products of a pixel are in the registers of the row.
    """

    #: Cycles from ``fetch`` to ``fetch_out``; a row has its list of taps read meanwhile.
    FETCH_LATENCY = ParameterMemory.LATENCY
    #: Cycles from ``fetch`` to ``read.enable``.
    READ_LATENCY = FETCH_LATENCY + 1
    #: Cycles from ``fetch`` to ``swap``, and to ``read.data``.
    SWAP_LATENCY = READ_LATENCY + SimpleDualPortRam.LATENCY
    #: Cycles from ``fetch`` to ``activation``.
    LATENCY = SWAP_LATENCY + ProcessingElement.SWAP_LATENCY
    #: Cycles from ``fetch`` to ``add``.
    ADD_LATENCY = LATENCY + ProcessingElement.PRODUCT_LATENCY

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "fetch": In(d.fetch),
                "fetch_out": Out(d.fetch),
                "layer": In(d.input_fields),
                "taps": Out(ReadPort(d.tap_words, d.tap)),
                "read": Out(ReadPort(d.arena, d.word)),
                "padding": Out(1),
                "swap": Out(1),
                "activation": Out(d.activation),
                "multiply": Out(1),
                "add": Out(1),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        word_codes = self._dimensions.array.requantizers

        # Stage 0: the pixel with this row's tap.
        layer, here = self.layer, self.fetch_out
        coming = self.fetch.payload
        m.d.sync += here.valid.eq(self.fetch.valid)
        with m.If(self.fetch.valid):
            m.d.sync += [
                here.payload.first.eq(coming.first),
                here.payload.position.eq(coming.position),
            ]
            with m.If(coming.first):
                m.d.sync += here.payload.tile.eq(coming.tile)
        tap, position = self.taps.data, here.payload.position
        m.d.comb += [
            self.taps.enable.eq(self.fetch.valid & self.fetch.payload.first),
            self.taps.address.eq(self.fetch.payload.tile),
        ]

        x = Signal(position.x.shape())
        y = Signal(position.y.shape())
        inside = Signal()
        m.d.comb += [
            x.eq(position.x + tap.column),
            y.eq(position.y + tap.row),
            inside.eq((x >= 0) & (x < layer.width) & (y >= 0) & (y < layer.height)),
        ]

        # Stage 1: the address.
        number = Signal(tap.code.shape())
        valid = Signal()
        first = Signal()
        pad = Signal()
        m.d.sync += [
            valid.eq(here.valid),
            first.eq(here.payload.first),
            self.read.enable.eq(here.valid & tap.live & inside),
            pad.eq(tap.live & ~inside),
        ]
        with m.If(here.valid):
            m.d.sync += [
                self.read.address.eq(position.offset + tap.offset),
                number.eq(tap.code),
            ]

        # Stage 2: the word.
        word_number = Signal.like(number)
        word_valid = Signal()
        word_first = Signal()
        word_read = Signal()
        m.d.sync += [
            word_valid.eq(valid),
            word_first.eq(first),
            word_read.eq(self.read.enable),
            self.padding.eq(pad),
        ]
        with m.If(valid):
            m.d.sync += word_number.eq(number)
        enters = Signal()  # the array; codes that stream go another way
        m.d.comb += [
            enters.eq(word_valid & ~layer.stream),
            self.swap.eq(enters & word_first),
        ]

        # Stage 3: the activation.
        shape, zeros = self._dimensions.activation, self._dimensions.widths.activation_zeros
        code = Signal(shape)
        following = Signal(shape)
        present = Signal()
        m.d.comb += [
            code.eq(self.read.data[word_number] if word_codes > 1 else self.read.data[0]),
            following.eq(Mux(word_read, code, Mux(self.padding, layer.pad_code >> zeros, 0))),
        ]
        with m.If(enters):
            m.d.sync += self.activation.eq(following)
        # The word arrives late where a memory is slow: a register for each half of what differs
        # keeps the end of the comparison, and what else decides, out of its cycle.
        half = max(1, len(following) // 2)
        parts = [bits for bits in (following[:half], following[half:]) if len(bits)]
        before = (self.activation[:half], self.activation[half:])
        changed = Signal(len(parts))
        for flag, bits, last in zip(changed, parts, before, strict=False):
            m.d.sync += flag.eq(bits != last)
        with m.If(word_first):
            m.d.sync += changed[0].eq(1)
        m.d.comb += self.multiply.eq(present & changed.any())
        m.d.sync += [present.eq(enters), self.add.eq(present)]
        return m
