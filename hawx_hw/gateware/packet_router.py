"""Sends whole packets of one stream to the image loader or to the parameter loader."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.streams import packet_signature

__all__ = ["PacketRouter"]


class PacketRouter(wiring.Component):
    """Every packet is an image, save the next after ``request``.

    **Latency**: :attr:`LATENCY`; the bytes pass through combinationally.

    Attributes
    ----------
    bytes_in : In(stream of {data, last})
    images, parameters : Out(stream of {data, last})
    request : In(1)
        Pulse: the next packet to begin is parameters.
    expected : Out(1)
        The next packet, or the present one, is parameters.
    flush : In(1)
        Forget an earlier request; the next byte begins a packet.
    """

    #: Cycles from a byte of ``bytes_in`` to the same byte of ``images`` or ``parameters``.
    LATENCY = 0

    def __init__(self) -> None:
        super().__init__(
            {
                "bytes_in": In(packet_signature()),
                "images": Out(packet_signature()),
                "parameters": Out(packet_signature()),
                "request": In(1),
                "expected": Out(1),
                "flush": In(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        inside = Signal()
        requested = Signal()
        chosen = Signal()
        to_parameters = Signal()
        transfer = Signal()

        m.d.comb += [
            to_parameters.eq((inside & chosen) | (~inside & requested)),
            self.images.payload.eq(self.bytes_in.payload),
            self.parameters.payload.eq(self.bytes_in.payload),
            self.images.valid.eq(self.bytes_in.valid & ~to_parameters),
            self.parameters.valid.eq(self.bytes_in.valid & to_parameters),
            transfer.eq(self.bytes_in.valid & self.bytes_in.ready),
            self.expected.eq(requested | (inside & chosen)),
        ]
        with m.If(to_parameters):
            m.d.comb += self.bytes_in.ready.eq(self.parameters.ready)
        with m.Else():
            m.d.comb += self.bytes_in.ready.eq(self.images.ready)

        with m.If(transfer):
            m.d.sync += [inside.eq(~self.bytes_in.p.last), chosen.eq(to_parameters)]
            with m.If(~inside):
                m.d.sync += requested.eq(0)
        with m.If(self.flush):
            m.d.sync += [requested.eq(0), inside.eq(0)]
        with m.If(self.request):
            m.d.sync += requested.eq(1)
        return m
