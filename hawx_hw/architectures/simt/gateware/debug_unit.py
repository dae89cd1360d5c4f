"""The debug unit: which warps may begin instructions, and what software reads of them."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Array, Cat, Module, Mux, Signal, Value
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out, connect

from hawx_hw.architectures.simt.gateware.debug_ports import (
    FRONT_EVENTS,
    KINDS,
    READOUT_BITS,
    EventLayout,
    debug_format,
)
from hawx_hw.architectures.simt.gateware.decoder import is_one_of
from hawx_hw.architectures.simt.gateware.predicate_file import PredicateReads
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads
from hawx_hw.architectures.simt.gateware.scalar_file import ScalarReads
from hawx_hw.architectures.simt.isa import SCALARS
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["DebugUnit", "attach"]

#: Cycles without a change until all is still: the vector unit writes some cycles after its
#: instruction has ended, where many warps wait for it.
_CALM = 16


#: States of warps, and what :class:`~.warp_states.WarpStates` calls those that it has by another
#: name.
_STATES = ("ready", "away", "walking", "at_barrier", "at_result", "ended", "retired")
_OTHERS = {"walking": "walkers", "ended": "halted"}


class DebugUnit(wiring.Component):
    """Lets warps begin instructions, or not, as in
    :class:`~hawx_hw.architectures.simt.simulator.Simulator`.

    A step permits a warp that is ready to begin an instruction in its next turn; another one is
    ignored, so that no permission is left when an inference ends but by a trap. Without one none
    begins while the unit is halted, and one whose instruction stands at the breakpoint halts the
    unit instead.

    **Latency**: ``may_begin`` is of the same cycle. ``port.data`` follows ``port.index`` by
    :attr:`LATENCY`, while the unit is still.

    Parameters
    ----------
    unit : Unit
    pc_bits : int

    Attributes
    ----------
    port : Out(DebugFormat.signature)
    start : In(1)
        An inference begins.
    running : In(1)
        It has not ended, nor come to rest after a trap.
    goes_on : In(1)
        It runs, and there was no trap.
    ready, away, walking, at_barrier, at_result, ended, retired : In(warps)
        As in :class:`~.warp_states.WarpStates`; ``walking`` is ``walkers`` there, ``ended`` is
        ``halted``.
    instructions : In(ArrayLayout(32, warps))
        What each warp executed last.
    multiplies, posts : In(1)
        An engine walks.
    turn : In(1)
        Some warp is to begin an instruction, were there no debugging.
    warp, pc : In
        Which one, and where.
    may_begin : Out(1)
    pcs, own_pcs : In(ArrayLayout(pc_bits, warps))
        Of each warp's next instruction, and of the one that it executed last.
    scalars : Out(ScalarReads)
    scalar : In(ArrayLayout(scalar_bits, warps))
    mask : Out(PredicateReads)
    registers : Out(RegisterReads)
    events : Out(EventLayout of FRONT_EVENTS)
        Those of the front end.
    """

    #: Cycles from ``index`` to ``data``.
    LATENCY = 2

    def __init__(self, unit: Unit, pc_bits: int):
        self._unit = unit
        warps = unit.warps
        super().__init__(
            {
                "port": Out(debug_format(unit).signature),
                "start": In(1),
                "running": In(1),
                "goes_on": In(1),
                **{name: In(warps) for name in _STATES},
                "instructions": In(data.ArrayLayout(32, warps)),
                "multiplies": In(1),
                "posts": In(1),
                "turn": In(1),
                "warp": In(index_width(warps)),
                "pc": In(pc_bits),
                "may_begin": Out(1),
                "pcs": In(data.ArrayLayout(pc_bits, warps)),
                "own_pcs": In(data.ArrayLayout(pc_bits, warps)),
                "scalars": Out(ScalarReads(unit)),
                "scalar": In(data.ArrayLayout(unit.scalar_bits, warps)),
                "mask": Out(PredicateReads(unit)),
                "registers": Out(RegisterReads(unit)),
                "events": Out(EventLayout(unit, FRONT_EVENTS)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._gate(m)
        self._calm(m)
        self._read(m)
        self._count(m)
        return m

    def _gate(self, m: Module) -> None:
        """Whether the warp whose turn it is begins."""
        port = self.port
        permitted = Signal()
        permits = Signal()
        permit = Signal()
        own = Signal(len(self.warp), reset_less=True)
        stands = Signal()
        m.d.comb += [
            permit.eq(port.step & self._may_step()),
            permits.eq(permitted & (self.warp == own)),
            stands.eq(port.break_enable & (self.pc == port.break_address)),
            self.may_begin.eq(permits | ~(port.halted | stands)),
            port.ready.eq(self.ready & self.goes_on.replicate(self._unit.warps)),
            port.ended.eq(self.ended),
        ]
        with m.If(permit):
            m.d.sync += [permitted.eq(1), own.eq(port.source)]
        with m.Elif(self.turn & permits | port.halt | self.start):
            m.d.sync += permitted.eq(0)
        with m.If(port.resume):
            m.d.sync += port.halted.eq(0)
        with m.If(port.halt | self.turn & stands & ~permits):
            m.d.sync += port.halted.eq(1)

    def _may_step(self) -> Value:
        """Whether the warp that a step names is there, ready, and does not begin just now."""
        port = self.port
        free = [
            (port.source == number)
            & port.ready[number]
            & ~(self.turn & self.may_begin & (self.warp == number))
            for number in range(self._unit.warps)
        ]
        return Cat(*free).any()

    def _calm(self, m: Module) -> None:
        """Whether nothing has happened for some cycles, and nothing will."""
        quiet = Signal()
        idle = Signal(self._unit.warps)
        cycles = Signal(range(_CALM + 1))
        m.d.comb += [
            idle.eq(self.ready | self.at_barrier | self.at_result | self.ended),
            quiet.eq(~self.running | self.port.halted & idle.all()),
            self.port.still.eq(quiet & (cycles == _CALM)),
        ]
        with m.If(~quiet | self.port.step):
            m.d.sync += cycles.eq(0)
        with m.Elif(cycles != _CALM):
            m.d.sync += cycles.eq(cycles + 1)

    def _read(self, m: Module) -> None:
        """What the index names."""
        unit, port = self._unit, self.port
        index = port.index
        names = list(KINDS)
        is_kind = {name: index.kind == number for number, name in enumerate(names)}
        there = index.source < unit.warps
        warp = index.source[: index_width(unit.warps)]
        number = index.number
        pcs, own_pcs = (
            Array([each[n] for n in range(unit.warps)]) for each in (self.pcs, self.own_pcs)
        )
        away = Array([self.away[n] for n in range(unit.warps)])[warp]
        scalar = Array([self.scalar[n] for n in range(unit.warps)])[warp]
        m.d.comb += [
            self.scalars.enable.eq(port.still & is_kind["scalar"]),
            self.scalars.warp.eq(warp),
            self.scalars.number.eq(number),
            self.mask.warp.eq(warp),
            self.mask.condition.eq(number[:2]),
            self.registers.enable.eq(port.still & is_kind["vector"]),
            self.registers.warp.eq(warp),
            self.registers.register.eq(number),
        ]
        values = {
            "pc": (1, Mux(away, own_pcs[warp], pcs[warp])),
            "scalar": (number < SCALARS, scalar),
            "predicate": (number <= self._unit.predicates, self._part(self.mask.lanes, index.part)),
            "vector": (number < unit.registers, self._lane(index.part)),
        }
        chosen = Signal(READOUT_BITS)
        for name, (valid, value) in values.items():
            with m.If(there & valid & is_kind[name]):
                m.d.comb += chosen.eq(value)
        m.d.sync += port.data.eq(chosen)

    def _part(self, lanes: Value, part: Value) -> Value:
        """32 lanes of a predicate."""
        words = [lanes[n : n + READOUT_BITS] for n in range(0, self._unit.lanes, READOUT_BITS)]
        value: Value = Value.cast(0)
        for number, word in enumerate(words):
            value = Mux(part == number, word, value)
        return value

    def _lane(self, part: Value) -> Value:
        """The register of a lane, sign-extended."""
        bits = self._unit.register_bits
        value: Value = Value.cast(0)
        for lane in range(self._unit.lanes):
            own = self.registers.data[lane * bits : (lane + 1) * bits]
            wide = Cat(own, *[own[-1]] * (READOUT_BITS - bits))
            value = Mux(part == lane, wide, value)
        return value

    def _count(self, m: Module) -> None:
        """What happens in this cycle."""
        warps, events = self._unit.warps, self.events
        stays = Cat(
            *(is_one_of(self._unit, self.instructions[n], "QST", "STV") for n in range(warps))
        )
        posting = self.away & stays
        waiting = self.at_barrier | self.at_result
        elsewhere = posting | self.walking | waiting | self.ended
        causes = {
            "wait_front_end": (~elsewhere).any(),
            "wait_post": posting.any(),
            "wait_drain": self.walking.any(),
            "wait_result": self.at_result.any(),
            "wait_barrier": self.at_barrier.any(),
        }
        m.d.comb += [
            events.instructions.eq(sum(self.retired[n] for n in range(warps))),
            events.multiply.eq(self.multiplies),
            events.post.eq(self.posts),
        ]
        with m.If(self.running & ~self.multiplies):
            for name, applies in reversed(causes.items()):
                with m.If(applies):
                    m.d.comb += [events[each].eq(each == name) for each in causes]


def attach(m: Module, unit: Any, states: Any, file: Any, masks: Any) -> None:
    """Connect a debug unit to what it watches and reads.

    Parameters
    ----------
    m : Module
        Of the front end.
    unit : DebugUnit
    states : WarpStates
    file : ScalarFile
    masks : PredicateUnit
        It is the last reader of these two.
    """
    connect(m, unit.scalars, file.reads[-1])
    connect(m, unit.mask, masks.reads[-1])
    m.d.comb += [
        *(getattr(unit, n).eq(getattr(states, _OTHERS.get(n, n))) for n in _STATES),
        Value.cast(unit.scalar).eq(Value.cast(file.data)),
    ]
