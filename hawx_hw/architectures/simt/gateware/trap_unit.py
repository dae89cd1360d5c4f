"""The trap unit: the first trap of an inference stops it."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.decoder import CAUSE_BITS
from hawx_hw.architectures.simt.gateware.stream_faults import FaultLayout
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["TrapLayout", "TrapUnit"]


class TrapLayout(data.StructLayout):
    """A trap.

    Members
    -------
    valid : 1
    cause
        A :class:`~hawx_hw.architectures.simt.traps.Cause`.
    warp
    address : PC_BITS
        Of the instruction.
    value : 32
    """

    def __init__(self, unit: Unit):
        super().__init__(
            {
                "valid": 1,
                "cause": CAUSE_BITS,
                "warp": index_width(unit.warps),
                "address": PC_BITS,
                "value": 32,
            }
        )


class TrapUnit(wiring.Component):
    """Takes the trap of the lowest warp of those of one cycle; the watchdog is the last.

    **Latency**: ``trapped`` and ``trap`` follow by :attr:`LATENCY`.

    Parameters
    ----------
    unit : Unit

    Attributes
    ----------
    clear : In(1)
        Forget the trap.
    executing, value : In(FaultLayout), In(32)
        Of the instruction that is executed; ``executing.value`` does not matter.
    multiply, post : In(FaultLayout)
    watchdog : In(1)
    running : In(1)
        The watchdog counts: not all is done with this cycle.
    halted : In(warps)
        A cycle after ``watchdog``.
    trapped : Out(1)
        There was a trap.
    trap : Out(TrapLayout)
        In the first cycle of ``trapped``; without the address.
    warp : Out
        Of the trap, in the same cycle.
    """

    #: Cycles from a trap to its report.
    LATENCY = 1

    def __init__(self, unit: Unit):
        self._unit = unit
        fault = FaultLayout(unit)
        super().__init__(
            {
                "clear": In(1),
                "executing": In(fault),
                "value": In(32),
                "multiply": In(fault),
                "post": In(fault),
                "watchdog": In(1),
                "running": In(1),
                "halted": In(unit.warps),
                "trapped": Out(1),
                "trap": Out(TrapLayout(unit)),
                "warp": Out(index_width(unit.warps)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        first = self._lowest(m)
        report = Signal(TrapLayout(self._unit), name="report", reset_less=True)
        reports = Signal()
        late = Signal(reset_less=True)
        takes = Signal()
        expires = Signal()
        m.d.comb += [
            takes.eq(~self.trapped & first.valid),
            expires.eq(~self.trapped & ~first.valid & self.watchdog & self.running),
        ]
        m.d.sync += [reports.eq(takes | expires), late.eq(expires)]
        with m.If(takes):
            m.d.sync += [
                report.cause.eq(first.cause),
                report.warp.eq(first.warp),
                report.value.eq(first.value),
            ]
        with m.If(expires):
            m.d.sync += [report.cause.eq(Cause.WATCHDOG), report.value.eq(0)]
        with m.If(takes | expires):
            m.d.sync += self.trapped.eq(1)
        with m.If(self.clear):
            m.d.sync += [self.trapped.eq(0), reports.eq(0)]
        runs: Value = Value.cast(self._unit.warps - 1)
        for warp in reversed(range(self._unit.warps - 1)):
            runs = Mux(self.halted[warp], runs, warp)
        m.d.comb += [
            self.warp.eq(Mux(late, runs, report.warp)),
            self.trap.valid.eq(reports),
            self.trap.cause.eq(report.cause),
            self.trap.warp.eq(self.warp),
            self.trap.value.eq(report.value),
        ]
        return m

    def _lowest(self, m: Module) -> Any:
        """The fault of the lowest warp."""
        layout = TrapLayout(self._unit)
        own = Signal(layout, name="of_front_end")
        m.d.comb += [
            own.valid.eq(self.executing.valid),
            own.cause.eq(self.executing.cause),
            own.warp.eq(self.executing.warp),
            own.value.eq(self.value),
        ]
        # The front end's comes last, in time too.
        best: Any = self.multiply
        for name, fault in (("post", self.post), ("front_end", own)):
            better = Signal(layout, name=f"with_{name}")
            wins = Signal(name=f"{name}_wins")
            m.d.comb += [
                wins.eq(fault.valid & (~best.valid | (fault.warp < best.warp))),
                better.valid.eq(best.valid | fault.valid),
                better.cause.eq(Mux(wins, fault.cause, best.cause)),
                better.warp.eq(Mux(wins, fault.warp, best.warp)),
                better.value.eq(Mux(wins, fault.value, best.value)),
            ]
            best = better
        return best
