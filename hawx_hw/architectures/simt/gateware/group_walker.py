"""The taps of one pixel group: which byte of which of two words, and whether it is on the map."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Signal, Value, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.addresses import add_address, add_modulo
from hawx_hw.architectures.simt.stream_words import StreamFormat
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["GroupWalker"]


class GroupWalker(wiring.Component):
    """Steps through the taps of a run.

    **Latency**: ``first`` follows ``address`` by :attr:`LATENCY`; so do ``tap`` and ``inside`` the
    cycle of ``run_begins``, which is that of the first tap. Another tap follows in each cycle.

    Parameters
    ----------
    unit : Unit
    format : StreamFormat

    Attributes
    ----------
    stream : In(format.layout)
    run_begins : In(1)
    address, x : In(scalar_bits)
        Of the run's first tap in this group.
    row_inside : In(1)
        The run's row lies on the map.
    first : Out(scalar_bits)
        The address, a cycle later.
    tap : Out(byte_bits + 1)
        Byte of the word, and above it the lowest bit of the word's number.
    inside : Out(1)
        The tap lies on the map.
    """

    #: Cycles from the address to ``first``, and from ``run_begins`` to the first tap.
    LATENCY = 1

    def __init__(self, unit: Unit, format: StreamFormat):
        self._unit, self._format = unit, format
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "stream": In(format.layout),
                "run_begins": In(1),
                "address": In(scalar),
                "x": In(scalar),
                "row_inside": In(1),
                "first": Out(scalar),
                "tap": Out(unit.byte_bits + 1),
                "inside": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit, s = self._unit, self.stream
        low = len(self.tap)
        m.d.sync += self.first.eq(self.address)
        step = s.tap_step
        if len(step) > low:  # the words beyond the neighbor do not matter
            step = step[:low]
        elif step.shape().signed:
            step = Value.cast(step)
        following = add_address(m, unit, self.tap, step, low, "following_tap")
        with m.If(self.run_begins):
            m.d.sync += self.tap.eq(self.address[:low])
        with m.Else():
            m.d.sync += self.tap.eq(following)
        row = Signal(name="row_is_inside", reset_less=True)
        with m.If(self.run_begins):
            m.d.sync += row.eq(self.row_inside)
        m.d.comb += self.inside.eq(row & self._on_map(m))
        return m

    def _on_map(self, m: Module) -> Value | int:
        """Whether x lies on the map."""
        s, bits = self.stream, self._unit.scalar_bits
        if not self._format.has("width"):
            return 1
        x, width = (
            Signal(bits, name="column", reset_less=True),
            Signal(len(s.width), name="width", reset_less=True),
        )
        # The stream is another one when the last taps come.
        m.d.sync += width.eq(s.width)
        with m.If(self.run_begins):
            m.d.sync += x.eq(self.x)
        with m.Else():
            m.d.sync += x.eq(add_modulo(m, x, s.tap_x, bits, "following_column"))
        return (width == 0) | (x < width)
