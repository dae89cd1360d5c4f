"""The post engine: takes store instructions, one after the other, and makes words of registers."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, stream, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.engine_ports import EngineReports, PostRequest
from hawx_hw.architectures.simt.gateware.names import REQUANTIZER, STORE_WALKER
from hawx_hw.architectures.simt.gateware.register_file import LaneReads
from hawx_hw.architectures.simt.gateware.store_walker import StoreWalker
from hawx_hw.architectures.simt.isa import POST_LATENCY
from hawx_hw.architectures.simt.store_words import StoreFormat, constant_parts, steps_of_word
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.flows import FlowSignature, delay_line
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.memories import ReadPort, WritePort
from hawx_hw.gateware.requantizer import Requantizer, RequantizerFormat

__all__ = ["PostEngine", "requantizer_format"]

#: Cycles from a step's outputs to those of its first requantizer stage, which takes the value.
_READ = 1
#: Cycles from the first step's outputs to the copies of the rule. Walks begin as many cycles apart
#: as there are scalars to read, so that the store is there for the first copy, and this one for the
#: second, which changes when the first code comes to the last stage.
_FIRST_COPY, _SECOND_COPY = 1, Requantizer.LATENCY - 1


def requantizer_format(unit: Unit, format: StoreFormat) -> RequantizerFormat:
    """Widths of a unit's requantizers."""
    widths = {name: bits for name, bits, _ in format.shapes}
    return RequantizerFormat(
        sum_bits=unit.register_bits,
        addend_bits=unit.addend_bits,
        product_bits=unit.product_bits,
        rule=data.StructLayout(
            {
                "shift": unsigned(max(1, widths["shift"])),
                "low": unsigned(widths["low"]),
                "high": unsigned(widths["high"]),
                "step": unsigned(widths["step"]),
            }
        ),
        windows=1,
        pooled=unit.has_name("QST.max"),
        sums=unit.has_name("QST.sum"),
        least_shift=format.least_shift,
        limits_from_ends=True,
    )


class _Code(data.StructLayout):
    """What accompanies a value through the requantizers."""

    def __init__(self, unit: Unit, walker: Any, address: int):
        super().__init__(
            {
                "window_first": 1,
                "window_last": 1,
                "sums": int(unit.has_name("QST.sum")),
                "plain": int(unit.has("STV")),
                "position": len(walker.position),
                "part": len(walker.part),
                "unused": unit.requantizers,
                "ends": 1,
                "result": 1,
                "address": address,
            }
        )


class PostEngine(wiring.Component):
    """Walks stores, requantizes vector registers and writes words.

    ::

        take | walk, read | choose lanes, requantize (6) | assemble and write
         0        1                   2 to 7                     8

    Steps are those of :func:`~hawx_hw.architectures.simt.walks.store_steps`, the first in the cycle
    in which the request is taken.

    **Latency**: the instruction ends :data:`~hawx_hw.architectures.simt.isa.POST_LATENCY` after its
    last step, in the cycle of ``report.ended``; in that cycle its last word is written. A fault
    follows its step by :data:`~hawx_hw.architectures.simt.isa.POST_FAULT_LATENCY`; words that were
    complete before are written. The next request is taken in the cycle after the last step, at the
    earliest, and never in that of a fault.

    Parameters
    ----------
    unit : Unit
    format : StoreFormat
    stores : int
        Words of the store memory.
    constants : int
        Words of the requantization memory: :func:`constant_parts` for each word of constants.
    known : int or None
        Words of constants that may be read; None: all.

    Attributes
    ----------
    request : In(stream of PostRequest)
        At most one in as many cycles as there are scalars to read.
    claimed : In(1)
        The result memory may be written.
    stores : Out(ReadPort)
    constants : Out(ReadPort)
    reads : Out(LaneReads)
    activations, result : Out(WritePort)
    report : Out(EngineReports)
    """

    def __init__(
        self,
        unit: Unit,
        format: StoreFormat,
        *,
        stores: int,
        constants: int,
        known: int | None = None,
    ):
        self._unit, self._format = unit, format
        self._known = constants // constant_parts(unit) if known is None else known
        self._requantizer = requantizer_format(unit, format)
        pair = self._requantizer.constants
        word = 8 * unit.word
        super().__init__(
            {
                "request": In(stream.Signature(PostRequest(unit, stores))),
                "claimed": In(1),
                "stores": Out(ReadPort(stores, format.bits)),
                "constants": Out(ReadPort(constants, data.ArrayLayout(pair, unit.requantizers))),
                "reads": Out(LaneReads(unit)),
                "activations": Out(WritePort(unit.activation_words, word)),
                "result": Out(WritePort(unit.result_words, word)),
                "report": Out(EngineReports(unit)),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        walker = self._walk(m, platform)
        fault = self._faults(m, walker)
        line = self._steps(m, walker, fault)
        codes, complete = self._requantize(m, platform, walker, line)
        self._assemble(m, codes, complete)
        return m

    # The walk ---------------------------------------------------------------------------------

    def _walk(self, m: Module, platform: Any) -> Any:
        """Take a request; what stays the same for all steps."""
        unit, request = self._unit, self.request
        taken = request.payload
        walker: Any = place(
            m, platform, "walker", STORE_WALKER, partial(StoreWalker, unit, self._format)
        )
        self._store = Signal(self._format.layout, name="store")
        starts = Signal(name="starts")
        m.d.comb += [
            starts.eq(request.valid & request.ready),
            self.stores.enable.eq(starts),
            self.stores.address.eq(taken.store),
            Value.cast(self._store).eq(self.stores.data),
            Value.cast(walker.store).eq(self.stores.data),
            walker.start.eq(starts),
            walker.register.eq(taken.register),
            walker.target.eq(taken.target),
            walker.constants.eq(taken.constants),
            walker.beats.eq(taken.beats),
            walker.remaining.eq(taken.remaining),
            walker.reduces.eq(taken.largest | taken.sums),
        ]
        self._walking = Signal(
            data.StructLayout(
                {
                    "warp": len(taken.warp),
                    "store": len(taken.store),
                    "plain": int(unit.has("STV")),
                    "sums": int(unit.has_name("QST.sum")),
                    "no_beats": 1,
                    "claimed": 1,
                }
            ),
            name="walking",
            reset_less=True,
        )
        with m.If(starts):
            m.d.sync += [
                self._walking[name].eq(taken[name]) for name in ("warp", "store", "plain", "sums")
            ]
            m.d.sync += [
                self._walking.no_beats.eq(taken.beats == 0),
                self._walking.claimed.eq(self.claimed),
            ]
        return walker

    def _faults(self, m: Module, walker: Any) -> Signal:
        """Check the walk's first cycle, and each of its steps."""
        unit, s, walking, fault = self._unit, self._store, self._walking, self.report.fault
        beyond = Mux(
            s.result if len(s.result) else Const(0, 1),
            walker.address >= unit.result_words,
            walker.address >= unit.activation_words,
        )
        shift = s.shift + self._format.least_shift
        # The first one counts, so that causes of a cycle are in their order.
        faults = [
            (walker.first & s.refused, Cause.STREAM, walking.store),
            (walker.first & walking.no_beats, Cause.BEATS, 0),
            (walker.first & ~_bit(walking.plain) & s.bad_shift, Cause.SHIFT, shift),
            (walker.first & s.result & ~walking.claimed, Cause.SEQUENCE, 0),
            (walker.step & (walker.number >= unit.registers), Cause.BEATS, walker.number),
            (
                walker.step & ~_bit(walking.plain) & (walker.constant >= self._known),
                Cause.REQUANTIZATION,
                walker.constant,
            ),
            (walker.step & walker.begins & beyond, Cause.STORE, walker.address),
        ]
        for condition, cause, value in reversed(faults):
            with m.If(condition):
                m.d.comb += [fault.valid.eq(1), fault.cause.eq(cause), fault.value.eq(value)]
        m.d.comb += [
            fault.warp.eq(walking.warp),
            walker.stop.eq(fault.valid),
            self.request.ready.eq(~walker.active | walker.last & ~fault.valid),
        ]
        return fault.valid

    def _steps(self, m: Module, walker: Any, fault: Signal) -> list[Any]:
        """What follows the steps: the register that is read, and where the codes go."""
        unit, s, walking = self._unit, self._store, self._walking
        address = max(len(self.activations.address), len(self.result.address))
        steps = FlowSignature(_Code(unit, walker, address)).create(path=("step",))
        payload = steps.payload
        unused = Cat(*(walker.few & (s.last_codes < n) for n in range(unit.requantizers)))
        m.d.comb += [
            self.reads.enable.eq(walker.step & walker.fresh),
            self.reads.warp.eq(walking.warp),
            self.reads.register.eq(walker.number),
            self.reads.position.eq(walker.position),
            self.reads.part.eq(walker.part),
            steps.valid.eq(walker.step & ~fault),
            payload.sums.eq(walking.sums),
            payload.plain.eq(walking.plain),
            payload.unused.eq(unused),
            payload.result.eq(s.result),
            payload.address.eq(walker.address),
        ]
        m.d.comb += [
            payload[name].eq(getattr(walker, name))
            for name in ("window_first", "window_last", "position", "part", "ends")
        ]
        ends = FlowSignature(unsigned(len(walking.warp))).create(path=("end",))
        m.d.comb += [ends.valid.eq(walker.last & ~fault), ends.payload.eq(walking.warp)]
        end = delay_line(m, ends, POST_LATENCY - StoreWalker.LATENCY, "end")[-1]
        m.d.comb += [self.report.ended.eq(end.valid), self.report.warp.eq(end.payload)]
        part_bits = (constant_parts(unit) - 1).bit_length()
        constant = Signal(
            max(1, len(self.constants.address) - part_bits), name="constant", reset_less=True
        )
        with m.If(steps.valid):
            m.d.sync += constant.eq(walker.constant)
        line: list[Any] = delay_line(m, steps, _READ + Requantizer.MULTIPLY_STAGE, "code")
        entering = line[_READ]
        # Of a window whose largest value counts the last one's constants are taken.
        needed = entering.payload.window_last | entering.payload.sums
        address = Cat(entering.payload.part[:part_bits], constant)
        m.d.comb += [
            self.constants.enable.eq(entering.valid & needed & ~_bit(entering.payload.plain)),
            self.constants.address.eq(address[: len(self.constants.address)]),
        ]
        return line[_READ:]

    # Codes ------------------------------------------------------------------------------------

    def _rule(self, m: Module, walker: Any) -> Signal:
        """The rule of the codes that are in the last stage."""
        s = self._store
        layout = self._requantizer.rule
        rules = [Signal(layout, name=f"rule_{n}", reset_less=True) for n in range(2)]
        begins: Value = walker.first
        for cycle in range(1, _SECOND_COPY + 1):
            later = Signal(name=f"first_{cycle}")
            m.d.sync += later.eq(begins)
            begins = later
            if cycle == _FIRST_COPY:
                with m.If(later):
                    m.d.sync += [
                        rules[0][name].eq(s[name]) for name in ("shift", "low", "high", "step")
                    ]
                    with m.If(_bit(self._walking.plain)):
                        m.d.sync += [
                            rules[0].shift.eq(0),
                            rules[0].low.eq(0),
                            rules[0].high.eq(0),
                            rules[0].step.eq(0),
                        ]
        with m.If(begins):
            m.d.sync += rules[1].eq(rules[0])
        return rules[1]

    def _requantize(
        self, m: Module, platform: Any, walker: Any, line: list[Any]
    ) -> tuple[list[Value], Any]:
        """Codes, and what is known of them."""
        unit = self._unit
        entering, compared, multiplied = line
        complete = FlowSignature(multiplied.payload.shape()).create(path=("complete",))
        m.d.comb += [
            complete.valid.eq(multiplied.valid & multiplied.payload.window_last),
            complete.payload.eq(multiplied.payload),
        ]
        rest = delay_line(m, complete, Requantizer.LATENCY - Requantizer.MULTIPLY_STAGE, "complete")
        valid = Cat(
            entering.valid,
            compared.valid,
            multiplied.valid & (multiplied.payload.window_last | multiplied.payload.sums),
            *(stage.valid for stage in rest[1:-1]),
        )
        rule = self._rule(m, walker)
        bits, data = unit.register_bits, self.reads.data
        codes: list[Value] = []
        for number in range(unit.requantizers):
            requantizer: Any = place(
                m, platform, f"requantizer_{number}", REQUANTIZER,
                partial(Requantizer, self._requantizer),
            )  # fmt: skip
            pair = Signal(self._requantizer.constants, name=f"constants_{number}")
            m.d.comb += pair.eq(self.constants.data[number])
            with m.If(_bit(compared.payload.plain)):
                m.d.comb += [pair.multiplier.eq(1), pair.addend.eq(0)]
            m.d.comb += [
                requantizer.value.eq(data[bits * number : bits * (number + 1)].as_signed()),
                requantizer.constants.eq(pair),
                requantizer.rule.eq(rule),
                requantizer.stage_valid.eq(valid),
                requantizer.compare_first.eq(compared.payload.window_first | compared.payload.sums),
                requantizer.compare_last.eq(compared.payload.window_last | compared.payload.sums),
                requantizer.accumulate.eq(
                    multiplied.payload.sums & ~multiplied.payload.window_first
                ),
            ]
            codes.append(requantizer.code)
        return codes, rest[-1]

    def _assemble(self, m: Module, codes: list[Value], complete: Any) -> None:
        """Words: codes of earlier steps wait, and the last ones go with them to the memory."""
        unit, payload = self._unit, complete.payload
        steps, count = steps_of_word(unit), unit.requantizers
        own = [
            Mux(payload.unused[number], 0, Value.cast(code)) for number, code in enumerate(codes)
        ]
        bytes_: list[Value] = []
        for step in range(steps):
            now: list[Value] = own
            if step + 1 < steps:
                earlier = Signal(8 * count, name=f"earlier_{step}", reset_less=True)
                with m.If(complete.valid & (payload.part == step) & ~payload.ends):
                    m.d.sync += earlier.eq(Cat(own))
                now = [
                    Mux(payload.part == step, code, earlier[8 * n : 8 * (n + 1)])
                    for n, code in enumerate(own)
                ]
            bytes_ += [Mux(payload.part < step, 0, each)[:8] for each in now]
        writes = complete.valid & payload.ends
        for port, selected in ((self.activations, ~payload.result), (self.result, payload.result)):
            m.d.comb += [
                port.enable.eq(writes & selected),
                port.address.eq(payload.address),
                port.data.eq(Cat(bytes_)[: 8 * unit.word]),
            ]


def _bit(value: Value) -> Value:
    """A bit that is left out where it is always 0."""
    return value if len(value) else Const(0, 1)
