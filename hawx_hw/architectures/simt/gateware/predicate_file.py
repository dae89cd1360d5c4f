"""The predicates: three bits of every lane of every warp."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.isa import PREDICATES
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["PredicateFile", "PredicateReads", "PredicateWrites", "lanes_below"]


class PredicateReads(wiring.Signature):
    """The port through which a user reads a predicate, seen from that user.

    Members
    -------
    warp : Out
    condition : Out(3)
        As instructions encode it: the number, plus 4 where it is inverted.
    lanes : In(lanes)
        In the same cycle.
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "warp": Out(index_width(unit.warps)),
                "condition": Out(3),
                "lanes": In(unit.lanes),
            }
        )


class PredicateWrites(wiring.Signature):
    """The port through which a user writes a predicate, seen from that user.

    Members
    -------
    enable, warp, number : Out
    changes, lanes : Out(lanes)
        Lanes whose bit is written, and the bits.
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "enable": Out(1),
                "warp": Out(index_width(unit.warps)),
                "number": Out(index_width(PREDICATES)),
                "changes": Out(unit.lanes),
                "lanes": Out(unit.lanes),
            }
        )


class PredicateFile(wiring.Component):
    """p1 to p3 of all warps; p0 is all ones.

    **Latency**: a write counts from the next cycle on; reads take none.

    Parameters
    ----------
    unit : Unit
    readers, writers : int
        Writers that write at once write of different warps.

    Attributes
    ----------
    reads : In(PredicateReads), one for each reader
    writes : In(PredicateWrites), one for each writer
    """

    def __init__(self, unit: Unit, *, readers: int, writers: int):
        self._unit = unit
        super().__init__(
            {
                "reads": In(PredicateReads(unit)).array(readers),
                "writes": In(PredicateWrites(unit)).array(writers),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        every: list[list[Value]] = []
        for warp in range(unit.warps):
            own: list[Value] = [Value.cast((1 << unit.lanes) - 1)]
            for number in range(1, PREDICATES):
                lanes = Signal(unit.lanes, name=f"p{number}_of_{warp}", reset_less=True)
                for write in self.writes:
                    here = write.enable & (write.warp == warp) & (write.number == number)
                    for lane in range(unit.lanes):
                        with m.If(here & write.changes[lane]):
                            m.d.sync += lanes[lane].eq(write.lanes[lane])
                own.append(lanes)
            every.append(own)
        for read in self.reads:
            number, inverts = read.condition[:2], read.condition[2]
            lanes = Array([Array(own)[number] for own in every])[read.warp]
            m.d.comb += read.lanes.eq(Mux(inverts, ~lanes, lanes))
        return m


def lanes_below(m: Module, unit: Unit, count: Value, index: Value) -> Value:
    """The lanes whose place in their pixel group is below a number: what PLT writes.

    Parameters
    ----------
    m : Module
        Gets the logic.
    unit : Unit
    count : Value
    index : Value
        Of the number of groups, one of those that the unit serves.
    """
    below = Signal(unit.lanes, name="below")
    with m.Switch(index[: index_width(len(unit.groups))]):
        for number, groups in enumerate(unit.groups):
            with m.Case(number):
                lanes = unit.group_lanes(groups)
                m.d.comb += below.eq(Cat(*(count > lane % lanes for lane in range(unit.lanes))))
    return below
