"""Leading ones, windows and shifters in Amaranth's simulator, on every operand."""

from __future__ import annotations

from typing import Any

import pytest
from amaranth.hdl import Module, Signal, Value
from amaranth.sim import Simulator

from hawx_hw.blocks.arithmetic.leading_one import (
    any_of,
    leading_one,
    leading_window,
    shift_left,
    shift_signed,
)


def outputs(m: Module, inputs: list[Signal], values: list[Value], width: int) -> list[list[int]]:
    """The values for each of ``2**width`` settings of all the inputs together."""
    results = []

    async def apply(ctx: Any) -> None:
        for setting in range(1 << width):
            for signal in inputs:
                ctx.set(signal, setting & (1 << len(signal)) - 1)
                setting >>= len(signal)
            await ctx.delay(1e-9)
            results.append([ctx.get(value) for value in values])

    simulator = Simulator(m)
    simulator.add_testbench(apply)
    simulator.run()
    return results


def test_leading_one() -> None:
    m, x = Module(), Signal(8)
    leading = leading_one(m, x, "x")
    expected = [[1 << value.bit_length() >> 1] for value in range(256)]
    assert outputs(m, [x], [leading], 8) == expected


@pytest.mark.parametrize("bits", [1, 3, 7])
def test_window(bits: int) -> None:
    m, x = Module(), Signal(8)
    window, shift = leading_window(m, x, bits, "x")
    results = outputs(m, [x], [window, shift], 8)
    for value in range(256):
        text = f"{value:b}"
        assert results[value] == [int(text[:bits], 2), max(len(text) - bits, 0)]


def test_shift() -> None:
    m, x, amount = Module(), Signal(3), Signal(3)
    shifted = shift_left(m, x, amount, 7, "shifted")
    assert len(shifted) == 10
    results = outputs(m, [x, amount], [shifted], 6)
    assert results == [[(setting & 7) << (setting >> 3)] for setting in range(64)]


def test_signed_shift() -> None:
    """By 0, 2 or 5 bits, of numbers that a sign bit and three bits hold."""
    m, x, which = Module(), Signal(4), Signal(2)
    amounts = {amount: which == number for number, amount in enumerate((0, 2, 5))}
    shifted = shift_signed(x[:3], x[3], amounts, 9)
    assert shifted.shape().signed and len(shifted) == 9
    result = Signal(9)
    m.d.comb += result.eq(shifted)
    results = outputs(m, [x, which], [result], 6)
    for setting, (value,) in enumerate(results[:48]):
        number = (setting & 7) - (setting & 8)
        assert value == (number << (0, 2, 5)[setting >> 4]) % 512


@pytest.mark.parametrize("count", [0, 1, 3])
def test_any_of(count: int) -> None:
    m, x = Module(), Signal(4)
    values: list[Value] = [x[place : place + 2] for place in range(count)]
    result = Signal(2)
    m.d.comb += result.eq(any_of(values, 2))
    expected = []
    for setting in range(16):
        total = 0
        for place in range(count):
            total |= setting >> place & 3
        expected.append([total])
    assert outputs(m, [x], [result], 4) == expected
