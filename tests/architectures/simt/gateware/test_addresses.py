# amaranth: UnusedElaboratable=no
"""Sums of addresses, also where a word has no power of two of bytes."""

from __future__ import annotations

import random
from typing import Any

import pytest
from amaranth.hdl import Const, Module, signed, unsigned
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.architectures.simt.gateware.addresses import add_address, add_modulo
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.architectures.simt.walks import place
from hawx_hw.gateware.simulation import simulate


class Sum(wiring.Component):
    def __init__(self, unit: Unit, step: Any):
        self._unit = unit
        super().__init__(
            {"start": In(unit.scalar_bits), "step": In(step), "total": Out(unit.scalar_bits)}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        bits = self._unit.scalar_bits
        m.d.sync += self.total.eq(add_address(m, self._unit, self.start, self.step, bits, "sum"))
        return m


@pytest.mark.parametrize("word", [1, 3, 8, 13])
@pytest.mark.parametrize("step", [signed(9), unsigned(6), unsigned(2), signed(20), signed(2)])
def test_an_address_some_bytes_on(word: int, step: Any) -> None:
    unit = Unit(lanes=word, cluster=word, word=word, requantizers=1)
    component = Sum(unit, step)
    rng = random.Random(word)
    bits = step.width - step.signed
    low = unit.byte_bits

    async def drive(ctx: Any) -> None:
        for _ in range(60):
            start = rng.randrange(1 << unit.word_bits) << low | rng.randrange(word)
            on = rng.randint(-(1 << bits) if step.signed else 0, (1 << bits) - 1)
            if on & ((1 << low) - 1) >= word:
                continue  # no address
            ctx.set(component.start, start)
            ctx.set(component.step, on)
            expected_word, byte = place(unit, start, (on >> low) * word + (on & ((1 << low) - 1)))
            await ctx.tick()
            assert ctx.get(component.total) == expected_word << low | byte

    simulate(component, drive)


def test_without_a_step_there_is_no_adder() -> None:
    m = Module()
    start = Const(5, 8)
    assert len(add_address(m, Unit(), start, Const(0, 0), 8, "sum")) == 8
    assert len(add_modulo(m, start, Const(0, 0), 8, "sum")) == 8
    assert not m._statements
