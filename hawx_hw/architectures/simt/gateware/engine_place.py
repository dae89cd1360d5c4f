"""The place before an engine: takes one of the warps that wait, and reads its scalars."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.scalar_file import ScalarReads
from hawx_hw.architectures.simt.isa import SCALARS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["EnginePlace", "rotate"]


def rotate(m: Module, waiting: Value, last: Value, warps: int, name: str) -> Signal:
    """The warp that waits and follows the last one: undefined where none waits."""
    chosen = Signal(index_width(warps), name=name)
    with m.Switch(last):
        for before in range(warps):
            with m.Case(before):
                order = [(before + 1 + n) % warps for n in range(warps)]
                value: Value = Value.cast(order[-1])
                for warp in reversed(order[:-1]):
                    value = Mux(waiting[warp], warp, value)
                m.d.comb += chosen.eq(value)
    return chosen


class EnginePlace(wiring.Component):
    """The first of an engine's two places.

    Of the warps that wait it takes the one that follows the last one taken. Then it reads the
    scalars, one a cycle; the first was read before. The last stays in the scalar file's output.

    **Latency**: ``valid`` follows the cycle in which a warp is taken by the number of scalars; a
    warp that asks is taken in the next cycle, at the earliest, and in that in which the one before
    leaves.

    Parameters
    ----------
    unit : Unit
    scalars : int
        That the engine reads.

    Attributes
    ----------
    clear : In(1)
        Nobody is here and nobody waits; warp 0 is the next.
    asks : In(warps)
        Warps that ask for the engine.
    first : In(ArrayLayout(SCALARS, warps))
        Number of the first scalar of each warp.
    reads : Out(ScalarReads)
    data : In(ArrayLayout(scalar_bits, warps))
        Of the scalar file.
    warp : Out
        Who is here.
    scalars : Out(ArrayLayout(scalar_bits, scalars))
    valid, leaves : Out(1), In(1)
        The scalars are there; the engine takes them.
    """

    def __init__(self, unit: Unit, scalars: int):
        self._unit, self._scalars = unit, scalars
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "clear": In(1),
                "asks": In(unit.warps),
                "first": In(data.ArrayLayout(index_width(SCALARS), unit.warps)),
                "reads": Out(ScalarReads(unit)),
                "data": In(data.ArrayLayout(scalar, unit.warps)),
                "warp": Out(index_width(unit.warps), init=unit.warps - 1),
                "scalars": Out(data.ArrayLayout(scalar, scalars)),
                "valid": Out(1),
                "leaves": In(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        warps = self._unit.warps
        waiting = Signal(warps)
        occupied = Signal()
        takes = Signal()
        chosen = rotate(m, waiting, self.warp, warps, "chosen")
        m.d.comb += takes.eq(waiting.any() & (~occupied | self.leaves))
        with m.If(takes):
            m.d.sync += [self.warp.eq(chosen), occupied.eq(1)]
        with m.Elif(self.leaves):
            m.d.sync += occupied.eq(0)
        for warp in range(warps):
            with m.If(self.asks[warp]):
                m.d.sync += waiting[warp].eq(1)
            with m.Elif(takes & (chosen == warp)):
                m.d.sync += waiting[warp].eq(0)
        with m.If(self.clear):
            m.d.sync += [waiting.eq(0), occupied.eq(0), self.warp.eq(warps - 1)]
        self._read(m, occupied, takes)
        return m

    def _read(self, m: Module, occupied: Signal, takes: Signal) -> None:
        last = self._scalars - 1
        count = Signal(range(self._scalars), name="number")
        now = Signal(self._unit.scalar_bits, name="scalar")
        reading = Signal()
        m.d.comb += [
            now.eq(self.data[self.warp]),
            reading.eq(occupied & (count != last)),
            self.valid.eq(occupied & (count == last)),
            self.reads.enable.eq(reading),
            self.reads.warp.eq(self.warp),
            self.reads.number.eq(self.first[self.warp] + count + 1),
            self.scalars[last].eq(now),
        ]
        with m.If(takes):
            m.d.sync += count.eq(0)
        with m.Elif(reading):
            m.d.sync += count.eq(count + 1)
        for number in range(last):
            scalar = Signal(self._unit.scalar_bits, name=f"scalar_{number}", reset_less=True)
            with m.If(reading & (count == number)):
                m.d.sync += scalar.eq(now)
            m.d.comb += self.scalars[number].eq(scalar)
