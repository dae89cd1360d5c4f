"""Columns of bits summed in carry-save form: gateware of the unsigned multipliers."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, Value

__all__ = ["Columns", "full_adder", "half_adder", "partial_products", "sum_columns"]

#: Bits to add up, by weight: those of column ``i`` count ``2**i``.
Columns = list[list[Value]]


def partial_products(x: Value, y: Value) -> Columns:
    """The AND of each bit of ``x`` with each of ``y``, by column; within one, by bit of ``x``."""
    columns: Columns = [[] for _ in range(len(x) + len(y) - 1)]
    for i in range(len(x)):
        for j in range(len(y)):
            columns[i + j].append(x[i] & y[j])
    return columns


def full_adder(m: Module, bits: Sequence[Value], name: str) -> tuple[Value, Value]:
    """Sum and carry of three bits."""
    first, second, third = bits
    half = Signal(name=f"{name}_half")
    m.d.comb += half.eq(first ^ second)
    return _named(m, half ^ third, first & second | half & third, name)


def half_adder(m: Module, bits: Sequence[Value], name: str) -> tuple[Value, Value]:
    """Sum and carry of two bits."""
    first, second = bits
    return _named(m, first ^ second, first & second, name)


def _named(m: Module, total: Value, carry: Value, name: str) -> tuple[Value, Value]:
    outputs = Signal(name=f"{name}_sum"), Signal(name=f"{name}_carry")
    m.d.comb += [outputs[0].eq(total), outputs[1].eq(carry)]
    return outputs


def sum_columns(m: Module, columns: Columns, width: int, name: str) -> Signal:
    """Exact sum of all bits modulo ``2**width``: Dadda's tree, and one adder at its end.

    Dadda, "Some schemes for parallel multipliers", Alta Frequenza 1965: full and half adders
    reduce each stage just as far as the next needs, to 2, 3, 4, 6, 9, ... bits a column.
    """
    columns = [list(column) for column in columns[:width]]
    columns += [[] for _ in range(width - len(columns))]
    heights = [2]
    while heights[-1] < max(len(column) for column in columns):
        heights.append(heights[-1] * 3 // 2)
    for stage, height in enumerate(reversed(heights[:-1])):
        for i, column in enumerate(columns):
            place = 0
            while len(column) > height:
                add, taken = (half_adder, 2) if len(column) == height + 1 else (full_adder, 3)
                total, carry = add(m, column[:taken], f"{name}_{stage}_{i}_{place}")
                # In place, so that carries of this stage count among the next column's bits.
                column[:] = [*column[taken:], total]
                if i + 1 < width:
                    columns[i + 1].append(carry)
                place += 1
    result = Signal(width, name=name)
    rows = [Cat(column[row] if len(column) > row else 0 for column in columns) for row in (0, 1)]
    m.d.comb += result.eq(rows[0] + rows[1])
    return result
