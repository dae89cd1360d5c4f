"""Leading-one detection, operand windows and shifters: gateware that several families share."""

from __future__ import annotations

from collections.abc import Mapping

from amaranth.hdl import Cat, Module, Mux, Signal, Value

__all__ = ["any_of", "leading_one", "leading_window", "shift_left", "shift_signed"]


def any_of(values: list[Value], width: int = 1) -> Value:
    """OR of values of ``width`` bits; zero where there are none."""
    result: Value = Cat(*[0] * width)
    if values:
        result = values[0]
        for value in values[1:]:
            result = result | value
    return result


def leading_one(m: Module, x: Value, name: str) -> Signal:
    """Mark the leading one of ``x``: one-hot and as wide as ``x``; zero for zero.

    Parameters
    ----------
    name : str
        Operand's name, the first part of the signals' names.
    """
    leading = Signal(len(x), name=f"{name}_leading")
    m.d.comb += leading.eq(Cat(*(x[i] & ~x[i + 1 :].any() for i in range(len(x) - 1)), x[-1]))
    return leading


def leading_window(m: Module, x: Value, bits: int, name: str) -> tuple[Signal, Signal]:
    """The ``bits`` bits of ``x`` from its leading one down, and their shift to the left.

    Values below ``2**bits`` are their own window, unshifted.

    Returns
    -------
    window, shift : Signal
        ``window << shift`` is ``x`` without the bits below its window.
    """
    shifts = range(1, len(x) - bits + 1)
    leading = leading_one(m, x, name)
    window = Signal(bits, name=f"{name}_window")
    shift = Signal(range(len(x) - bits + 1), name=f"{name}_shift")
    # One AND and OR plane instead of a chain of multiplexers: the leading one is one-hot.
    small = ~x[bits:].any()
    candidates: list[Value] = [x[:bits] & small.replicate(bits)]
    candidates += [x[s : s + bits] & leading[s + bits - 1].replicate(bits) for s in shifts]
    m.d.comb += window.eq(any_of(candidates))
    m.d.comb += shift.eq(
        Cat(
            any_of([leading[s + bits - 1] for s in shifts if s >> bit & 1])
            for bit in range(len(shift))
        )
    )
    return window, shift


def shift_left(m: Module, value: Value, amount: Value, limit: int, name: str) -> Signal:
    """``value << amount`` in stages, one a bit of ``amount``; no result needs ``limit`` bits more.

    Parameters
    ----------
    limit : int
        The largest amount that occurs.
    """
    width = len(value) + limit
    for bit in range(len(amount)):
        stage = Signal(width, name=f"{name}_by_{1 << bit}")
        m.d.comb += stage.eq(Mux(amount[bit], value << (1 << bit), value))
        value = stage
    result = Signal(width, name=name)
    m.d.comb += result.eq(value)
    return result


def shift_signed(value: Value, negative: Value, amounts: Mapping[int, Value], width: int) -> Value:
    """A number in two's complement, shifted to the left by one of several amounts.

    One AND and OR plane: where the amount is known before the value, it costs the value less time
    than stages of multiplexers.

    Parameters
    ----------
    value : Value
        The number without its sign bit.
    negative : Value
        Its sign bit.
    amounts : mapping of int to Value
        The amounts, and for each whether it is the one; exactly one is.
    width : int
        Of the result, which holds every result.
    """
    bits: list[Value] = []
    for place in range(width):
        terms = [
            value[place - amount] & chosen
            for amount, chosen in amounts.items()
            if 0 <= place - amount < len(value)
        ]
        above = [chosen for amount, chosen in amounts.items() if place - amount >= len(value)]
        bits.append(any_of([*terms, *([any_of(above) & negative] if above else [])]))
    return Cat(*bits).as_signed()
