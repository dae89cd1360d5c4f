"""The scalar unit: what instructions on scalars compute, and whether a branch is taken."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Cat, Module, Mux, Signal, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.decoder import field_of, is_one_of
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.layout import index_width

__all__ = ["ScalarUnit"]


class ScalarUnit(wiring.Component):
    """Computes the scalar that an instruction writes, and compares those of a branch.

    **Latency**: none.

    Parameters
    ----------
    unit : Unit

    Attributes
    ----------
    word : In(32)
        The instruction.
    warp : In
        Whose it is.
    a, b : In(scalar_bits)
        The scalars that it reads.
    argument : In(scalar_bits)
        What ARG takes.
    result : Out(scalar_bits)
        What it writes, if it does.
    jumps : Out(1)
        It goes on at its target.
    """

    def __init__(self, unit: Unit):
        self._unit = unit
        scalar = unsigned(unit.scalar_bits)
        super().__init__(
            {
                "word": In(32),
                "warp": In(index_width(unit.warps)),
                "a": In(scalar),
                "b": In(scalar),
                "argument": In(scalar),
                "result": Out(scalar),
                "jumps": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        self._compare(m)
        self._compute(m)
        return m

    def _compare(self, m: Module) -> None:
        unit, word = self._unit, self.word
        equal = Signal()
        less = Signal()
        m.d.comb += [
            equal.eq(self.a == self.b),
            less.eq(self.a < self.b),
            self.jumps.eq(
                is_one_of(unit, word, "JMP")
                | is_one_of(unit, word, "BEQ") & equal
                | is_one_of(unit, word, "BNE") & ~equal
                | is_one_of(unit, word, "BLT") & less
                | is_one_of(unit, word, "BGE") & ~less
            ),
        ]

    def _compute(self, m: Module) -> None:
        unit, word, bits = self._unit, self.word, self._unit.scalar_bits
        imm = field_of(word, "I", "imm")
        lower = self.a[:15] if bits > 15 else self.a
        upper = imm[: max(0, bits - 15)]
        specials = (self.warp, unit.warps, unit.lanes, unit.cluster, unit.registers, unit.word)
        special = Signal(bits, name="special")
        with m.Switch(imm[:3]):
            for number, value in enumerate(specials):
                with m.Case(number):
                    m.d.comb += special.eq(value)
        total = Signal(signed(bits), name="total")
        subtracts = is_one_of(unit, word, "SUB")
        other = Mux(is_one_of(unit, word, "ADDI"), imm, self.b ^ subtracts.replicate(bits))
        m.d.comb += total.eq(self.a + other + subtracts)
        for names, result in (
            (("LI",), imm),
            (("LIH",), Cat(lower, upper)),
            (("ADD", "SUB", "ADDI"), total),
            (("ARG",), self.argument),
            (("SR",), special),
        ):
            with m.If(is_one_of(unit, word, *names)):
                m.d.comb += self.result.eq(result)
