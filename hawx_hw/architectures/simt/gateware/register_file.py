"""The vector registers: a memory for each warp, which its engines take turns at."""

from __future__ import annotations

from functools import partial, reduce
from operator import or_
from typing import Any

from amaranth.hdl import Cat, Const, Module, Signal, Value
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
        Which word of codes the register's lanes make, and which step of that word: with ``enable``,
        and in each further cycle in which lanes of the register are read.
    data : In(requantizers * register_bits)
        The lanes of the step of the cycle before.
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
            # What is not written needs no gate.
            m.d.comb += memory.write.data.eq(self.writes[0].data)
            for user in self.writes[1:]:
                with m.If(user.enable & (user.warp == warp)):
                    m.d.comb += memory.write.data.eq(user.data)
        for number, reader in enumerate(self.reads):
            chosen = self._chosen(m, reader, f"warp_read_by_{number}")
            gated = [
                memory.read.data & chosen[warp].replicate(width)
                for warp, memory in enumerate(memories)
            ]
            one = memories[0].read.data
            m.d.comb += reader.data.eq(reduce(or_, gated) if unit.warps > 1 else one)
        self._pick(m, [memory.read.data for memory in memories])
        return m

    def _pick(self, m: Module, registers: list[Value]) -> None:
        """Choose the lanes of the step of each warp, and then those of one warp."""
        unit, port = self._unit, self.lanes
        bits, count = unit.register_bits, unit.requantizers
        steps = steps_of_word(unit)
        chosen = Signal(steps * unit.lanes // unit.word, name="step", reset_less=True)
        for number in range(len(chosen)):
            position, part = divmod(number, steps)
            m.d.sync += chosen[number].eq((port.position == position) & (port.part == part))
        warps = self._chosen(m, port, "warp_of_lanes")
        values: list[Value] = []
        for offset in range(count):
            of_warps = []
            for warp, register in enumerate(registers):
                gated = []
                for number in range(len(chosen)):
                    position, part = divmod(number, steps)
                    byte = part * count + offset
                    if byte < unit.word:
                        first = bits * (position * unit.word + byte)
                        here = chosen[number] if len(chosen) > 1 else Const(1, 1)
                        gated.append(register[first : first + bits] & here.replicate(bits))
                own = Signal(bits, name=f"lane_{offset}_of_{warp}")
                m.d.comb += own.eq(reduce(or_, gated))
                of_warps.append(own & warps[warp].replicate(bits) if unit.warps > 1 else own)
            values.append(reduce(or_, of_warps))
        m.d.comb += port.data.eq(Cat(values))

    def _chosen(self, m: Module, port: Any, name: str) -> Signal:
        """The warp that a user read last, a bit for each: half the gates of a number."""
        chosen = Signal(self._unit.warps, name=name, reset_less=True)
        with m.If(port.enable):
            m.d.sync += [chosen[warp].eq(port.warp == warp) for warp in range(self._unit.warps)]
        return chosen
