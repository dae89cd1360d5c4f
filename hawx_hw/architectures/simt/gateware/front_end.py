"""The front end: warps that take turns, their instructions, and who may use which engine."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Array, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.gateware.debug_ports import debugged_members
from hawx_hw.architectures.simt.gateware.debug_unit import DebugUnit, attach
from hawx_hw.architectures.simt.gateware.decoder import (
    Decoded,
    Decoder,
    SourceSelect,
    field_of,
    is_one_of,
)
from hawx_hw.architectures.simt.gateware.dispatch import Dispatch, needed_bits
from hawx_hw.architectures.simt.gateware.engine_ports import EngineReports, PostRequest
from hawx_hw.architectures.simt.gateware.fault_choice import FaultChoice
from hawx_hw.architectures.simt.gateware.jump_check import JumpCheck
from hawx_hw.architectures.simt.gateware.loop_stack import LoopStack
from hawx_hw.architectures.simt.gateware.names import (
    DEBUG_UNIT,
    DECODER,
    DISPATCH,
    FAULT_CHOICE,
    JUMP_CHECK,
    LOOP_STACK,
    PREDICATE_UNIT,
    SCALAR_UNIT,
    SCALARS,
    SOURCE_SELECT,
    TRAP_UNIT,
    VECTOR_UNIT,
    WARP_STATES,
)
from hawx_hw.architectures.simt.gateware.predicate_unit import PredicateUnit
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.gateware.request import MultiplyRequest
from hawx_hw.architectures.simt.gateware.scalar_file import ScalarFile
from hawx_hw.architectures.simt.gateware.scalar_unit import ScalarUnit
from hawx_hw.architectures.simt.gateware.trap_unit import TrapLayout, TrapUnit
from hawx_hw.architectures.simt.gateware.vector_unit import VectorUnit
from hawx_hw.architectures.simt.gateware.warp_states import WarpStates
from hawx_hw.architectures.simt.isa import PC_BITS, POST_LATENCY
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ReadPort

__all__ = ["FrontEnd"]

#: Readers of the scalar file: both scalars of an instruction, and the places of both engines.
_FIRST, _SECOND, _MULTIPLY, _POST = range(4)
#: Readers of the predicates; the debug unit is the last one of both.
_REQUEST, _VECTOR = range(2)


def _vector_ports(unit: Unit) -> dict[str, wiring.Member]:
    reads = Out(RegisterReads(unit))
    return {"operands": reads, "targets": reads, "writes": Out(RegisterWrites(unit))}


class _Stage(data.StructLayout):
    """An instruction on its way through the front end."""

    def __init__(self, unit: Unit):
        super().__init__({"valid": 1, "warp": index_width(unit.warps), "beyond": 1})


class FrontEnd(wiring.Component):
    """Executes the programs of all warps, as in :mod:`~hawx_hw.architectures.simt.simulator`.

    ::

        fetch | read a | read b, decode | execute
          t      t + 1      t + 2           t + 3

    In cycle 0, the first one of ``busy``, warp 0 begins. A warp begins an instruction in its turn,
    when its last one has ended; so none finds another one of the same warp in a later stage.

    **Latency**: ``start`` to cycle 0 takes a cycle. An instruction that does not wait ends
    :data:`~hawx_hw.architectures.simt.isa.FRONT_END_LATENCY` - 1 cycles after its fetch. A request
    is offered from the cycle on in which its walk may begin. ``trap`` follows what it reports by
    :attr:`TrapUnit.LATENCY`.

    Parameters
    ----------
    unit : Unit
    code : int
        Words of the program.
    arguments : int
        Of each warp.
    streams, stores : int
    layers : int
    debug : bool
        Whether it can be halted and read.

    Attributes
    ----------
    start : In(1)
    busy, done : Out(1)
        From cycle 0 on up to the cycle of ``done``, or until all is still after a trap.
    input_release : Out(1)
        The image is read no more: once an inference.
    result_free : In(1)
    claimed : Out(1)
        A WAITR has ended: the result may be stored.
    watchdog : In(1)
        This is the cycle in which the inference takes too long.
    layer, layer_done : Out
        The number of the barrier that was passed last, and the cycle in which a layer ends.
    trap : Out(TrapLayout)
    program, arguments : Out(ReadPort)
    multiply, post : Out(stream of MultiplyRequest), Out(stream of PostRequest)
    multiplied, posted : In(EngineReports)
    operands, targets : Out(RegisterReads)
    writes : Out(RegisterWrites)
        These three only with instructions on whole vector registers.
    debug : Out(DebugFormat.signature)
        Only with ``debug``, as ``events``; counters are not read here.
    inspected : Out(RegisterReads)
        Likewise: what software reads.
    events : Out(EventLayout of FRONT_EVENTS)
        What they count of the front end.

    Notes
    -----
    ``retired``, one bit a warp, and ``scalar_write`` are signals inside that a testbench may read:
    instructions that end, and what they write.
    """

    def __init__(
        self,
        unit: Unit,
        *,
        code: int,
        arguments: int,
        streams: int,
        stores: int,
        layers: int = 1,
        debug: bool = False,
    ):
        self._unit, self._code, self._arguments = unit, code, arguments
        self._streams, self._stores, self._layers = streams, stores, layers
        self._pc_bits, self._debug = code.bit_length(), debug
        warps = unit.warps
        self.retired = Signal(warps, name="retired")
        self.scalar_write = Signal(
            data.StructLayout(
                {"valid": 1, "warp": index_width(warps), "number": 4, "data": unit.scalar_bits}
            ),
            name="scalar_write",
        )
        super().__init__(
            {
                "start": In(1),
                "busy": Out(1),
                "done": Out(1),
                "input_release": Out(1),
                "result_free": In(1),
                "claimed": Out(1),
                "watchdog": In(1),
                "layer": Out(index_width(layers)),
                "layer_done": Out(1),
                "trap": Out(TrapLayout(unit)),
                "program": Out(ReadPort(code, 32)),
                "arguments": Out(ReadPort(max(1, arguments * warps), unit.scalar_bits)),
                "multiply": Out(stream.Signature(MultiplyRequest(unit, max(1, streams)))),
                "post": Out(stream.Signature(PostRequest(unit, max(1, stores)))),
                "multiplied": In(EngineReports(unit)),
                "posted": In(EngineReports(unit)),
                **(_vector_ports(unit) if unit.vectors else {}),
                **(debugged_members(unit) if debug else {}),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._make(m, platform)
        self._fetch(m)
        self._look(m)
        self._execute(m)
        self._scalars(m)
        if self._unit.vectors:
            self._vectors(m, platform)
        self._engines(m)
        self._retire(m)
        self._stop(m)
        return m

    # Parts ------------------------------------------------------------------------------------

    def _make(self, m: Module, platform: Any) -> None:
        """Parts and state."""
        unit, warps = self._unit, self._unit.warps
        self._platform, make = platform, partial(place, m, platform)
        readers = 4 + self._debug
        self._file: Any = make("scalars", SCALARS, partial(ScalarFile, unit, readers=readers))
        readers = 1 + unit.vectors + self._debug
        self._masks: Any = make(
            "predicates", PREDICATE_UNIT, partial(PredicateUnit, unit, readers=readers)
        )
        self._loops: Any = make("loops", LOOP_STACK, partial(LoopStack, unit, self._pc_bits))
        self._sources: Any = make("sources", SOURCE_SELECT, partial(SourceSelect, unit))
        counts = {"streams": self._streams, "stores": self._stores}
        self._decoder: Any = make(
            "decoder", DECODER, partial(Decoder, unit, arguments=self._arguments, **counts)
        )
        self._traps: Any = make("traps", TRAP_UNIT, partial(TrapUnit, unit))
        self._scalar: Any = make("scalar_unit", SCALAR_UNIT, partial(ScalarUnit, unit))
        self._jumps: Any = make("jump_check", JUMP_CHECK, partial(JumpCheck, unit, self._code))
        self._faults: Any = make(
            "fault_choice", FAULT_CHOICE, partial(FaultChoice, unit, self._code)
        )
        self._dispatch: Any = make("dispatch", DISPATCH, partial(Dispatch, unit, **counts))
        self._states: Any = make("states", WARP_STATES, partial(WarpStates, unit, self._layers))
        self._running, self._trapped = Signal(name="running"), self._traps.trapped
        self._goes_on = Signal(name="goes_on")  # no trap until the last cycle
        bits = self._pc_bits
        self._pcs = [Signal(bits, name=f"pc_{n}", reset_less=True) for n in range(warps)]
        #: Of the instruction that a warp waits for.
        self.own_pcs = [Signal(bits, name=f"own_pc_{n}", reset_less=True) for n in range(warps)]
        self._words = [Signal(32, name=f"instruction_{n}", reset_less=True) for n in range(warps)]
        cleared = (self._file, self._loops, self._dispatch, self._traps)
        m.d.comb += self._goes_on.eq(self._running & ~self._trapped)
        m.d.comb += [part.clear.eq(self.start) for part in cleared]

    # Stages -----------------------------------------------------------------------------------

    def _fetch(self, m: Module) -> None:
        """The warp whose turn it is begins an instruction."""
        unit = self._unit
        turn = Signal(range(unit.period), name="turn")
        with m.If(self.start):
            m.d.sync += turn.eq(0)
        with m.Else():
            m.d.sync += turn.eq(Mux(turn == unit.period - 1, 0, turn + 1))
        layout = _Stage(unit)
        self._read_a, self._read_b, self._now = (
            Signal(layout, name=name) for name in ("read_a", "read_b", "now")
        )
        pc = Signal(self._pc_bits, name="pc")
        comes, begins = Signal(name="turn_comes"), Signal(name="begins")
        with m.Switch(turn):
            for warp in range(unit.warps):
                with m.Case(warp):
                    m.d.comb += [
                        pc.eq(self._pcs[warp]),
                        comes.eq(self._goes_on & self._states.ready[warp]),
                        self._states.begins[warp].eq(begins),
                    ]
        may_begin = self._add_debug(m, turn, comes, pc) if self._debug else Const(1, 1)
        m.d.comb += [
            begins.eq(comes & may_begin),
            self.program.enable.eq(begins),
            self.program.address.eq(pc[: len(self.program.address)]),
        ]
        m.d.sync += [
            self._read_a.valid.eq(begins),
            self._read_a.warp.eq(turn[: len(self._read_a.warp)]),
            self._read_a.beyond.eq(pc == self._code),
            self._read_b.eq(self._read_a),
            self._now.eq(self._read_b),
            self._now.valid.eq(self._read_b.valid & ~self._trapped),
        ]
        sources, reads = self._sources, self._file.reads
        m.d.comb += [
            sources.word.eq(self.program.data),
            reads[_FIRST].enable.eq(self._read_a.valid & sources.reads),
            reads[_FIRST].warp.eq(self._read_a.warp),
            reads[_FIRST].number.eq(sources.number),
        ]

    def _add_debug(self, m: Module, turn: Value, comes: Value, pc: Value) -> Value:
        """Add the debug unit; returns whether the warp whose turn comes may begin."""
        part = partial(DebugUnit, self._unit, self._pc_bits)
        unit: Any = place(m, self._platform, "debug_unit", DEBUG_UNIT, part)
        connect(m, flipped(self.debug), unit.port)
        connect(m, unit.registers, flipped(self.inspected))
        attach(m, unit, self._states, self._file, self._masks)
        m.d.comb += [
            unit.start.eq(self.start),
            unit.running.eq(self._running),
            unit.goes_on.eq(self._goes_on),
            unit.turn.eq(comes),
            unit.warp.eq(turn[: len(unit.warp)]),
            unit.pc.eq(pc),
            unit.multiplies.eq(self.multiply.valid | ~self.multiply.ready),
            unit.posts.eq(self.post.valid | ~self.post.ready),
            self.events.eq(unit.events),
        ]
        for warp in range(self._unit.warps):
            m.d.comb += [
                unit.pcs[warp].eq(self._pcs[warp]),
                unit.own_pcs[warp].eq(self.own_pcs[warp]),
                unit.instructions[warp].eq(self._words[warp]),
            ]
        return unit.may_begin

    def _look(self, m: Module) -> None:
        """Decode, read the second scalar and the argument, look at the loops."""
        unit, stage, decoder = self._unit, self._read_b, self._decoder
        word = Signal(32, name="word_read_b", reset_less=True)
        with m.If(self._read_a.valid):
            m.d.sync += word.eq(self.program.data)
        decoded, reads = decoder.decoded, self._file.reads
        pc = Array(self._pcs)[stage.warp]
        following = Signal(PC_BITS + 1, name="following")
        target = Signal(signed(PC_BITS + 3), name="target")
        argument = field_of(word, "I", "imm")
        m.d.comb += [
            decoder.word.eq(word),
            reads[_SECOND].enable.eq(stage.valid & decoded.second),
            reads[_SECOND].warp.eq(stage.warp),
            reads[_SECOND].number.eq(decoded.second_number),
            following.eq(pc + 1),
            target.eq(following + field_of(word, "B", "offset")),
            self.arguments.enable.eq(stage.valid & is_one_of(unit, word, "ARG")),
            self.arguments.address.eq(
                (argument.as_unsigned() * unit.warps + stage.warp)[: len(self.arguments.address)]
            ),
            self._loops.look_warp.eq(stage.warp),
            self._loops.following.eq(following),
            self._loops.target.eq(target),
        ]
        self._word = Signal(32, name="word", reset_less=True)
        self._decoded = Signal(Decoded(), name="decoded", reset_less=True)
        self._operand = Signal(unit.scalar_bits, name="a", reset_less=True)
        self._target = Signal(PC_BITS, name="target_now", reset_less=True)
        with m.If(stage.valid):
            m.d.sync += [self._word.eq(word), self._decoded.eq(decoded), self._target.eq(target)]
            m.d.sync += self._operand.eq(self._file.data[stage.warp])
        check = self._jumps
        m.d.comb += [
            check.check.eq(stage.valid),
            check.word.eq(word),
            check.target.eq(target),
            Value.cast(check.inner).eq(Value.cast(self._loops.inner)),
            check.full.eq(self._loops.full),
        ]

    def _execute(self, m: Module) -> None:
        """Whether it traps, where the warp goes on, and what else happens in this cycle."""
        unit, now, word, decoded = self._unit, self._now, self._word, self._decoded
        valid = now.valid & ~self._trapped
        a, jumps = self._operand, self._scalar.jumps
        self._released = released = Signal(name="released")
        enters = is_one_of(unit, word, "LOOP")
        choice = self._faults
        m.d.comb += [
            choice.word.eq(word),
            choice.decoded.eq(decoded),
            choice.beyond.eq(now.beyond),
            choice.jumps.eq(jumps),
            choice.target.eq(self._target),
            choice.released.eq(released),
        ]
        for name in ("bad_jump", "bad_jump_cause", "bad_loop"):
            m.d.comb += getattr(choice, name).eq(getattr(self._jumps, name))
        self._does = does = Signal(name="does")
        m.d.comb += [
            does.eq(valid & ~choice.fault),
            self._traps.executing.valid.eq(valid & choice.fault),
            self._traps.executing.cause.eq(choice.cause),
            self._traps.executing.warp.eq(now.warp),
            self._traps.value.eq(choice.value),
        ]
        loops = self._loops
        m.d.comb += [
            loops.goes.eq(does),
            loops.warp.eq(now.warp),
            loops.enters.eq(enters & (a != 0)),
            loops.jumps.eq(jumps | enters & (a == 0)),
            loops.times.eq(a),
        ]
        needed = (1 << 32) - 1
        if not (unit.vectors or self._debug):
            needed = needed_bits(unit, streams=self._streams, stores=self._stores)
        for warp in range(unit.warps):
            with m.If(self.start):
                m.d.sync += self._pcs[warp].eq(0)
            with m.Elif(does & (now.warp == warp)):
                m.d.sync += [
                    self._pcs[warp].eq(loops.next),
                    self.own_pcs[warp].eq(self._pcs[warp]),
                    self._words[warp].eq(word & needed),
                ]

    # Results ----------------------------------------------------------------------------------

    def _scalars(self, m: Module) -> None:
        """What is written to the scalar file, and to the predicates."""
        now, word, scalar, file = self._now, self._word, self._scalar, self._file
        m.d.comb += [
            self._masks.executes.eq(self._does),
            self._masks.word.eq(word),
            self._masks.warp.eq(now.warp),
            self._masks.scalar.eq(self._operand),
            scalar.word.eq(word),
            scalar.warp.eq(now.warp),
            scalar.a.eq(self._operand),
            scalar.b.eq(file.data[now.warp]),
            scalar.argument.eq(self.arguments.data),
            file.write.eq(self._does & self._decoded.writes),
            file.write_warp.eq(now.warp),
            file.write_number.eq(field_of(word, "I", "rd")),
            file.write_data.eq(scalar.result),
            self.scalar_write.valid.eq(file.write),
            self.scalar_write.warp.eq(file.write_warp),
            self.scalar_write.number.eq(file.write_number),
            self.scalar_write.data.eq(file.write_data),
        ]

    def _vectors(self, m: Module, platform: Any) -> None:
        """Instructions on whole vector registers."""
        unit = self._unit
        part: Any = place(m, platform, "vector_unit", VECTOR_UNIT, partial(VectorUnit, unit))
        connect(m, part.mask, self._masks.reads[_VECTOR])
        if unit.compares:
            connect(m, part.predicate, self._masks.change)
        for name in ("operands", "targets", "writes"):
            connect(m, getattr(part, name), flipped(getattr(self, name)))
        m.d.comb += [part.clear.eq(self.start), part.scalars.eq(self._file.data)]
        for warp in range(unit.warps):
            here = self._does & (self._now.warp == warp)
            m.d.comb += [
                part.instructions[warp].eq(self._words[warp]),
                part.broadcasts[warp].eq(here & self._decoded.broadcast),
                part.computes[warp].eq(here & self._decoded.arithmetic),
            ]

    # Engines ----------------------------------------------------------------------------------

    def _engines(self, m: Module) -> None:
        """Instructions that go to an engine."""
        part = self._dispatch
        connect(m, part.multiply_reads, self._file.reads[_MULTIPLY])
        connect(m, part.post_reads, self._file.reads[_POST])
        connect(m, part.mask, self._masks.reads[_REQUEST])
        connect(m, part.multiply, flipped(self.multiply))
        connect(m, part.post, flipped(self.post))
        m.d.comb += [
            part.goes_on.eq(self._goes_on),
            part.scalars.eq(self._file.data),
            self._states.walks.eq(part.walks),
        ]
        for warp in range(self._unit.warps):
            here = self._does & (self._now.warp == warp)
            m.d.comb += [
                part.instructions[warp].eq(self._words[warp]),
                part.multiply_asks[warp].eq(here & self._decoded.multiply),
                part.post_asks[warp].eq(here & self._decoded.post),
            ]

    # Ends -------------------------------------------------------------------------------------

    def _retire(self, m: Module) -> None:
        """What the states of the warps depend on."""
        now, word, states = self._now, self._word, self._states
        executed = states.executed
        waits, bars = is_one_of(self._unit, word, "WAITR"), is_one_of(self._unit, word, "BAR")
        m.d.comb += [
            states.start.eq(self.start),
            states.goes_on.eq(self._goes_on),
            states.result_free.eq(self.result_free),
            executed.valid.eq(self._does),
            executed.warp.eq(now.warp),
            executed.ends.eq(self._decoded.front & ~waits & ~bars),
            executed.waits.eq(waits),
            executed.bars.eq(bars),
            executed.halts.eq(is_one_of(self._unit, word, "HALT")),
            executed.broadcast.eq(self._decoded.broadcast),
            executed.arithmetic.eq(self._decoded.arithmetic),
            executed.layer.eq(field_of(word, "I", "imm")[: len(self.layer)]),
            self.retired.eq(states.retired),
            self.done.eq(states.done),
            self.claimed.eq(states.claimed),
            self.layer.eq(states.layer),
            self.layer_done.eq(states.layer_done),
        ]
        for name in ("multiplied", "posted"):
            connect(m, getattr(states, name), flipped(getattr(self, name)))

    def _stop(self, m: Module) -> None:
        """Traps, and the end."""
        traps, unit = self._traps, self._unit
        m.d.comb += [
            traps.multiply.eq(self.multiplied.fault),
            traps.post.eq(self.posted.fault),
            traps.watchdog.eq(self.watchdog),
            traps.running.eq(self._running & ~self.done),
            traps.halted.eq(self._states.halted),
            self.trap.eq(traps.trap),
        ]
        away = Array([self._states.away[n] for n in range(unit.warps)])[traps.warp]
        m.d.comb += self.trap.address.eq(
            Mux(away, Array(self.own_pcs)[traps.warp], Array(self._pcs)[traps.warp])
        )
        # What is on its way to a memory arrives.
        still = Signal(range(POST_LATENCY + 1), name="still")
        ends = Signal(name="ends")
        m.d.comb += ends.eq(self.done | (still == POST_LATENCY))
        with m.If(~self._running | ~self._trapped | self._states.walking):
            m.d.sync += still.eq(0)
        with m.Else():
            m.d.sync += still.eq(still + 1)
        with m.If(self.start):
            m.d.sync += self._running.eq(1)
        with m.Elif(ends):
            m.d.sync += self._running.eq(0)
        releases = self._does & is_one_of(self._unit, self._word, "REL")
        m.d.comb += [
            self.busy.eq(self._running),
            # After a trap, too, no store follows that the next image could come before.
            self.input_release.eq(releases | ~self._released & ends),
        ]
        with m.If(self.start):
            m.d.sync += self._released.eq(0)
        with m.Elif(self.input_release):
            m.d.sync += self._released.eq(1)
