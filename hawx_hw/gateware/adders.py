"""Adders whose structure matters for the longest path."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed

__all__ = ["carry_select_sum"]


def carry_select_sum(m: Module, a: Value, b: Value, bits: int, name: str) -> Signal:
    """The sum of two signed numbers modulo ``2**bits``, the upper half for either carry.

    Synthesis makes a chain of carries of what is written as one sum. Here the upper half does not
    wait for the lower one (Bedrij, IRE Transactions on Electronic Computers 1962): about half the
    delay for half an adder more.

    Parameters
    ----------
    m : Module
        Gets the adders.
    a, b : Value
        At most ``bits`` wide.
    bits : int
        Of the result.
    name : str
        Of the result; the signals that it is made of begin with it.

    Returns
    -------
    Signal
        Of shape ``signed(bits)``.
    """
    half = bits // 2
    result = Signal(signed(bits), name=name)
    if half == 0:
        m.d.comb += result.eq(a + b)
        return result
    x, y = (Signal(signed(bits), name=f"{name}_{operand}") for operand in ("a", "b"))
    low = Signal(half + 1, name=f"{name}_low")
    # Written with one more bit below, so that no adder depends on another.
    highs = [Signal(bits - half + 1, name=f"{name}_high_{carry}") for carry in (0, 1)]
    m.d.comb += [x.eq(a), y.eq(b), low.eq(x[:half] + y[:half])]
    for carry, high in enumerate(highs):
        m.d.comb += high.eq(Cat(C(carry, 1), x[half:]) + Cat(C(carry, 1), y[half:]))
    m.d.comb += result.eq(Cat(low[:half], Mux(low[half], highs[1][1:], highs[0][1:])))
    return result
