"""The front end: warps that take turns, their instructions, and who may use which engine."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value, signed
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out, connect, flipped

from hawx_hw.architectures.simt.gateware.decoder import (
    BRANCHES,
    CAUSE_BITS,
    Decoded,
    Decoder,
    SourceSelect,
    field_of,
    is_one_of,
)
from hawx_hw.architectures.simt.gateware.engine_place import EnginePlace
from hawx_hw.architectures.simt.gateware.engine_ports import EngineReports, PostRequest
from hawx_hw.architectures.simt.gateware.loop_stack import LoopStack
from hawx_hw.architectures.simt.gateware.names import (
    ENGINE_PLACE,
    LOOP_STACK,
    PREDICATES,
    SCALARS,
    VECTOR_UNIT,
)
from hawx_hw.architectures.simt.gateware.predicate_file import PredicateFile
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.gateware.request import Kind, MultiplyRequest
from hawx_hw.architectures.simt.gateware.scalar_file import ScalarFile
from hawx_hw.architectures.simt.gateware.trap_unit import TrapLayout, TrapUnit
from hawx_hw.architectures.simt.gateware.vector_unit import VectorUnit
from hawx_hw.architectures.simt.isa import (
    ARITHMETIC_LATENCY,
    BROADCAST_LATENCY,
    MULTIPLY_SCALARS,
    PC_BITS,
    POST_LATENCY,
    POST_SCALARS,
)
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width
from hawx_hw.gateware.memories import ReadPort

__all__ = ["FrontEnd"]

#: Readers of the scalar file: both scalars of an instruction, and the places of both engines.
_FIRST, _SECOND, _MULTIPLY, _POST = range(4)
#: Readers of the predicate file.
_A, _B, _VECTOR, _REQUEST = range(4)


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

    Notes
    -----
    ``retired``, one bit a warp, and ``scalar_write`` are signals inside that a testbench may read:
    instructions that end, and what they write.
    """

    def __init__(
        self, unit: Unit, *, code: int, arguments: int, streams: int, stores: int, layers: int = 1
    ):
        self._unit, self._code, self._arguments = unit, code, arguments
        self._streams, self._stores = streams, stores
        warps = unit.warps
        self._pc_bits = code.bit_length()
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
        self._file: Any = make("scalars", SCALARS, partial(ScalarFile, unit, readers=4))
        self._masks: Any = make(
            "predicates", PREDICATES, partial(PredicateFile, unit, readers=4, writers=2)
        )
        self._loops: Any = make("loops", LOOP_STACK, partial(LoopStack, unit, self._pc_bits))
        self._vectors: Any = make("vector_unit", VECTOR_UNIT, partial(VectorUnit, unit))
        self._places: list[Any] = [
            make(f"{name}_place", f"{ENGINE_PLACE}_{name}", partial(EnginePlace, unit, scalars))
            for name, scalars in (("multiply", MULTIPLY_SCALARS), ("post", POST_SCALARS))
        ]
        m.submodules.sources = self._sources = SourceSelect()
        m.submodules.decoder = self._decoder = Decoder(
            unit, streams=self._streams, stores=self._stores, arguments=self._arguments
        )
        m.submodules.traps = self._traps = TrapUnit(unit)
        self._running, self._trapped = Signal(name="running"), self._traps.trapped
        self._goes_on = Signal(name="goes_on")  # no trap until the last cycle
        self._pcs = [Signal(self._pc_bits, name=f"pc_{n}", reset_less=True) for n in range(warps)]
        #: Of the instruction that a warp waits for.
        self.own_pcs = [
            Signal(self._pc_bits, name=f"own_pc_{n}", reset_less=True) for n in range(warps)
        ]
        self._words = [Signal(32, name=f"instruction_{n}", reset_less=True) for n in range(warps)]
        for name in ("busy", "away", "halted", "at_barrier", "at_result", "walking"):
            setattr(self, f"_{name}", Signal(warps, name=f"warps_{name}"))
        m.d.comb += self._goes_on.eq(self._running & ~self._trapped)
        clear = self.start
        m.d.comb += [part.clear.eq(clear) for part in (
            self._file, self._loops, self._vectors, *self._places, self._traps)]  # fmt: skip

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
        begins = Signal(name="begins")
        with m.Switch(turn):
            for warp in range(unit.warps):
                with m.Case(warp):
                    m.d.comb += [
                        pc.eq(self._pcs[warp]),
                        begins.eq(self._goes_on & ~self._busy[warp] & ~self._halted[warp]),
                    ]
                    with m.If(begins):
                        m.d.sync += self._busy[warp].eq(1)
        beyond = pc == self._code
        m.d.comb += [
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
            m.d.sync += [
                self._word.eq(word),
                self._decoded.eq(decoded),
                self._operand.eq(self._file.data[stage.warp]),
                self._target.eq(target),
            ]
        self._check_jump(m, word, stage, target)

    def _check_jump(self, m: Module, word: Value, stage: Any, target: Signal) -> None:
        """Whether the target may be jumped to, and whether a loop may end there."""
        inner = self._loops.inner
        wrapped = Signal(PC_BITS, name="wrapped_target")
        leaves, nests = Signal(name="leaves"), Signal(name="nests")
        m.d.comb += [
            wrapped.eq(target),
            leaves.eq(inner.valid & ((wrapped < inner.first) | (wrapped > inner.end))),
            nests.eq(
                (field_of(word, "B", "offset") < 1)
                | (self._loops.two & inner.valid)
                | (target > Mux(inner.valid, inner.end, self._code))
            ),
        ]
        self._bad_jump = Signal(name="bad_jump", reset_less=True)
        self._bad_jump_cause = Signal(CAUSE_BITS, name="bad_jump_cause", reset_less=True)
        self._bad_loop = Signal(name="bad_loop", reset_less=True)
        with m.If(stage.valid):
            m.d.sync += [
                self._bad_jump.eq(leaves | (wrapped >= self._code)),
                self._bad_jump_cause.eq(Mux(leaves, Cause.LOOP, Cause.PC)),
                self._bad_loop.eq(nests & is_one_of(word, "LOOP")),
            ]

    def _execute(self, m: Module) -> None:
        """Whether it traps, where the warp goes on, and what else happens in this cycle."""
        now, word, decoded = self._now, self._word, self._decoded
        unit = self._unit
        valid = now.valid & ~self._trapped
        a, b = self._operand, self._file.data[now.warp]
        equal, less, jumps = (Signal(name=name) for name in ("equal", "less", "jumps"))
        m.d.comb += [
            equal.eq(a == b),
            less.eq(a < b),
            jumps.eq(
                is_one_of(word, "JMP")
                | is_one_of(word, "BEQ") & equal
                | is_one_of(word, "BNE") & ~equal
                | is_one_of(word, "BLT") & less
                | is_one_of(word, "BGE") & ~less
            ),
        ]
        self._released = released = Signal(name="released")
        again = is_one_of(word, "REL") & released
        enters = is_one_of(word, "LOOP")
        faults = [
            (now.beyond, Cause.PC, Const(self._code, PC_BITS + 1)),
            (decoded.faulty, decoded.cause, self._fault_value(m)),
            (self._bad_loop, Cause.LOOP, self._target),
            (jumps & self._bad_jump, self._bad_jump_cause, self._target),
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

    def _fault_value(self, m: Module) -> Value:
        """The value of what the decoder refuses."""
        value = Signal(32, name="refused_value")
        with m.Switch(self._decoded.cause):
            with m.Case(Cause.REGISTER):
                m.d.comb += value.eq(self._decoded.number)
            with m.Case(Cause.STREAM):
                m.d.comb += value.eq(field_of(self._word, "S", "d"))
            with m.Case(Cause.ARGUMENT):
                m.d.comb += value.eq(field_of(self._word, "I", "imm").as_unsigned())
            with m.Default():
                m.d.comb += value.eq(self._word)
        return value

    # Results ----------------------------------------------------------------------------------

    def _scalars(self, m: Module) -> None:
        """What is written to the scalar file."""
        unit, now, word = self._unit, self._now, self._word
        a, b = self._operand, self._file.data[now.warp]
        bits = unit.scalar_bits
        imm = field_of(word, "I", "imm")
        result = Signal(bits, name="result")
        lower = a[:15] if bits > 15 else a
        upper = imm[: max(0, bits - 15)]
        specials = (now.warp, unit.warps, unit.lanes, unit.cluster, unit.registers, unit.word)
        special = Signal(bits, name="special")
        with m.Switch(imm[:3]):
            for number, value in enumerate(specials):
                with m.Case(number):
                    m.d.comb += special.eq(value)
        total = Signal(signed(bits), name="total")
        subtracts = is_one_of(word, "SUB")
        other = Mux(is_one_of(word, "ADDI"), imm, b ^ subtracts.replicate(bits))
        m.d.comb += total.eq(a + other + subtracts)
        for names, value in (
            (("LI",), imm),
            (("LIH",), Cat(lower, upper)),
            (("ADD", "SUB", "ADDI"), total),
            (("ARG",), self.arguments.data),
            (("SR",), special),
        ):
            with m.If(is_one_of(word, *names)):
                m.d.comb += result.eq(value)
        file = self._file
        m.d.comb += [
            file.write.eq(self._does & self._decoded.writes),
            file.write_warp.eq(now.warp),
            file.write_number.eq(field_of(word, "I", "rd")),
            file.write_data.eq(result),
            self.scalar_write.valid.eq(file.write),
            self.scalar_write.warp.eq(file.write_warp),
            self.scalar_write.number.eq(file.write_number),
            self.scalar_write.data.eq(file.write_data),
        ]

    def _predicates(self, m: Module) -> None:
        """PLT and PAND; what the vector unit reads and writes."""
        unit, now, word, masks = self._unit, self._now, self._word, self._masks
        below = Signal(unit.lanes, name="below")
        with m.Switch(field_of(word, "S", "d")[: index_width(len(unit.groups))]):
            for index, groups in enumerate(unit.groups):
                with m.Case(index):
                    lanes = unit.group_lanes(groups)
                    m.d.comb += below.eq(
                        Cat(*(self._operand > lane % lanes for lane in range(unit.lanes)))
                    )
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
        """Places, requests, and who walks."""
        unit = self._unit
        kinds = ("multiply", "post")
        for name, part, reader in zip(kinds, self._places, (_MULTIPLY, _POST), strict=True):
            request = getattr(self, name)
            connect(m, part.reads, self._file.reads[reader])
            m.d.comb += [
                part.data.eq(self._file.data),
                request.valid.eq(part.valid & self._goes_on),
                part.leaves.eq(request.valid & request.ready),
            ]
            for warp in range(unit.warps):
                here = self._does & (self._now.warp == warp)
                m.d.comb += [
                    part.asks[warp].eq(here & self._decoded[name]),
                    part.first[warp].eq(field_of(self._words[warp], "S", "rs")),
                ]
        self._multiply_request(m, self._places[0])
        self._post_request(m, self._places[1])

    def _multiply_request(self, m: Module, part: Any) -> None:
        word = Signal(32, name="multiply_instruction")
        payload, mask = self.multiply.payload, self._masks.reads[_REQUEST]
        m.d.comb += [
            word.eq(Array(self._words)[part.warp]),
            mask.warp.eq(part.warp),
            mask.condition.eq(field_of(word, "S", "pred")),
            payload.warp.eq(part.warp),
            payload.multiplies.eq(is_one_of(word, "MAC", "MACW")),
            payload.own.eq(~is_one_of(word, "MAC")),
            payload.clears.eq(field_of(word, "S", "fn")[0]),
            payload.register.eq(field_of(word, "S", "v")),
            payload.select.eq(field_of(word, "S", "sel")),
            payload.stream.eq(field_of(word, "S", "d")),
            payload.lanes.eq(mask.lanes),
        ]
        with m.If(is_one_of(word, "RMAX")):
            m.d.comb += payload.kind.eq(Kind.MAXIMUM)
        with m.Elif(is_one_of(word, "LDV")):
            m.d.comb += payload.kind.eq(Kind.LOAD)
        for number, name in enumerate(("address", "x", "y", "weight", "beats")):
            m.d.comb += payload[name].eq(part.scalars[number])

    def _post_request(self, m: Module, part: Any) -> None:
        word = Signal(32, name="post_instruction")
        payload = self.post.payload
        fn = field_of(word, "S", "fn")
        m.d.comb += [
            word.eq(Array(self._words)[part.warp]),
            payload.warp.eq(part.warp),
            payload.plain.eq(is_one_of(word, "STV")),
            payload.largest.eq(fn == 1),
            payload.sums.eq(fn == 2),
            payload.register.eq(field_of(word, "S", "v")),
            payload.store.eq(field_of(word, "S", "d")),
        ]
        for number, name in enumerate(("target", "constants", "beats", "remaining")):
            m.d.comb += payload[name].eq(part.scalars[number])

    # Ends -------------------------------------------------------------------------------------

    def _retire(self, m: Module) -> None:
        """Which instructions end in this cycle."""
        unit, now, word = self._unit, self._now, self._word
        warps = unit.warps
        here = Signal(warps, name="here")
        executes = Signal(warps, name="executes")
        with m.Switch(now.warp):
            for warp in range(warps):
                with m.Case(warp):
                    m.d.comb += executes[warp].eq(self._does)
        waits = is_one_of(word, "WAITR")
        bars = is_one_of(word, "BAR")
        halts = is_one_of(word, "HALT")
        arrives = executes & bars.replicate(warps)
        ending = executes & halts.replicate(warps)
        at_barrier, halted = self._at_barrier | arrives, self._halted | ending
        at_result = self._at_result | executes & waits.replicate(warps)
        opens, serves = Signal(name="opens"), Signal(name="serves")
        m.d.comb += [
            here.eq(executes & (self._decoded.front & ~waits & ~bars).replicate(warps)),
            opens.eq(self._goes_on & (at_barrier | halted).all()),
            serves.eq(self._goes_on & self.result_free),
        ]
        timed = self._vector_ends(m) & self._goes_on.replicate(warps)
        walked = [
            _one_hot(report.warp, warps) & report.ended.replicate(warps)
            for report in (self.multiplied, self.posted)
        ]
        m.d.comb += self.retired.eq(
            here | timed | walked[0] | walked[1]
            | at_barrier & opens.replicate(warps) | at_result & serves.replicate(warps)
        )  # fmt: skip
        # What waits in one place or another; the others have ended where they were executed.
        m.d.sync += [
            self._at_barrier.eq(at_barrier & ~opens.replicate(warps)),
            self._at_result.eq(at_result & ~serves.replicate(warps)),
            self._halted.eq(halted),
            self._away.eq((self._away | executes) & ~self.retired),
        ]
        for warp in range(warps):
            with m.If(self.retired[warp]):
                m.d.sync += self._busy[warp].eq(0)
        with m.If((at_result & serves.replicate(warps)).any()):
            m.d.sync += self.claimed.eq(1)
        begun = [_one_hot(part.warp, warps) & part.leaves.replicate(warps) for part in self._places]
        stopped = [
            _one_hot(report.fault.warp, warps) & report.fault.valid.replicate(warps)
            for report in (self.multiplied, self.posted)
        ]
        m.d.sync += self._walking.eq(
            (self._walking | begun[0] | begun[1])
            & ~(walked[0] | walked[1] | stopped[0] | stopped[1])
        )
        self._layers(m, opens & at_barrier.any(), executes, bars)
        m.d.comb += self.done.eq(self._goes_on & halted.all())
        with m.If(self.start):
            m.d.sync += [
                each.eq(0)
                for each in (
                    self._busy,
                    self._away,
                    self._halted,
                    self._at_barrier,
                    self._at_result,
                    self._walking,
                    self.claimed,
                )
            ]

    def _vector_ends(self, m: Module) -> Value:
        """Warps whose vector instruction ends, if no trap has come."""
        warps = self._unit.warps
        line: list[tuple[Value, Value, Value]] = [
            (
                self._does & self._decoded.broadcast,
                self._does & self._decoded.arithmetic,
                self._now.warp,
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
        return _one_hot(first, warps) & short.replicate(warps) | _one_hot(
            second, warps
        ) & long.replicate(warps)

    def _layers(self, m: Module, opens: Value, executes: Value, bars: Value) -> None:
        """The layer that runs: the number of the barrier that came last."""
        bits = len(self.layer)
        arrived = Signal(bits, name="arrived_layer", reset_less=True)
        number = Signal(bits, name="layer_number")
        comes = executes.any() & bars
        m.d.comb += [
            number.eq(Mux(comes, field_of(self._word, "I", "imm")[:bits], arrived)),
            self.layer_done.eq(opens | self.done),
        ]
        with m.If(comes):
            m.d.sync += arrived.eq(number)
        with m.If(self.start):
            m.d.sync += self.layer.eq(0)
        with m.Elif(opens):
            m.d.sync += self.layer.eq(number)

    def _stop(self, m: Module) -> None:
        """Traps, and the end."""
        traps, unit = self._traps, self._unit
        m.d.comb += [
            traps.multiply.eq(self.multiplied.fault),
            traps.post.eq(self.posted.fault),
            traps.watchdog.eq(self.watchdog),
            traps.running.eq(self._running & ~self.done),
            traps.halted.eq(self._halted),
            self.trap.eq(traps.trap),
        ]
        away = Array([self._away[n] for n in range(unit.warps)])[traps.warp]
        m.d.comb += self.trap.address.eq(
            Mux(away, Array(self.own_pcs)[traps.warp], Array(self._pcs)[traps.warp])
        )
        # What is on its way to a memory arrives.
        still = Signal(range(POST_LATENCY + 1), name="still")
        with m.If(~self._trapped | self._walking.any()):
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


def _one_hot(number: Value, count: int) -> Value:
    return Cat(*(number == each for each in range(count)))
