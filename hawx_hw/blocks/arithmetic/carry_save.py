"""Bit heaps, summed in carry-save form: gateware of the unsigned multipliers."""

from __future__ import annotations

from collections.abc import Sequence

from amaranth.hdl import Cat, Module, Signal, Value

__all__ = [
    "BitHeap",
    "full_adder",
    "half_adder",
    "negated_heap",
    "partial_products",
    "reduce_bit_heap",
    "sum_bit_heap",
]

#: Bits to add up, by their position: those in the list ``i`` have the weight ``2**i``.
BitHeap = list[list[Value]]


def partial_products(x: Value, y: Value) -> BitHeap:
    """The AND of each bit of ``x`` with each of ``y``; in each position in the order of ``x``."""
    heap: BitHeap = [[] for _ in range(len(x) + len(y) - 1)]
    for i in range(len(x)):
        for j in range(len(y)):
            heap[i + j].append(x[i] & y[j])
    return heap


def negated_heap(heap: BitHeap, negative: Value, width: int) -> BitHeap:
    """The same sum, or where ``negative`` its opposite, modulo ``2**width``.

    Bits are inverted, and a constant is added: as ``-b`` is ``(1 - b) - 1``. A sum is negated that
    way in the time of one gate, while the negation of a result takes that of a carry chain.
    """
    constant = -sum(len(bits) << place for place, bits in enumerate(heap))
    positions = [*heap, *([] for _ in range(width - len(heap)))]
    # The tree adds the first bits first: the sign is there before the others.
    return [
        [*([negative] if constant >> place & 1 else []), *(bit ^ negative for bit in bits[::-1])]
        for place, bits in enumerate(positions[:width])
    ]


def full_adder(m: Module, bits: Sequence[Value], name: str) -> tuple[Value, Value]:
    """Sum and carry of three bits."""
    first, second, third = bits
    half = Signal(name=f"{name}_half")
    both = Signal(name=f"{name}_both")
    passed = Signal(name=f"{name}_passed")
    m.d.comb += [half.eq(first ^ second), both.eq(first & second), passed.eq(half & third)]
    return _named(m, half ^ third, both | passed, name)


def half_adder(m: Module, bits: Sequence[Value], name: str) -> tuple[Value, Value]:
    """Sum and carry of two bits."""
    first, second = bits
    return _named(m, first ^ second, first & second, name)


def _named(m: Module, total: Value, carry: Value, name: str) -> tuple[Value, Value]:
    outputs = Signal(name=f"{name}_sum"), Signal(name=f"{name}_carry")
    m.d.comb += [outputs[0].eq(total), outputs[1].eq(carry)]
    return outputs


def sum_bit_heap(m: Module, heap: BitHeap, width: int, name: str) -> Signal:
    """Exact sum of all bits modulo ``2**width``: Dadda's tree, and one adder at its end."""
    first, second = reduce_bit_heap(m, heap, width, name)
    result = Signal(width, name=name)
    m.d.comb += result.eq(first + second)
    return result


def reduce_bit_heap(m: Module, heap: BitHeap, width: int, name: str) -> tuple[Value, Value]:
    """Two numbers of ``width`` bits whose sum is that of all bits modulo ``2**width``.

    Dadda, "Some schemes for parallel multipliers", Alta Frequenza 1965: full and half adders
    reduce each stage just as far as the next needs, to 2, 3, 4, 6, 9, ... bits a position.
    """
    positions = [list(bits) for bits in heap[:width]]
    positions += [[] for _ in range(width - len(positions))]
    heights = [2]
    while heights[-1] < max(len(bits) for bits in positions):
        heights.append(heights[-1] * 3 // 2)
    for stage, height in enumerate(reversed(heights[:-1])):
        for i, bits in enumerate(positions):
            adders = 0
            while len(bits) > height:
                add, count = (half_adder, 2) if len(bits) == height + 1 else (full_adder, 3)
                total, carry = add(m, bits[:count], f"{name}_{stage}_{i}_{adders}")
                # In place, so that carries of this stage count among the next position's bits.
                bits[:] = [*bits[count:], total]
                if i + 1 < width:
                    positions[i + 1].append(carry)
                adders += 1
    first, second = (Cat(bits[n] if len(bits) > n else 0 for bits in positions) for n in (0, 1))
    return first, second
