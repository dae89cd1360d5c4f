"""The vector registers: a memory for each warp, which its engines take turns at."""

from __future__ import annotations

from functools import partial, reduce
from operator import or_
from typing import Any

from amaranth.hdl import Cat, Module, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.names import REGISTER_MEMORY
from hawx_hw.architectures.simt.store_words import steps_of_word
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import SimpleDualPortRam

__all__ = ["LaneReads", "RegisterFile", "RegisterReads", "RegisterWrites"]


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


class LaneReads(wiring.Signature):
    """The port through which the requantizers read a few lanes of a register, seen from them.

    Members
    -------
    enable, warp, register : Out
    position, part : Out
        A cycle later, and as long as the lanes are needed: which word of codes the register's lanes
        make, and which step of that word.
    data : In(requantizers * register_bits)
        The lanes of the step, from the cycle after ``enable`` on.
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "enable": Out(1),
                "warp": Out(index_width(unit.warps)),
                "register": Out(index_width(unit.registers)),
                "position": Out(index_width(unit.lanes // unit.word)),
                "part": Out(index_width(steps_of_word(unit))),
                "data": In(unit.requantizers * unit.register_bits),
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
    lanes : In(LaneReads)
    reads : In(RegisterReads), one for each reader
    writes : In(RegisterWrites), one for each writer
    """

    #: Cycles from ``enable`` to the register.
    LATENCY = SimpleDualPortRam.LATENCY

    def __init__(self, unit: Unit, *, readers: int = 1, writers: int = 1):
        self._unit = unit
        super().__init__(
            {
                "lanes": In(LaneReads(unit)),
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
            readers = [self.lanes, *self.reads]
            for users, port in ((readers, memory.read), (self.writes, memory.write)):
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
        self._pick(m, [memory.read.data for memory in memories])
        return m

    def _pick(self, m: Module, registers: list[Value]) -> None:
        """Gate each lane of each warp with whether it is requested; at most one of a place is."""
        unit, port = self._unit, self.lanes
        last = Signal(len(port.warp), name="warp_of_lanes", reset_less=True)
        with m.If(port.enable):
            m.d.sync += last.eq(port.warp)
        bits, count = unit.register_bits, unit.requantizers
        chosen: list[list[Value]] = [[] for _ in range(count)]
        for warp, register in enumerate(registers):
            for lane in range(unit.lanes):
                position, byte = divmod(lane, unit.word)
                part, place = divmod(byte, count)
                here = Signal(name=f"lane_{lane}_of_{warp}")
                m.d.comb += here.eq(
                    (last == warp if unit.warps > 1 else 1)
                    & (port.position == position if unit.lanes > unit.word else 1)
                    & (port.part == part if unit.word > count else 1)
                )
                value = register[bits * lane : bits * (lane + 1)]
                chosen[place].append(value & here.replicate(bits))
        m.d.comb += port.data.eq(Cat(reduce(or_, values) for values in chosen))
