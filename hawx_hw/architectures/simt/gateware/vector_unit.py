"""The vector unit: instructions on whole registers, without a walk."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

from amaranth.hdl import Array, Cat, Const, Module, Mux, Signal, Value, unsigned
from amaranth.lib import data, wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.decoder import field_of, is_one_of
from hawx_hw.architectures.simt.gateware.engine_place import rotate
from hawx_hw.architectures.simt.gateware.predicate_file import PredicateReads, PredicateWrites
from hawx_hw.architectures.simt.gateware.register_file import RegisterReads, RegisterWrites
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.adders import carry_select_sum
from hawx_hw.gateware.layout import index_width

__all__ = ["VectorUnit"]


class VectorUnit(wiring.Component):
    """Executes VSET to VEQ in all lanes at once.

    ::

        choose | read va | read vb | operate, read the target | write
          0         1         2                3                  4      cycles after the choice

    One register holds the first operand and then the result, so that an instruction that reads two
    registers begins two cycles after another one. Instructions that read none begin at once.
    Registers and predicates may be written after the cycle in which the instruction ends: a warp
    reads none of them earlier than seven cycles after its last instruction has executed, and more
    where many warps wait.

    **Latency**: an instruction that asks in one cycle is chosen in the next one, or later where
    others wait.

    Parameters
    ----------
    unit : Unit

    Attributes
    ----------
    clear : In(1)
        Forget who waits.
    broadcasts, computes : In(warps)
        Warps that ask, at most one in a cycle.
    instructions : In(ArrayLayout(32, warps))
        Of each warp, from the cycle after it asks until it has another one.
    scalars : In(ArrayLayout(scalar_bits, warps))
        Of each warp, likewise: what VSET sets.
    operands, targets : Out(RegisterReads)
    writes : Out(RegisterWrites)
    mask : Out(PredicateReads)
    predicate : Out(PredicateWrites)
        Only with instructions that compare.
    """

    def __init__(self, unit: Unit):
        self._unit = unit
        super().__init__(
            {
                "clear": In(1),
                "broadcasts": In(unit.warps),
                "computes": In(unit.warps),
                "instructions": In(data.ArrayLayout(32, unit.warps)),
                "scalars": In(data.ArrayLayout(unsigned(unit.scalar_bits), unit.warps)),
                "operands": Out(RegisterReads(unit)),
                "targets": Out(RegisterReads(unit)),
                "writes": Out(RegisterWrites(unit)),
                "mask": Out(PredicateReads(unit)),
                **(
                    {"predicate": Out(PredicateWrites(unit, partial=True))} if unit.compares else {}
                ),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        stages = self._choose(m)
        words = [
            Array([self.instructions[n] for n in range(self._unit.warps)])[stage.warp]
            for stage in stages
        ]
        self._read(m, stages, words)
        self._operate(m, stages, words)
        self._write(m, stages[3], words[3])
        return m

    def _choose(self, m: Module) -> list[Any]:
        """What is in each of the four stages."""
        warps = self._unit.warps
        layout = data.StructLayout({"broadcasts": 1, "computes": 1, "warp": index_width(warps)})
        stages = [Signal(layout, name=f"stage_{number}") for number in range(4)]
        setting = Signal(warps)
        waiting = Signal(warps)
        last = Signal(index_width(warps), reset_less=True)
        chosen = rotate(m, waiting, last, warps, "chosen")
        begins = Signal()
        m.d.comb += begins.eq(waiting.any() & ~setting.any() & ~stages[0].computes)
        m.d.sync += [
            setting.eq(self.broadcasts),
            waiting.eq((waiting & ~(begins.replicate(warps) & _one_hot(chosen, warps)))
                       | self.computes),
            stages[0].broadcasts.eq(setting.any()),
            stages[0].computes.eq(begins),
            stages[0].warp.eq(Mux(setting.any(), _number(setting), chosen)),
        ]  # fmt: skip
        with m.If(begins):
            m.d.sync += last.eq(chosen)
        for before, after in pairwise(stages):
            m.d.sync += after.eq(before)
        with m.If(self.clear):
            m.d.sync += [setting.eq(0), waiting.eq(0)]
            m.d.sync += [stage.broadcasts.eq(0) for stage in stages]
            m.d.sync += [stage.computes.eq(0) for stage in stages]
        return stages

    def _read(self, m: Module, stages: list[Any], words: list[Value]) -> None:
        with m.If(stages[0].computes):
            m.d.comb += [
                self.operands.warp.eq(stages[0].warp),
                self.operands.register.eq(field_of(words[0], "V", "va")),
            ]
        with m.Else():
            m.d.comb += [
                self.operands.warp.eq(stages[1].warp),
                self.operands.register.eq(field_of(words[1], "V", "vb")),
            ]
        m.d.comb += [
            self.operands.enable.eq(stages[0].computes | stages[1].computes),
            # A register of which all lanes are written need not be read.
            self.targets.enable.eq(
                (stages[2].computes & ~self._compares(words[2]) | stages[2].broadcasts)
                & (field_of(words[2], "V", "pred") != 0)
            ),
            self.targets.warp.eq(stages[2].warp),
            self.targets.register.eq(field_of(words[2], "V", "vd")),
        ]

    def _operate(self, m: Module, stages: list[Any], words: list[Value]) -> None:
        """The first operand, and then the result; bits of a comparison."""
        unit, word = self._unit, words[1]
        bits = unit.register_bits
        self._values = Signal(unit.lanes * bits, name="values", reset_less=True)
        self._flags = Signal(unit.lanes, name="flags", reset_less=True)
        subtracts, picks, largest, equals = (
            Signal(name=name, reset_less=True)
            for name in ("subtracts", "picks", "largest", "equals")
        )
        # A cycle ahead: they go to all lanes.
        m.d.sync += [
            subtracts.eq(~is_one_of(self._unit, word, "VADD")),
            picks.eq(is_one_of(self._unit, word, "VMIN", "VMAX")),
            largest.eq(is_one_of(self._unit, word, "VMAX")),
            equals.eq(is_one_of(self._unit, word, "VEQ")),
        ]
        for lane in range(unit.lanes):
            own = slice(lane * bits, (lane + 1) * bits)
            a, b = self._values[own], self.operands.data[own]
            # A carry goes in below the lowest bit; the sign of the difference has a bit of its own.
            inverted = (b ^ subtracts.replicate(bits)).as_signed()
            total = carry_select_sum(
                m,
                Cat(Const(1, 1), a).as_signed(),
                Cat(subtracts, inverted).as_signed(),
                bits + 2,
                f"total_{lane}",
            )[1:]
            less, own_bit = Signal(name=f"less_{lane}"), Signal(name=f"flag_{lane}")
            m.d.comb += [
                less.eq(total[bits]),
                own_bit.eq(Mux(equals, total[:bits] == 0, less)),
            ]
            # Of MIN and MAX the first operand stays, or the second one takes its place.
            takes = stages[1].computes | stages[2].computes & (~picks | ~(less ^ largest))
            adds = stages[2].computes & ~picks
            with m.If(takes):
                m.d.sync += self._values[own].eq(Mux(adds, total[:bits], b))
            with m.If(stages[2].computes):
                m.d.sync += self._flags[lane].eq(own_bit)

    def _write(self, m: Module, stage: Any, word: Value) -> None:
        unit = self._unit
        bits = unit.register_bits
        scalar = Array([self.scalars[n] for n in range(unit.warps)])[stage.warp]
        active = Signal()
        m.d.comb += [
            active.eq(stage.broadcasts | stage.computes),
            self.mask.warp.eq(stage.warp),
            self.mask.condition.eq(field_of(word, "V", "pred")),
            self.writes.enable.eq(active & ~self._compares(word)),
            self.writes.warp.eq(stage.warp),
            self.writes.register.eq(field_of(word, "V", "vd")),
        ]
        if unit.compares:
            m.d.comb += [
                self.predicate.enable.eq(active & self._compares(word)),
                self.predicate.warp.eq(stage.warp),
                self.predicate.number.eq(field_of(word, "V", "vd")),
                self.predicate.changes.eq(self.mask.lanes),
                self.predicate.lanes.eq(self._flags),
            ]
        sets = is_one_of(self._unit, word, "VSET")
        for lane in range(unit.lanes):
            own = slice(lane * bits, (lane + 1) * bits)
            value = Mux(
                stage.broadcasts, Mux(sets, scalar[:bits], Const(lane, bits)), self._values[own]
            )
            m.d.comb += self.writes.data[own].eq(
                Mux(self.mask.lanes[lane], value, self.targets.data[own])
            )

    def _compares(self, word: Value) -> Value:
        return is_one_of(self._unit, word, "VLT", "VEQ")


def _one_hot(number: Value, count: int) -> Value:
    return Cat(*(number == each for each in range(count)))


def _number(bits: Value) -> Value:
    """The number of the only bit that is set."""
    number: Value = Const(0, index_width(len(bits)))
    for each in range(len(bits)):
        number = number | Mux(bits[each], each, 0)
    return number
