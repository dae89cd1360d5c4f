"""Decides when an inference starts."""

from __future__ import annotations

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

__all__ = ["Sequencer"]


class Sequencer(wiring.Component):
    """Starts the core on a whole image, by request or by itself.

    A request waits for its image. While the parameters are being received nothing starts; an image
    that should start without parameters is dropped, together with the request that waited for it.

    **Latency**: ``start`` follows ``image_full`` by :attr:`LATENCY` where the core is free.

    Attributes
    ----------
    request : In(1)
        Pulse: run one inference on the next whole image.
    auto : In(1)
        Run one on every whole image.
    flush : In(1)
        Forget a request that waits, but not one of this cycle; nothing starts in this cycle.
    image_full : In(1)
        A whole image waits.
    image_drop : Out(1)
        Pulse: throw the waiting image away.
    parameters_loaded, parameters_receiving : In(1)
        Whether the parameters are in place, and whether a packet of them is on its way.
    parameters_hold : Out(1)
        A packet of parameters must not begin now.
    core_busy : In(1)
    start : Out(1)
        Pulse: the core starts on the waiting image.
    busy : Out(1)
        An inference runs or a request waits.
    start_while_busy, start_without_parameters : Out(1)
        Error pulses.
    """

    #: Cycles from ``image_full`` to ``start``.
    LATENCY = 0

    def __init__(self) -> None:
        super().__init__(
            {
                "request": In(1),
                "auto": In(1),
                "flush": In(1),
                "image_full": In(1),
                "image_drop": Out(1),
                "parameters_loaded": In(1),
                "parameters_receiving": In(1),
                "parameters_hold": Out(1),
                "core_busy": In(1),
                "start": Out(1),
                "busy": Out(1),
                "start_while_busy": Out(1),
                "start_without_parameters": Out(1),
            }
        )

    def elaborate(self, platform: object) -> Module:
        m = Module()
        waiting = Signal()
        due = Signal()
        launch = Signal()
        unloaded = Signal()

        m.d.comb += [
            unloaded.eq(~self.parameters_loaded & ~self.parameters_receiving),
            self.busy.eq(waiting | self.core_busy),
            due.eq((waiting | self.auto) & self.image_full),
            # An image that came whole before the packet is computed with the old parameters.
            self.parameters_hold.eq(self.core_busy | due),
            launch.eq(due & ~self.core_busy & ~self.parameters_receiving & ~self.flush),
            self.start.eq(launch & self.parameters_loaded),
            self.image_drop.eq(launch & ~self.parameters_loaded),
            self.start_while_busy.eq(self.request & self.busy),
            self.start_without_parameters.eq(
                self.image_drop | (self.request & ~self.busy & unloaded)
            ),
        ]
        with m.If(self.request & ~self.busy & ~unloaded):
            m.d.sync += waiting.eq(1)
        with m.Elif(launch | self.flush):
            m.d.sync += waiting.eq(0)
        return m
