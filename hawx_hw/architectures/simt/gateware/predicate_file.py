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
    lanes : Out(lanes)
        The bits.
    changes : Out(lanes)
        Lanes whose bit is written; all where there is no such member.
    """

    def __init__(self, unit: Unit, *, partial: bool = False):
        super().__init__(
            {
                "enable": Out(1),
                "warp": Out(index_width(unit.warps)),
                "number": Out(index_width(PREDICATES)),
                "lanes": Out(unit.lanes),
                **({"changes": Out(unit.lanes)} if partial else {}),
            }
        )


class PredicateFile(wiring.Component):
    """The predicates that a unit has, of all warps; p0 is all ones.

    **Latency**: a write counts from the next cycle on; reads take none.

    Parameters
    ----------
    unit : Unit
    readers : int

    Attributes
    ----------
    reads : In(PredicateReads), one for each reader
        Of predicates that there are.
    write : In(PredicateWrites)
        Of whole predicates.
    change : In(PredicateWrites)
        Of some lanes, of another warp than ``write``; only with instructions that compare vector
        registers.
    """

    def __init__(self, unit: Unit, *, readers: int):
        self._unit = unit
        members = {
            "reads": In(PredicateReads(unit)).array(readers),
            "write": In(PredicateWrites(unit)),
        }
        if unit.compares:
            members["change"] = In(PredicateWrites(unit, partial=True))
        super().__init__(members)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        every = [[self._own(m, warp, number) for number in range(unit.predicates + 1)]
                 for warp in range(unit.warps)]  # fmt: skip
        bits = unit.predicates.bit_length()
        for read in self.reads:
            number, inverts = read.condition[:bits], read.condition[2]
            lanes = Array([Array(own)[number] if bits else own[0] for own in every])[read.warp]
            m.d.comb += read.lanes.eq(Mux(inverts, ~lanes, lanes) if bits else lanes)
        return m

    def _own(self, m: Module, warp: int, number: int) -> Value:
        """A predicate of a warp."""
        unit = self._unit
        if not number:
            return Value.cast((1 << unit.lanes) - 1)
        lanes = Signal(unit.lanes, name=f"p{number}_of_{warp}", reset_less=True)

        def here(port: Any) -> Value:
            return port.enable & (port.warp == warp) & (port.number == number)

        if unit.compares:
            for lane in range(unit.lanes):
                with m.If(here(self.change) & self.change.changes[lane]):
                    m.d.sync += lanes[lane].eq(self.change.lanes[lane])
        with m.If(here(self.write)):
            m.d.sync += lanes.eq(self.write.lanes)
        return lanes


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
