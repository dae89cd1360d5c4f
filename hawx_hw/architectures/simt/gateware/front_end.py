"""The front end: warps that take turns, their instructions, and who may use which engine."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Array, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.gateware.debug_ports import EventLayout, debug_format
from hawx_hw.architectures.simt.gateware.debug_unit import DebugUnit
from hawx_hw.architectures.simt.gateware.decoder import (
    BRANCHES,
    CAUSE_BITS,
    Decoded,
    Decoder,
    SourceSelect,
    field_of,
    is_one_of,
    refused_value,
)
from hawx_hw.architectures.simt.gateware.dispatch import Dispatch
from hawx_hw.architectures.simt.gateware.engine_ports import EngineReports, PostRequest
from hawx_hw.architectures.simt.gateware.jump_check import JumpCheck
from hawx_hw.architectures.simt.gateware.loop_stack import LoopStack
from hawx_hw.architectures.simt.gateware.names import (
    DECODER,
    DISPATCH,
    JUMP_CHECK,
    LOOP_STACK,
    PREDICATES,
    SCALAR_UNIT,
    SCALARS,
    SOURCE_SELECT,
    TRAP_UNIT,
    VECTOR_UNIT,
    WARP_STATES,
)
from hawx_hw.architectures.simt.gateware.predicate_file import PredicateFile, lanes_below
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.gateware.request import MultiplyRequest
from hawx_hw.architectures.simt.gateware.scalar_file import ScalarFile
from hawx_hw.architectures.simt.gateware.scalar_unit import ScalarUnit
from hawx_hw.architectures.simt.gateware.trap_unit import TrapLayout, TrapUnit
from hawx_hw.architectures.simt.gateware.vector_unit import VectorUnit
from hawx_hw.architectures.simt.gateware.warp_states import WarpStates
from hawx_hw.architectures.simt.isa import (
    PC_BITS,
    POST_LATENCY,
)
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ReadPort

__all__ = ["FrontEnd"]

#: Readers of the scalar file: both scalars of an instruction, and the places of both engines.
_FIRST, _SECOND, _MULTIPLY, _POST = range(4)
#: Reader of both, where there is one: the debug unit.
_DEBUG = 4
#: Readers of the predicate file.
_A, _B, _VECTOR, _REQUEST = range(4)


def _debug_ports(unit: Unit) -> dict[str, wiring.Member]:
    return {"debug": Out(debug_format(unit).signature), "events": Out(EventLayout(unit))}


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
    debug : Out(DebugFormat.signature)
        Only with ``debug``, as ``events``; counters are not read here.
    events : Out(EventLayout)
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
                "operands": Out(RegisterReads(unit)),
                "targets": Out(RegisterReads(unit)),
                "writes": Out(RegisterWrites(unit)),
            }
            | (_debug_ports(unit) if debug else {})
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._make(m, platform)
        self._fetch(m)
        self._look(m)
        self._execute(m)
        self._scalars(m)
        self._predicates(m)
        self._engines(m)
        self._retire(m)
        self._stop(m)
        return m

    # Parts ------------------------------------------------------------------------------------

    def _make(self, m: Module, platform: Any) -> None:
        """Parts and state."""
        unit, warps = self._unit, self._unit.warps
        make = partial(place, m, platform)
        readers = 4 + self._debug
        self._file: Any = make("scalars", SCALARS, partial(ScalarFile, unit, readers=readers))
        self._masks: Any = make(
            "predicates", PREDICATES, partial(PredicateFile, unit, readers=readers, writers=2)
        )
        self._loops: Any = make("loops", LOOP_STACK, partial(LoopStack, unit, self._pc_bits))
        self._vectors: Any = make("vector_unit", VECTOR_UNIT, partial(VectorUnit, unit))
        self._sources: Any = make("sources", SOURCE_SELECT, SourceSelect)
        counts = {"streams": self._streams, "stores": self._stores}
        self._decoder: Any = make(
            "decoder", DECODER, partial(Decoder, unit, arguments=self._arguments, **counts)
        )
        self._traps: Any = make("traps", TRAP_UNIT, partial(TrapUnit, unit))
        self._scalar: Any = make("scalar_unit", SCALAR_UNIT, partial(ScalarUnit, unit))
        self._jumps: Any = make("jump_check", JUMP_CHECK, partial(JumpCheck, unit, self._code))
        self._dispatch: Any = make("dispatch", DISPATCH, partial(Dispatch, unit, **counts))
        self._states: Any = make("states", WARP_STATES, partial(WarpStates, unit, self._layers))
        self._running, self._trapped = Signal(name="running"), self._traps.trapped
        self._goes_on = Signal(name="goes_on")  # no trap until the last cycle
        bits = self._pc_bits
        self._pcs = [Signal(bits, name=f"pc_{n}", reset_less=True) for n in range(warps)]
        #: Of the instruction that a warp waits for.
        self.own_pcs = [Signal(bits, name=f"own_pc_{n}", reset_less=True) for n in range(warps)]
        self._words = [Signal(32, name=f"instruction_{n}", reset_less=True) for n in range(warps)]
        cleared = (self._file, self._loops, self._vectors, self._dispatch, self._traps)
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
        beyond = pc == self._code
        m.d.comb += [
            begins.eq(comes & may_begin),
            self.program.enable.eq(begins),
            self.program.address.eq(pc[: len(self.program.address)]),
        ]
        m.d.sync += [
            self._read_a.valid.eq(begins),
            self._read_a.warp.eq(turn[: len(self._read_a.warp)]),
            self._read_a.beyond.eq(beyond),
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
        m.submodules.debug_unit = unit = DebugUnit(self._unit, self._pc_bits)
        self._debug_unit: Any = unit
        connect(m, flipped(self.debug), unit.port)
        unit.attach(m, self._states, self._file, self._masks, _DEBUG)
        m.d.comb += [
            unit.goes_on.eq(self._goes_on),
            unit.turn.eq(comes),
            unit.warp.eq(turn[: len(unit.warp)]),
            unit.pc.eq(pc),
            unit.registers.data.eq(self.operands.data),
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
            self.arguments.enable.eq(stage.valid & is_one_of(word, "ARG")),
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
            check.two.eq(self._loops.two),
        ]

    def _execute(self, m: Module) -> None:
        """Whether it traps, where the warp goes on, and what else happens in this cycle."""
        now, word, decoded = self._now, self._word, self._decoded
        unit = self._unit
        valid = now.valid & ~self._trapped
        a, jumps = self._operand, self._scalar.jumps
        self._released = released = Signal(name="released")
        again = is_one_of(word, "REL") & released
        enters = is_one_of(word, "LOOP")
        faults = [
            (now.beyond, Cause.PC, Const(self._code, PC_BITS + 1)),
            (decoded.faulty, decoded.cause, refused_value(m, decoded, word)),
            (self._jumps.bad_loop, Cause.LOOP, self._target),
            (jumps & self._jumps.bad_jump, self._jumps.bad_jump_cause, self._target),
            (again, Cause.SEQUENCE, Const(0, 1)),
        ]
        fault, cause = Signal(name="faults"), Signal(CAUSE_BITS, name="cause")
        value = Signal(32, name="value")
        for condition, _, _ in faults:
            with m.If(condition):
                m.d.comb += fault.eq(1)
        # Their causes do not wait for the comparison: an instruction has one of the last three.
        kinds = (*(f[0] for f in faults[:2]), enters, is_one_of(word, *BRANCHES), Const(1, 1))
        for condition, (_, which, number) in reversed(list(zip(kinds, faults, strict=True))):
            with m.If(condition):
                m.d.comb += [cause.eq(which), value.eq(number)]
        self._does = does = Signal(name="does")
        m.d.comb += [
            does.eq(valid & ~fault),
            self._traps.executing.valid.eq(valid & fault),
            self._traps.executing.cause.eq(cause),
            self._traps.executing.warp.eq(now.warp),
            self._traps.value.eq(value),
        ]
        loops = self._loops
        m.d.comb += [
            loops.goes.eq(does),
            loops.warp.eq(now.warp),
            loops.enters.eq(enters & (a != 0)),
            loops.jumps.eq(jumps | enters & (a == 0)),
            loops.times.eq(a),
        ]
        for warp in range(unit.warps):
            with m.If(self.start):
                m.d.sync += self._pcs[warp].eq(0)
            with m.Elif(does & (now.warp == warp)):
                m.d.sync += [
                    self._pcs[warp].eq(loops.next),
                    self.own_pcs[warp].eq(self._pcs[warp]),
                    self._words[warp].eq(word),
                ]

    # Results ----------------------------------------------------------------------------------

    def _scalars(self, m: Module) -> None:
        """What is written to the scalar file."""
        now, word, scalar, file = self._now, self._word, self._scalar, self._file
        m.d.comb += [
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

    def _predicates(self, m: Module) -> None:
        """PLT and PAND; what the vector unit reads and writes."""
        unit, now, word, masks = self._unit, self._now, self._word, self._masks
        below = lanes_below(m, unit, self._operand, field_of(word, "S", "d"))
        write = masks.writes[0]
        m.d.comb += [
            masks.reads[_A].warp.eq(now.warp),
            masks.reads[_A].condition.eq(field_of(word, "V", "va")),
            masks.reads[_B].warp.eq(now.warp),
            masks.reads[_B].condition.eq(field_of(word, "V", "vb")),
            write.enable.eq(self._does & is_one_of(word, "PLT", "PAND")),
            write.warp.eq(now.warp),
            write.number.eq(field_of(word, "V", "vd")),
            write.changes.eq((1 << unit.lanes) - 1),
            write.lanes.eq(
                Mux(is_one_of(word, "PLT"), below, masks.reads[_A].lanes & masks.reads[_B].lanes)
            ),
        ]
        vectors = self._vectors
        connect(m, vectors.mask, masks.reads[_VECTOR])
        connect(m, vectors.predicate, masks.writes[1])
        for name in ("operands", "targets", "writes"):
            connect(m, getattr(vectors, name), flipped(getattr(self, name)))
        if self._debug:
            reads = self._debug_unit.registers
            with m.If(reads.enable):
                m.d.comb += [
                    getattr(self.operands, name).eq(getattr(reads, name))
                    for name in ("enable", "warp", "register")
                ]
        m.d.comb += vectors.scalars.eq(self._file.data)
        for warp in range(unit.warps):
            here = self._does & (now.warp == warp)
            m.d.comb += [
                vectors.instructions[warp].eq(self._words[warp]),
                vectors.broadcasts[warp].eq(here & self._decoded.broadcast),
                vectors.computes[warp].eq(here & self._decoded.arithmetic),
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
        waits, bars = is_one_of(word, "WAITR"), is_one_of(word, "BAR")
        m.d.comb += [
            states.start.eq(self.start),
            states.goes_on.eq(self._goes_on),
            states.result_free.eq(self.result_free),
            executed.valid.eq(self._does),
            executed.warp.eq(now.warp),
            executed.ends.eq(self._decoded.front & ~waits & ~bars),
            executed.waits.eq(waits),
            executed.bars.eq(bars),
            executed.halts.eq(is_one_of(word, "HALT")),
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
        with m.If(~self._trapped | self._states.walking):
            m.d.sync += still.eq(0)
        with m.Else():
            m.d.sync += still.eq(still + 1)
        with m.If(self.start):
            m.d.sync += self._running.eq(1)
        with m.Elif(self.done | (still == POST_LATENCY)):
            m.d.sync += self._running.eq(0)
        releases = self._does & is_one_of(self._word, "REL")
        m.d.comb += [
            self.busy.eq(self._running),
            self.input_release.eq(releases | ~self._released & (self.done | self.trap.valid)),
        ]
        with m.If(self.start):
            m.d.sync += self._released.eq(0)
        with m.Elif(self.input_release):
            m.d.sync += self._released.eq(1)
