"""Signed partial-product bits, and the circuits that add them up."""

from __future__ import annotations

from amaranth.hdl import C, Cat, Module, Mux, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import BitHeap, reduce_bit_heap, sum_bit_heap

__all__ = ["BitMatrix", "add_booth_row", "booth_product", "chain_product", "tree_product"]


class BitMatrix:
    """Partial-product bits of positive or negative weight, to be added modulo ``2**width``.

    A negative bit is a positive inverted one and a constant: ``-x == ~x - 1`` (Baugh and Wooley,
    IEEE Transactions on Computers 1973). The constants of all bits become one.

    Parameters
    ----------
    width : int
        Bits of the sum.
    """

    def __init__(self, width: int):
        self._width = width
        self._heap: list[list[Value]] = [[] for _ in range(width)]
        self._constant = 0

    def add(self, bit: Value, weight: int, *, negative: bool = False) -> None:
        """Add ``bit * 2**weight``, or subtract it."""
        if weight >= self._width:
            return
        if negative:
            self._constant -= 1 << weight
            bit = ~bit
        self._heap[weight].append(bit)

    def add_signed(self, value: Value, weight: int = 0, *, subtract: bool = False) -> None:
        """Add a two's complement number times ``2**weight``, or subtract it."""
        last = len(value) - 1
        for index in range(len(value)):
            self.add(value[index], weight + index, negative=(index == last) != subtract)

    def add_constant(self, value: int) -> None:
        """Add a constant of either sign."""
        self._constant += value

    def add_unsigned(self, value: Value, weight: int = 0) -> None:
        """Add an unsigned number times ``2**weight``, or any number of all ``width`` bits."""
        for index in range(len(value)):
            self.add(value[index], weight + index)

    def sum(self, m: Module, name: str) -> Signal:
        """The sum modulo ``2**width``, by a carry-save tree and one adder."""
        return sum_bit_heap(m, self._bits(), self._width, name)

    def carry_save(self, m: Module, name: str) -> tuple[Value, Value]:
        """Two numbers of ``width`` bits whose sum modulo ``2**width`` is the matrix's."""
        return reduce_bit_heap(m, self._bits(), self._width, name)

    def _bits(self) -> BitHeap:
        constant = self._constant % (1 << self._width)
        heap = [
            [*bits, C(1, 1)] if constant >> weight & 1 else bits
            for weight, bits in enumerate(self._heap)
        ]
        if not any(heap):
            heap[0] = [C(0, 1)]
        return heap


def tree_product(m: Module, a: Value, b: Value, width: int) -> Value:
    """The product of two signed numbers by all their partial products in a carry-save tree."""
    matrix = BitMatrix(width)
    for i in range(len(a)):
        for j in range(len(b)):
            signs = (i == len(a) - 1) != (j == len(b) - 1)
            matrix.add(a[i] & b[j], i + j, negative=signs)
    return matrix.sum(m, "tree").as_signed()


def chain_product(m: Module, a: Value, b: Value, width: int) -> Value:
    """The product of two signed numbers by a chain of adders, one for each bit of ``b``."""
    total: Value = C(0, width)
    for j in range(len(b)):
        row = Mux(b[j], a.as_signed(), 0) << j
        partial = Signal(width, name=f"row_{j}")
        m.d.comb += partial.eq(total - row if j == len(b) - 1 else total + row)
        total = partial
    return total.as_signed()


def booth_product(
    m: Module,
    a: Value,
    b: Value,
    width: int,
    *,
    a_below: Value | None = None,
    b_below: Value | None = None,
) -> Value:
    """The product of two signed numbers by radix-4 Booth digits of ``b`` in a carry-save tree.

    Digit ``j`` is ``-2 b[2j+1] + b[2j] + b[2j-1]``; its partial product is a multiple of ``a`` from
    -2 to 2 (MacSorley, Proceedings of the IRE 1961). ``a_below`` and ``b_below`` are the bits below
    the operands' lowest: with them the product is that of ``a + a_below`` and ``b + b_below``,
    which rounds the operands without an adder.
    """
    matrix = BitMatrix(width)
    bits = Cat(C(0, 1) if b_below is None else b_below, b, b[len(b) - 1])
    for j in range((len(b) + 1) // 2):
        add_booth_row(m, matrix, a, bits[2 * j : 2 * j + 3], 2 * j, below=a_below)
    return matrix.sum(m, "tree").as_signed()


def add_booth_row(
    m: Module,
    matrix: BitMatrix,
    a: Value,
    bits: Value,
    weight: int,
    *,
    below: Value | None = None,
) -> None:
    """Add ``digit * (a + below) * 2**weight``; ``digit == -2 bits[2] + bits[1] + bits[0]``.

    ``below`` is one bit, 0 if left out. With it, twice the sum is ``Cat(below, a) + below`` and
    minus the sum is ``~a + ~below``: as without it, the partial product and at most one bit.
    """
    low, middle, high = bits[0], bits[1], bits[2]
    one, two, negative = (Signal(name=f"{name}_{weight}") for name in ("one", "two", "negative"))
    row = Signal(len(a) + 1, name=f"row_{weight}")
    beside = Signal(name=f"beside_{weight}")
    carry = C(0, 1) if below is None else below
    once, twice = Cat(a, a[len(a) - 1]), Cat(carry, a)
    m.d.comb += [
        one.eq(low ^ middle),
        two.eq((high & ~middle & ~low) | (~high & middle & low)),
        negative.eq(high & ~(middle & low)),
        # A negated partial product is its inverse plus one.
        row.eq(
            (once & one.replicate(len(row)) | twice & two.replicate(len(row)))
            ^ negative.replicate(len(row))
        ),
        beside.eq(negative if below is None else (one | two) & (below ^ negative)),
    ]
    matrix.add_signed(row, weight)
    matrix.add(beside, weight)
