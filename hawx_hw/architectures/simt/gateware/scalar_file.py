"""The scalars: a memory for each warp, so that a warp's user waits for no other warp."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Module, Signal, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.names import SCALAR_MEMORY
from hawx_hw.architectures.simt.isa import SCALARS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import SimpleDualPortRam

__all__ = ["ScalarFile", "ScalarReads"]


class ScalarReads(wiring.Signature):
    """The port through which a user reads scalars, seen from that user.

    Members
    -------
    enable, warp, number : Out
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "enable": Out(1),
                "warp": Out(index_width(unit.warps)),
                "number": Out(index_width(SCALARS)),
            }
        )


class ScalarFile(wiring.Component):
    """The scalars of all warps.

    Users that read at once read of different warps: a warp has one instruction in flight.

    **Latency**: ``data`` follows ``enable`` by :attr:`LATENCY`, and holds until the warp's next
    read.

    Parameters
    ----------
    unit : Unit
    readers : int

    Attributes
    ----------
    clear : In(1)
        Set s0 of all warps to zero. Without it s0 is as undefined as the others.
    reads : In(ScalarReads), one for each reader
    data : Out(ArrayLayout(scalar_bits, warps))
        What was read last of each warp.
    write, write_warp, write_number, write_data : In
        A write of s0 is ignored.
    """

    #: Cycles from ``enable`` to the scalar.
    LATENCY = SimpleDualPortRam.LATENCY

    def __init__(self, unit: Unit, *, readers: int):
        self._unit = unit
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "clear": In(1),
                "reads": In(ScalarReads(unit)).array(readers),
                "data": Out(data.ArrayLayout(scalar, unit.warps)),
                "write": In(1),
                "write_warp": In(index_width(unit.warps)),
                "write_number": In(index_width(SCALARS)),
                "write_data": In(scalar),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        writes = Signal()
        m.d.comb += writes.eq(self.write & (self.write_number != 0))
        for warp in range(unit.warps):
            make = partial(SimpleDualPortRam, unit.scalar_bits, SCALARS)
            memory = place(m, platform, f"warp_{warp}", SCALAR_MEMORY, make)
            for user in self.reads:
                with m.If(user.enable & (user.warp == warp)):
                    m.d.comb += [memory.read.enable.eq(1), memory.read.address.eq(user.number)]
            m.d.comb += [
                self.data[warp].eq(memory.read.data),
                memory.write.enable.eq(self.clear | writes & (self.write_warp == warp)),
            ]
            with m.If(~self.clear):
                m.d.comb += [
                    memory.write.address.eq(self.write_number),
                    memory.write.data.eq(self.write_data),
                ]
        return m
