"""Leads an inference from layer to layer, without help from a host."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ParameterMemory, ReadPort

__all__ = ["LayerSequencer"]


class LayerSequencer(wiring.Component):
    """Reads the layer program and starts each layer when the one before has stored its last word.

    The next step is read while a layer runs, so that its weights can be loaded early.

    **Latency**: ``running.begin`` follows ``start`` by :attr:`START_LATENCY`, and ``layer_done`` by
    :attr:`NEXT_LATENCY`, if nothing keeps it waiting; the next step is offered
    :attr:`OFFER_LATENCY` after ``start``, and after ``running.begin``.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    start : In(1)
        Only while not ``busy``.
    busy, done, input_release, result_free, layer, layer_done : Out, Out, Out, In, Out, Out
        See :class:`~hawx_hw.gateware.core_interface.CoreSignature`.
    program : Out(ReadPort)
        The program memory.
    running : Out(Dimensions.running)
        The layer that runs; valid from the cycle of ``begin`` on.
    offered : Out(1)
        ``program.data`` is a step whose weights may be loaded; asserted until ``taken``.
    taken : In(1)
    stored_end : In(1)
        The layer's last word is stored in this cycle.
    """

    #: Cycles from a read of the program to the offer of the step.
    OFFER_LATENCY = ParameterMemory.LATENCY
    #: Cycles from ``start`` to ``running.begin``: the first step is read, then copied.
    START_LATENCY = ParameterMemory.LATENCY + 1
    #: Cycles from ``layer_done`` to ``running.begin`` of the next layer.
    NEXT_LATENCY = 1

    def __init__(self, dimensions: Dimensions):
        self._dimensions = d = dimensions
        super().__init__(
            {
                "start": In(1),
                "busy": Out(1),
                "done": Out(1),
                "input_release": Out(1),
                "result_free": In(1),
                "layer": Out(index_width(d.layers)),
                "layer_done": Out(1),
                "program": Out(ReadPort(d.layers, d.descriptor)),
                "running": Out(d.running),
                "offered": Out(1),
                "taken": In(1),
                "stored_end": In(1),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        program, present = self.program, self.running.layer
        following = Signal.like(self.layer)
        may_begin = Signal()
        m.d.comb += [
            self.layer_done.eq(self.busy & self.stored_end),
            self.done.eq(self.layer_done & present.last),
            self.input_release.eq(self.layer_done & present.releases_input),
            may_begin.eq(~program.data.to_result | self.result_free),
        ]
        with m.If(self.taken):
            m.d.sync += self.offered.eq(0)
        with m.If(program.enable):
            m.d.sync += self.offered.eq(1)

        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += program.enable.eq(self.start)
                with m.If(self.start):
                    m.d.sync += [self.busy.eq(1), following.eq(0)]
                    m.next = "WAIT"
            with m.State("WAIT"):
                with m.If(may_begin):
                    m.d.sync += [present.eq(program.data), self.layer.eq(following)]
                    m.next = "BEGIN"
            with m.State("BEGIN"):
                m.d.comb += [
                    self.running.begin.eq(1),
                    program.enable.eq(~present.last),
                    program.address.eq(self.layer + 1),
                ]
                m.d.sync += following.eq(self.layer + 1)
                m.next = "RUN"
            with m.State("RUN"):
                with m.If(self.layer_done):
                    with m.If(present.last):
                        m.d.sync += self.busy.eq(0)
                        m.next = "IDLE"
                    with m.Elif(may_begin):
                        m.d.sync += [present.eq(program.data), self.layer.eq(following)]
                        m.next = "BEGIN"
                    with m.Else():
                        m.next = "WAIT"
        return m
