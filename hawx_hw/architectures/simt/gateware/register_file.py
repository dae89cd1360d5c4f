"""The vector registers: a memory for each warp, which its engines take turns at."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Module, Signal
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.names import REGISTER_MEMORY
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import SimpleDualPortRam

__all__ = ["RegisterFile", "RegisterReads", "RegisterWrites"]


class RegisterReads(wiring.Signature):
    """The port through which a user reads the vector registers, seen from that user.

    Members
    -------
    enable, warp, register : Out
    data : In(lanes * register_bits)
        The register that was read last, lane 0 in the lowest bits, from the cycle after ``enable``
        on.
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "enable": Out(1),
                "warp": Out(index_width(unit.warps)),
                "register": Out(index_width(unit.registers)),
                "data": In(unit.lanes * unit.register_bits),
            }
        )


class RegisterWrites(wiring.Signature):
    """The port through which a user writes the vector registers, seen from that user.

    Members
    -------
    enable, warp, register : Out
    data : Out(lanes * register_bits)
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "enable": Out(1),
                "warp": Out(index_width(unit.warps)),
                "register": Out(index_width(unit.registers)),
                "data": Out(unit.lanes * unit.register_bits),
            }
        )


class RegisterFile(wiring.Component):
    """The vector registers of all warps.

    No two users may be at the same warp at once, and none is: a warp has one instruction in flight.

    **Latency**: ``data`` follows ``enable`` by :attr:`LATENCY`.

    Parameters
    ----------
    unit : Unit
    readers, writers : int
        Users of either kind.

    Attributes
    ----------
    reads : In(RegisterReads), one for each reader
    writes : In(RegisterWrites), one for each writer
    """

    #: Cycles from ``enable`` to the register.
    LATENCY = SimpleDualPortRam.LATENCY

    def __init__(self, unit: Unit, *, readers: int = 1, writers: int = 1):
        self._unit = unit
        super().__init__(
            {
                "reads": In(RegisterReads(unit)).array(readers),
                "writes": In(RegisterWrites(unit)).array(writers),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        width = unit.lanes * unit.register_bits
        memories = []
        for warp in range(unit.warps):
            make = partial(SimpleDualPortRam, width, unit.registers)
            memory = place(m, platform, f"warp_{warp}", REGISTER_MEMORY, make)
            memories.append(memory)
            for users, port in ((self.reads, memory.read), (self.writes, memory.write)):
                for user in users:
                    with m.If(user.enable & (user.warp == warp)):
                        m.d.comb += [port.enable.eq(1), port.address.eq(user.register)]
                        if users is self.writes:
                            m.d.comb += port.data.eq(user.data)
        for number, reader in enumerate(self.reads):
            last = Signal(len(reader.warp), name=f"warp_read_by_{number}", reset_less=True)
            with m.If(reader.enable):
                m.d.sync += last.eq(reader.warp)
            chosen = [
                memory.read.data & (last == warp).replicate(width)
                for warp, memory in enumerate(memories)
            ]
            value = chosen[0]
            for each in chosen[1:]:
                value = value | each
            m.d.comb += reader.data.eq(value if unit.warps > 1 else memories[0].read.data)
        return m
