"""Adders whose structure matters for the longest path."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value, signed

__all__ = ["carry_select_sum", "extended_sum"]


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
    highs = [Signal(bits - half + 2, name=f"{name}_high_{carry}") for carry in (0, 1)]
    m.d.comb += [x.eq(a), y.eq(b), low.eq(x[:half] + y[:half])]
    for carry, high in enumerate(highs):
        m.d.comb += high.eq(Cat(C(carry, 1), x[half:]) + Cat(C(carry, 1), y[half:]))
    m.d.comb += result.eq(Cat(low[:half], Mux(low[half], highs[1][1:-1], highs[0][1:-1])))
    return result


def extended_sum(m: Module, a: Value, b: Value, bits: int, name: str) -> Signal:
    """The sum of a number and a narrower one, both signed, modulo ``2**bits``.

    Above the sign of ``b`` the sum is ``a``, or one more or less: all three are there early, so
    that only their choice waits for ``b``. Below it is a :func:`carry_select_sum`.

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
    own = len(b)
    if bits - own < 2:
        return carry_select_sum(m, a, b, bits, name)
    x = Signal(signed(bits), name=f"{name}_whole")
    m.d.comb += x.eq(a)
    # A bit for the carry: both are without a sign here.
    lower = carry_select_sum(
        m, Cat(x[:own], C(0, 1)), Cat(b, C(0, 1)), own + 1, f"{name}_lower"
    )  # fmt: skip
    carry, sign = lower[own], b[own - 1]
    uppers = [Signal(bits - own, name=f"{name}_upper_{n}") for n in range(3)]
    for upper, change in zip(uppers, (0, 1, -1), strict=True):
        m.d.comb += upper.eq(x[own:] + change)
    same, more, less = uppers
    result = Signal(signed(bits), name=name)
    upper = Mux(sign, Mux(carry, same, less), Mux(carry, more, same))
    m.d.comb += result.eq(Cat(lower[:own], upper))
    return result
