"""The predicate unit: the predicates, and the instructions that write whole ones."""

from __future__ import annotations

from functools import partial
from typing import Any

from amaranth.hdl import Module, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, connect, flipped

from hawx_hw.architectures.simt.gateware.decoder import field_of, is_one_of
from hawx_hw.architectures.simt.gateware.names import PREDICATES
from hawx_hw.architectures.simt.gateware.predicate_file import (
    PredicateFile,
    PredicateReads,
    PredicateWrites,
    lanes_below,
)
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.hierarchy import place
from hawx_hw.gateware.layout import index_width

__all__ = ["PredicateUnit"]


class PredicateUnit(wiring.Component):
    """Executes PLT and PAND.

    **Latency**: as :class:`PredicateFile`.

    Parameters
    ----------
    unit : Unit
    readers : int

    Attributes
    ----------
    executes, word, warp : In(1), In(32), In
        An instruction is executed, which, and of which warp.
    scalar : In(scalar_bits)
        That it reads.
    reads : In(PredicateReads), one for each reader
    change : In(PredicateWrites)
        Only with instructions that compare vector registers.
    """

    def __init__(self, unit: Unit, *, readers: int):
        self._unit, self._readers = unit, readers
        members = {
            "executes": In(1),
            "word": In(32),
            "warp": In(index_width(unit.warps)),
            "scalar": In(unsigned(unit.scalar_bits)),
            "reads": In(PredicateReads(unit)).array(readers),
        }
        if unit.compares:
            members["change"] = In(PredicateWrites(unit, partial=True))
        super().__init__(members)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit, word = self._unit, self.word
        own = 2 if unit.has("PAND") else 0
        file: Any = place(
            m, platform, "file", PREDICATES,
            partial(PredicateFile, unit, readers=self._readers + own),
        )  # fmt: skip
        for outer, inner in zip(self.reads, file.reads[own:], strict=True):
            connect(m, flipped(outer), inner)
        if unit.compares:
            connect(m, flipped(self.change), file.change)
        m.d.comb += [
            file.write.enable.eq(self.executes & is_one_of(unit, word, "PLT", "PAND")),
            file.write.warp.eq(self.warp),
            file.write.number.eq(field_of(word, "V", "vd")),
        ]
        if unit.has("PAND"):
            a, b = file.reads[:own]
            m.d.comb += [
                a.warp.eq(self.warp),
                a.condition.eq(field_of(word, "V", "va")),
                b.warp.eq(self.warp),
                b.condition.eq(field_of(word, "V", "vb")),
                file.write.lanes.eq(a.lanes & b.lanes),
            ]
        with m.If(is_one_of(unit, word, "PLT")):
            below = lanes_below(m, unit, self.scalar, field_of(word, "S", "d"))
            m.d.comb += file.write.lanes.eq(below)
        return m
