"""Sums of activation addresses: word and byte, also where L is no power of two."""

from __future__ import annotations

from amaranth.hdl import Cat, Const, Module, Mux, Shape, Signal, Value

from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.gateware.adders import carry_select_sum

__all__ = ["add_address", "add_modulo"]


def add_modulo(m: Module, a: Value, b: Value, bits: int, name: str) -> Value:
    """The sum modulo ``2**bits``, unsigned; without an adder where ``b`` has no bits."""
    if len(b) == 0:
        return a[:bits]
    return carry_select_sum(m, a, b, bits, name).as_unsigned()


def add_address(m: Module, unit: Unit, start: Value, step: Value, bits: int, name: str) -> Value:
    """An address some bytes on.

    Parameters
    ----------
    m : Module
        Gets the adders.
    unit : Unit
    start : Value
        Byte of the word in the low ``unit.byte_bits`` bits, below L; number of the word above.
    step : Value
        As :meth:`Unit.address` makes it; signed, or with leading zeros.
    bits : int
        Of the result: ``unit.scalar_bits``, or fewer to drop upper bits of the word's number.
    name : str

    Returns
    -------
    Value
        Unsigned, ``bits`` wide.
    """
    if len(step) == 0:
        return start[:bits]
    low = unit.byte_bits
    if unit.word == 1 << low:
        return add_modulo(m, start, step, bits, name)
    step = Value.cast(step)
    signed_step = step.shape().signed
    # With at least one bit of the word's number: that of a negative step is negative.
    wide = Signal(Shape(max(len(step), low + 1), signed=signed_step), name=f"{name}_step")
    m.d.comb += wide.eq(step)
    parts = wide[:low], wide[low:].as_signed() if signed_step else wide[low:]
    total = Signal(low + 1, name=f"{name}_byte")
    over = Signal(name=f"{name}_over")
    m.d.comb += [total.eq(start[:low] + parts[0]), over.eq(total >= unit.word)]
    byte = Mux(over, total - unit.word, total)[:low]
    # Both sums of words, so that neither waits for the byte.
    words = [
        add_modulo(m, Cat(Const(carry, 1), start[low:bits]).as_unsigned(),
                   _with_carry(parts[1], carry), bits - low + 1, f"{name}_word_{carry}")[1:]
        for carry in (0, 1)
    ]  # fmt: skip
    return Cat(byte, Mux(over, words[1], words[0]))


def _with_carry(step: Value, carry: int) -> Value:
    """A step of words with a bit below, so that a carry goes in."""
    value = Cat(Const(carry, 1), step)
    return value.as_signed() if step.shape().signed else value
