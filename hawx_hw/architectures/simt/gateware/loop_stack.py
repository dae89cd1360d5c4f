"""Where a warp goes on: its loops, and what they make of the next address."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["LoopLayout", "LoopStack"]


class LoopLayout(data.StructLayout):
    """A level of a warp's loops.

    Members
    -------
    valid : 1
    first, end : address_bits
        The first instruction, and the one after the last.
    left : scalar_bits
        Times that are left, this one included.
    """

    def __init__(self, unit: Unit, address_bits: int):
        super().__init__(
            {
                "valid": 1,
                "first": address_bits,
                "end": address_bits,
                "left": unit.scalar_bits,
            }
        )


class _Hits(data.StructLayout):
    """Which loops end at an address."""

    def __init__(self) -> None:
        super().__init__({"inner": 1, "outer": 1})


class LoopStack(wiring.Component):
    """The loops of each warp, up to two, and the address at which its next instruction is.

    **Latency**: what ``look_warp`` has at ``following`` and ``target`` is known in the next cycle,
    in which ``goes`` decides; ``next`` is of that cycle, and the loops change after it.

    Parameters
    ----------
    unit : Unit
    address_bits : int
        Of an address of the program.

    Attributes
    ----------
    clear : In(1)
        No warp is in a loop.
    look_warp, following, target : In
        A warp with both addresses at which it may go on; those that are too large do not matter.
    inner : Out(LoopLayout)
        The innermost loop of that warp.
    full : Out(1)
        It is in as many loops as the unit has levels.
    goes, warp : In(1), In
        The warp that was looked at goes on.
    jumps : In(1)
        At ``target``.
    enters, times : In(1), In(scalar_bits)
        It enters a loop that begins at ``following``.
    next : Out(address_bits)
    """

    #: Cycles from the addresses to ``next``.
    LATENCY = 1

    def __init__(self, unit: Unit, address_bits: int):
        self._unit, self._bits = unit, address_bits
        warp, address = index_width(unit.warps), unsigned(address_bits)
        super().__init__(
            {
                "clear": In(1),
                "look_warp": In(warp),
                "following": In(address),
                "target": In(address),
                "inner": Out(LoopLayout(unit, address_bits)),
                "full": Out(1),
                "goes": In(1),
                "warp": In(warp),
                "jumps": In(1),
                "enters": In(1),
                "times": In(unsigned(unit.scalar_bits)),
                "next": Out(address),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit = self._unit
        layout = LoopLayout(unit, self._bits)
        names = ("inner", "outer")[: unit.loops]
        levels = {
            name: [
                Signal(layout, name=f"{name}_{warp}", reset_less=True) for warp in range(unit.warps)
            ]
            for name in names
        }
        # What is known of the warp that goes on, from the cycle before.
        addresses = {name: Signal(self._bits, name=f"{name}_now", reset_less=True)
                     for name in ("following", "target")}  # fmt: skip
        hits = {name: Signal(_Hits(), name=f"hits_of_{name}", reset_less=True)
                for name in ("following", "target")}  # fmt: skip
        last = Signal(_Hits(), name="last_times", reset_less=True)
        for level in names:
            now = self._of(m, levels[level], self.look_warp, f"looked_{level}")
            m.d.sync += last[level].eq(now.left == 1)
            for name in addresses:
                m.d.sync += hits[name][level].eq(now.valid & (now.end == getattr(self, name)))
            if level == "inner":
                m.d.comb += Value.cast(self.inner).eq(Value.cast(now))
            if level == names[-1]:
                m.d.comb += self.full.eq(now.valid)
        if not names:
            m.d.comb += self.full.eq(1)
        for name, address in addresses.items():
            m.d.sync += address.eq(getattr(self, name))
        self._go(m, levels, addresses, hits, last)
        return m

    def _of(self, m: Module, levels: list[Signal], warp: Value, name: str) -> Any:
        level = Signal(LoopLayout(self._unit, self._bits), name=name)
        m.d.comb += Value.cast(level).eq(Array([Value.cast(each) for each in levels])[warp])
        return level

    def _go(
        self,
        m: Module,
        levels: dict[str, list[Signal]],
        addresses: dict[str, Signal],
        hits: dict[str, Signal],
        last: Any,
    ) -> None:
        """Choose the address; repeat, leave or enter a loop."""
        hit = Signal(_Hits(), name="hit")
        m.d.comb += Value.cast(hit).eq(
            Mux(self.jumps, Value.cast(hits["target"]), Value.cast(hits["following"]))
        )
        pops, repeats, repeats_outer = (
            Signal(name=name) for name in ("pops", "repeats", "repeats_outer")
        )
        m.d.comb += [
            repeats.eq(~self.enters & hit.inner & ~last.inner),
            pops.eq(~self.enters & hit.inner & last.inner),
            repeats_outer.eq(pops & hit.outer & ~last.outer),
        ]
        following = Mux(self.jumps, addresses["target"], addresses["following"])
        for level, again in (("outer", repeats_outer), ("inner", repeats)):
            if level in levels:
                first = self._of(m, levels[level], self.warp, f"{level}_now").first
                following = Mux(again, first, following)
        m.d.comb += self.next.eq(following)
        both = hit.outer & last.outer
        for warp in range(self._unit.warps):
            own = {name: each[warp] for name, each in levels.items()}
            self._change(m, warp, own, addresses, pops, repeats, repeats_outer, both)

    def _change(
        self,
        m: Module,
        warp: int,
        levels: dict[str, Any],
        addresses: dict[str, Signal],
        pops: Signal,
        repeats: Signal,
        repeats_outer: Signal,
        ends_both: Value,
    ) -> None:
        """Enter, leave or repeat a loop: late signals enable registers, and choose little."""
        if not levels:
            return
        own, around = levels["inner"], levels.get("outer")
        here = self.goes & (self.warp == warp)
        entered = Signal(LoopLayout(self._unit, self._bits), name=f"entered_{warp}")
        left = Signal(self._unit.scalar_bits, name=f"inner_left_{warp}")
        m.d.comb += left.eq(own.left - 1)
        new = [
            entered.first.eq(addresses["following"]),
            entered.end.eq(addresses["target"]),
            entered.left.eq(self.times),
        ]
        if around is None:
            m.d.comb += new
            with m.If(here & self.enters):
                m.d.sync += [own.first.eq(entered.first), own.end.eq(entered.end)]
            with m.If(here & (self.enters | repeats)):
                m.d.sync += own.left.eq(Mux(repeats, left, entered.left))
        else:
            outer_left = Signal(self._unit.scalar_bits, name=f"outer_left_{warp}")
            m.d.comb += [
                outer_left.eq(around.left - 1),
                Value.cast(entered).eq(Value.cast(around)),
            ]
            with m.If(self.enters):
                m.d.comb += new
            with m.If(here & (self.enters | pops)):
                m.d.sync += [own.first.eq(entered.first), own.end.eq(entered.end)]
            with m.If(here & (self.enters | pops | repeats)):
                m.d.sync += own.left.eq(
                    Mux(repeats, left, Mux(repeats_outer, outer_left, entered.left))
                )
            with m.If(here & self.enters):
                m.d.sync += [
                    around.first.eq(own.first),
                    around.end.eq(own.end),
                    around.left.eq(own.left),
                ]
            with m.If(self.clear):
                m.d.sync += around.valid.eq(0)
            with m.Elif(here & self.enters):
                m.d.sync += around.valid.eq(own.valid)
            with m.Elif(here & pops):
                m.d.sync += around.valid.eq(0)
        stays: Value = Const(0, 1) if around is None else around.valid & ~ends_both
        with m.If(self.clear):
            m.d.sync += own.valid.eq(0)
        with m.Elif(here & self.enters):
            m.d.sync += own.valid.eq(1)
        with m.Elif(here & pops):
            m.d.sync += own.valid.eq(stays)
