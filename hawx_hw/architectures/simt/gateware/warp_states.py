"""The states of the warps: who is busy with what, and whose instruction ends in which cycle."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.engine_ports import EngineReports
from hawx_hw.architectures.simt.isa import ARITHMETIC_LATENCY, BROADCAST_LATENCY
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["ExecutedLayout", "WarpStates"]


class ExecutedLayout(data.StructLayout):
    """What an instruction is that is executed.

    Members
    -------
    valid : 1
        There is one, and it does not trap.
    warp
        Whose it is.
    ends : 1
        It ends in this cycle.
    waits, bars, halts : 1
        It is WAITR, BAR or HALT.
    broadcast, arithmetic : 1
        It goes to the vector unit.
    layer
        The number that BAR has.
    """

    def __init__(self, unit: Unit, layers: int):
        super().__init__(
            {
                "valid": 1,
                "warp": index_width(unit.warps),
                "ends": 1,
                "waits": 1,
                "bars": 1,
                "halts": 1,
                "broadcast": 1,
                "arithmetic": 1,
                "layer": index_width(layers),
            }
        )


class WarpStates(wiring.Component):
    """Whether each warp may begin an instruction, waits, walks or has halted.

    **Latency**: outputs that are no registers are of the same cycle.

    Parameters
    ----------
    unit : Unit
    layers : int

    Attributes
    ----------
    start : In(1)
        All warps are ready.
    goes_on : In(1)
        There was no trap until the last cycle.
    begins : In(warps)
        Warps that begin an instruction; at most one.
    executed : In(ExecutedLayout)
    result_free : In(1)
        The result memory may be written.
    walks : In(warps)
        Warps whose walk begins.
    multiplied, posted : In(EngineReports)
    ready : Out(warps)
        Warps that may begin an instruction.
    retired : Out(warps)
        Warps whose instruction ends in this cycle.
    away : Out(warps)
        Warps whose instruction was executed and has not ended.
    at_barrier, at_result : Out(warps)
        Those of them that wait at a barrier, or for the result memory.
    walkers : Out(warps)
        Those of them whose walk has begun.
    halted : Out(warps)
    walking : Out(1)
        Some walk is under way.
    claimed : Out(1)
        A WAITR has ended.
    done : Out(1)
        All warps have halted with this cycle.
    layer, layer_done : Out
        The number of the barrier that was passed last, and the cycle in which a layer ends.
    """

    def __init__(self, unit: Unit, layers: int):
        self._unit = unit
        warps = unit.warps
        super().__init__(
            {
                "start": In(1),
                "goes_on": In(1),
                "begins": In(warps),
                "executed": In(ExecutedLayout(unit, layers)),
                "result_free": In(1),
                "walks": In(warps),
                "multiplied": In(EngineReports(unit)),
                "posted": In(EngineReports(unit)),
                "ready": Out(warps),
                "retired": Out(warps),
                "away": Out(warps),
                "at_barrier": Out(warps),
                "at_result": Out(warps),
                "walkers": Out(warps),
                "halted": Out(warps),
                "walking": Out(1),
                "claimed": Out(1),
                "done": Out(1),
                "layer": Out(index_width(layers)),
                "layer_done": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        warps = self._unit.warps
        executes = Signal(warps)
        for warp in range(warps):
            m.d.comb += executes[warp].eq(self.executed.valid & (self.executed.warp == warp))
        busy = Signal(warps)
        m.d.comb += self.ready.eq(~busy & ~self.halted)
        walked = self._walks(m)
        waited = self._waits(m, executes)
        here = executes & self.executed.ends.replicate(warps)
        timed: Value = Const(0, warps)
        if self._unit.vectors:
            timed = self._vectors(m)
        m.d.comb += self.retired.eq(here | timed | walked | waited)
        m.d.sync += [
            busy.eq((busy | self.begins) & ~self.retired),
            self.away.eq((self.away | executes) & ~self.retired),
        ]
        with m.If(self.start):
            m.d.sync += [busy.eq(0), self.away.eq(0)]
        return m

    def _walks(self, m: Module) -> Value:
        """Who walks; returns the warps whose walk ends."""
        walking = self.walkers
        reports = (self.multiplied, self.posted)
        ended, stopped = (self._any(parts) for parts in (
            [(report.warp, report.ended) for report in reports],
            [(report.fault.warp, report.fault.valid) for report in reports],
        ))  # fmt: skip
        m.d.sync += walking.eq((walking | self.walks) & ~(ended | stopped))
        with m.If(self.start):
            m.d.sync += walking.eq(0)
        m.d.comb += self.walking.eq(walking.any())
        return ended

    def _any(self, parts: list[tuple[Value, Value]]) -> Value:
        """Warps of which any of some (number, valid) is."""
        return Cat(
            *(
                Cat(*(valid & (number == warp) for number, valid in parts)).any()
                for warp in range(self._unit.warps)
            )
        )

    def _waits(self, m: Module, executes: Signal) -> Value:
        """Who waits at a barrier or for the result; returns the warps that go on."""
        executed, warps = self.executed, self._unit.warps
        bars, waits = self.at_barrier, self.at_result
        at_barrier = bars | executes & executed.bars.replicate(warps)
        at_result = waits | executes & executed.waits.replicate(warps)
        halted = self.halted | executes & executed.halts.replicate(warps)
        opens, serves = Signal(name="opens"), Signal(name="serves")
        m.d.comb += [
            opens.eq(self.goes_on & (at_barrier | halted).all()),
            serves.eq(self.goes_on & self.result_free),
            self.done.eq(self.goes_on & halted.all()),
        ]
        m.d.sync += [
            bars.eq(at_barrier & ~opens.replicate(warps)),
            waits.eq(at_result & ~serves.replicate(warps)),
            self.halted.eq(halted),
        ]
        served = at_result & serves.replicate(warps)
        with m.If(served.any()):
            m.d.sync += self.claimed.eq(1)
        with m.If(self.start):
            m.d.sync += [each.eq(0) for each in (bars, waits, self.halted, self.claimed)]
        self._layers(m, opens & at_barrier.any())
        return at_barrier & opens.replicate(warps) | served

    def _vectors(self, m: Module) -> Value:
        """Warps whose vector instruction ends, if no trap has come."""
        executed = self.executed
        line: list[tuple[Value, Value, Value]] = [
            (
                executed.valid & executed.broadcast,
                executed.valid & executed.arithmetic,
                executed.warp,
            )
        ]
        for number in range(ARITHMETIC_LATENCY):
            short, long, warp = line[-1]
            later = Signal(name=f"broadcast_{number}"), Signal(name=f"arithmetic_{number}")
            later_warp = Signal(len(warp), name=f"vector_warp_{number}", reset_less=True)
            m.d.sync += [later[0].eq(short), later[1].eq(long), later_warp.eq(warp)]
            with m.If(self.start):
                m.d.sync += [each.eq(0) for each in later]
            line.append((*later, later_warp))
        short, _, first = line[BROADCAST_LATENCY]
        _, long, second = line[ARITHMETIC_LATENCY]
        ended = self._any([(first, short), (second, long)])
        return ended & self.goes_on.replicate(self._unit.warps)

    def _layers(self, m: Module, opens: Value) -> None:
        """The layer that runs: the number of the barrier that came last."""
        bits = len(self.layer)
        arrived = Signal(bits, name="arrived_layer", reset_less=True)
        number = Signal(bits, name="layer_number")
        comes = self.executed.valid & self.executed.bars
        m.d.comb += [
            number.eq(Mux(comes, self.executed.layer, arrived)),
            self.layer_done.eq(opens | self.done),
        ]
        with m.If(comes):
            m.d.sync += arrived.eq(number)
        with m.If(self.start):
            m.d.sync += self.layer.eq(0)
        with m.Elif(opens):
            m.d.sync += self.layer.eq(number)
