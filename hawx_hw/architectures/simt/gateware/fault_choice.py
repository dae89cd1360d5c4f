"""Whether an instruction traps that is executed, and why."""

from __future__ import annotations

from typing import Any

from amaranth.hdl import Const, Module
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.decoder import (
    BRANCHES,
    CAUSE_BITS,
    Decoded,
    is_one_of,
    refused_value,
)
from hawx_hw.architectures.simt.isa import PC_BITS
from hawx_hw.architectures.simt.traps import Cause
from hawx_hw.architectures.simt.unit import Unit

__all__ = ["FaultChoice"]


class FaultChoice(wiring.Component):
    """The first of the causes that apply to an instruction.

    **Latency**: none.

    Parameters
    ----------
    unit : Unit
    code : int
        Words of the program.

    Attributes
    ----------
    word, decoded : In(32), In(Decoded)
    beyond : In(1)
        There is no instruction.
    bad_jump, bad_jump_cause, bad_loop : In
        Of :class:`~hawx_hw.architectures.simt.gateware.jump_check.JumpCheck`.
    jumps : In(1)
        It goes on at ``target``.
    target : In(PC_BITS)
    released : In(1)
        The image has been released.
    fault, cause, value : Out(1), Out, Out(32)
    """

    def __init__(self, unit: Unit, code: int):
        self._unit, self._code = unit, code
        super().__init__(
            {
                "word": In(32),
                "decoded": In(Decoded()),
                "beyond": In(1),
                "bad_jump": In(1),
                "bad_jump_cause": In(CAUSE_BITS),
                "bad_loop": In(1),
                "jumps": In(1),
                "target": In(PC_BITS),
                "released": In(1),
                "fault": Out(1),
                "cause": Out(CAUSE_BITS),
                "value": Out(32),
            }
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        unit, word, decoded = self._unit, self.word, self.decoded
        again = is_one_of(unit, word, "REL") & self.released
        faults = [
            (self.beyond, Cause.PC, Const(self._code, PC_BITS + 1)),
            (decoded.faulty, decoded.cause, refused_value(m, decoded, word)),
            (self.bad_loop, Cause.LOOP, self.target),
            (self.jumps & self.bad_jump, self.bad_jump_cause, self.target),
            (again, Cause.SEQUENCE, Const(0, 1)),
        ]
        for condition, _, _ in faults:
            with m.If(condition):
                m.d.comb += self.fault.eq(1)
        # Their causes do not wait for the comparison: an instruction has one of the last three.
        kinds = (
            self.beyond,
            decoded.faulty,
            is_one_of(unit, word, "LOOP"),
            is_one_of(unit, word, *BRANCHES),
            Const(1, 1),
        )
        for condition, (_, which, number) in reversed(list(zip(kinds, faults, strict=True))):
            with m.If(condition):
                m.d.comb += [self.cause.eq(which), self.value.eq(number)]
        return m
