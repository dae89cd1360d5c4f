"""Where a warp may go on: the checks of jumps, and of loops that begin."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Module, Mux, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.decoder import CAUSE_BITS, field_of, is_one_of
from hawx_hw.architectures.simt.gateware.loop_stack import LoopLayout
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["JumpCheck"]


class JumpCheck(wiring.Component):
    """Checks the target of an instruction a cycle before the instruction is executed.

    **Latency**: :attr:`LATENCY`.

    Parameters
    ----------
    unit : Unit
    code : int
        Words of the program.

    Attributes
    ----------
    check : In(1)
        Take the instruction; what is reported stays until the next one.
    word : In(32)
    target : In(signed(PC_BITS + 3))
        Where it jumps to, if it does, before addresses wrap.
    inner : In(LoopLayout)
        The innermost loop of its warp.
    full : In(1)
        The warp can be in no further loop.
    bad_jump, bad_jump_cause : Out(1), Out
        It must not jump there, and why.
    bad_loop : Out(1)
        It is a LOOP that must not begin.
    """

    #: Cycles from the instruction to what is reported.
    LATENCY = 1

    def __init__(self, unit: Unit, code: int):
        self._unit, self._code = unit, code
        super().__init__(
            {
                "check": In(1),
                "word": In(32),
                "target": In(signed(PC_BITS + 3)),
                "inner": In(LoopLayout(unit, code.bit_length())),
                "full": In(1),
                "bad_jump": Out(1),
                "bad_jump_cause": Out(CAUSE_BITS),
                "bad_loop": Out(1),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        word, inner, target = self.word, self.inner, self.target
        wrapped = Signal(PC_BITS)
        leaves = Signal()
        nests = Signal()
        m.d.comb += [
            wrapped.eq(target),
            leaves.eq(inner.valid & ((wrapped < inner.first) | (wrapped > inner.end))),
            nests.eq(
                (field_of(word, "B", "offset") < 1)
                | self.full
                | (target > Mux(inner.valid, inner.end, self._code))
            ),
        ]
        with m.If(self.check):
            m.d.sync += [
                self.bad_jump.eq(leaves | (wrapped >= self._code)),
                self.bad_jump_cause.eq(Mux(leaves, Cause.LOOP, Cause.PC)),
                self.bad_loop.eq(nests & is_one_of(self._unit, word, "LOOP")),
            ]
        return m
