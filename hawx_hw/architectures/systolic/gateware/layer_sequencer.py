"""Leads an inference from layer to layer, without help from a host."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.gateware.layout import index_width

__all__ = ["LayerSequencer"]


class LayerSequencer(wiring.Component):
    """Reads the layer program and starts each layer when the one before has stored its last word.

    The next step is read while a layer runs, so that its weights can be loaded early.

    **Latency**: ``begin`` follows ``start`` by two cycles, and ``layer_done`` by one.

    Parameters
    ----------
    dimensions : Dimensions

    Attributes
    ----------
    start : In(1)
        Only while not ``busy``.
    busy, done, input_release, result_free, layer, layer_done : Out, Out, Out, In, Out, Out
        See :class:`~hawx_hw.gateware.core_interface.CoreSignature`.
    read_enable, read_address, read_data : Out, Out, In
        Of the program memory; one cycle of latency; the data hold between reads.
    present : Out(Dimensions.descriptor)
        The layer that runs.
    begin : Out(1)
        ``present`` is valid from this cycle on.
    preload : Out(1)
        ``read_data`` is a step whose weights may be loaded; asserted until ``preloaded``.
    preloaded : In(1)
    stored_end : In(1)
        The layer's last word is stored in this cycle.
    """

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
                "read_enable": Out(1),
                "read_address": Out(index_width(d.layers)),
                "read_data": In(d.descriptor),
                "present": Out(d.descriptor),
                "begin": Out(1),
                "preload": Out(1),
                "preloaded": In(1),
                "stored_end": In(1),
            }
        )

    @property
    def dimensions(self) -> Dimensions:
        """Widths and depths."""
        return self._dimensions

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        following = Signal.like(self.layer)
        may_begin = Signal()
        m.d.comb += [
            self.layer_done.eq(self.busy & self.stored_end),
            self.done.eq(self.layer_done & self.present.last),
            self.input_release.eq(self.layer_done & self.present.releases_input),
            may_begin.eq(~self.read_data.to_result | self.result_free),
        ]
        with m.If(self.preloaded):
            m.d.sync += self.preload.eq(0)
        with m.If(self.read_enable):
            m.d.sync += self.preload.eq(1)

        with m.FSM():
            with m.State("IDLE"):
                m.d.comb += self.read_enable.eq(self.start)
                with m.If(self.start):
                    m.d.sync += [self.busy.eq(1), following.eq(0)]
                    m.next = "WAIT"
            with m.State("WAIT"):
                with m.If(may_begin):
                    m.d.sync += [self.present.eq(self.read_data), self.layer.eq(following)]
                    m.next = "BEGIN"
            with m.State("BEGIN"):
                m.d.comb += [
                    self.begin.eq(1),
                    self.read_enable.eq(~self.present.last),
                    self.read_address.eq(self.layer + 1),
                ]
                m.d.sync += following.eq(self.layer + 1)
                m.next = "RUN"
            with m.State("RUN"):
                with m.If(self.layer_done):
                    with m.If(self.present.last):
                        m.d.sync += self.busy.eq(0)
                        m.next = "IDLE"
                    with m.Elif(may_begin):
                        m.d.sync += [self.present.eq(self.read_data), self.layer.eq(following)]
                        m.next = "BEGIN"
                    with m.Else():
                        m.next = "WAIT"
        return m
