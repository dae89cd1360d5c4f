"""Adders against integers."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from amaranth.hdl import Module, Signal, signed
from amaranth.lib import wiring
from amaranth.lib.wiring import In, Out

from hawx_hw.gateware.adders import carry_select_sum, extended_sum
from hawx_hw.gateware.simulation import simulate


class Adder(wiring.Component):
    def __init__(self, add: Any, a_bits: int, b_bits: int, bits: int):
        self._add, self._bits = add, bits
        super().__init__(
            {"a": In(signed(a_bits)), "b": In(signed(b_bits)), "total": Out(signed(bits))}
        )

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        # A register, so that the simulation has a clock.
        clocked = Signal()
        m.d.sync += clocked.eq(~clocked)
        m.d.comb += self.total.eq(self._add(m, self.a, self.b, self._bits, "sum"))
        return m


def wrapped(value: int, bits: int) -> int:
    return (value + (1 << (bits - 1))) % (1 << bits) - (1 << (bits - 1))


@pytest.mark.parametrize(
    ("a_bits", "b_bits", "bits"),
    [(1, 1, 1), (2, 2, 2), (3, 2, 3), (4, 4, 4), (5, 3, 5), (4, 1, 4), (9, 17, 23), (23, 16, 23)],
)
@pytest.mark.parametrize("add", [carry_select_sum, extended_sum])
def test_sums_modulo_their_width(add: Any, a_bits: int, b_bits: int, bits: int) -> None:
    adder = Adder(add, a_bits, b_bits, bits)
    rng = np.random.default_rng(bits)
    ranges = [range(-(1 << (n - 1)), 1 << (n - 1)) for n in (a_bits, b_bits)]
    pairs = (
        [(a, b) for a in ranges[0] for b in ranges[1]]
        if a_bits + b_bits <= 8
        else [tuple(int(rng.integers(r.start, r.stop)) for r in ranges) for _ in range(300)]
    )
    pairs += [(a, b) for a in (ranges[0][0], ranges[0][-1]) for b in (ranges[1][0], ranges[1][-1])]

    async def drive(ctx: Any) -> None:
        for a, b in pairs:
            ctx.set(adder.a, a)
            ctx.set(adder.b, b)
            assert ctx.get(adder.total) == wrapped(a + b, bits)

    simulate(adder, drive)
