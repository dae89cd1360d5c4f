"""The counters of a unit with debugging: what the models of cycles and energy count."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.debug_ports import COUNTERS, READOUT_BITS, EventLayout
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["DebugCounters"]


class DebugCounters(wiring.Component):
    """Counts what happens in an inference, modulo 2**32.

    **Latency**: ``value`` follows ``number`` and the events by :attr:`LATENCY`.

    Parameters
    ----------
    unit : Unit

    Attributes
    ----------
    clear : In(1)
        An inference begins with the next cycle.
    events : In(EventLayout)
    select : In(1)
        A counter is read; else ``value`` is 0.
    number : In(8)
    value : Out(32)
        0 of a counter that there is not.
    """

    #: Cycles from an event to its count, and that to ``value``.
    LATENCY = 3

    def __init__(self, unit: Unit):
        self._unit = unit
        super().__init__(
            {
                "clear": In(1),
                "events": In(EventLayout(unit)),
                "select": In(1),
                "number": In(8),
                "value": Out(READOUT_BITS),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # What happened a cycle ago: the additions wait for nothing else.
        events = Signal.like(self.events)
        m.d.sync += [events.eq(self.events), self.value.eq(0)]
        with m.If(self.clear):
            m.d.sync += Value.cast(events).eq(0)
        for number, name in enumerate(COUNTERS):
            counter = Signal(READOUT_BITS, name=name)
            m.d.sync += counter.eq(counter + events[name])
            with m.If(self.clear):
                m.d.sync += counter.eq(0)
            with m.If(self.select & (self.number == number)):
                m.d.sync += self.value.eq(counter)
        return m
