"""Multipliers that add their partial products with approximate 4:2 compressors."""

from __future__ import annotations

import functools
from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import Cat, Module, Signal, Value

from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import Block

__all__ = ["Compressor", "UnsignedCompressor", "catalogue"]

#: Bit ``i`` of the weight and bit ``j`` of the activation make wire ``8 i + j``.
_ZERO = 64
_POSITIONS = 18


@dataclass(frozen=True)
class _Cell:
    """One adder of the tree, between numbered wires."""

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]


@dataclass(frozen=True)
class _Tree:
    """Cells in the order of evaluation, and the one or two last wires of each bit position."""

    cells: tuple[_Cell, ...]
    results: tuple[tuple[int, ...], ...]


def _evaluate(kind: str, inputs: list[Any]) -> list[Any]:
    """Evaluate a cell for bits that are arrays of 0 and 1, or gateware of one bit.

    Returns sum and carry, and the carry out of compressors with a carry in.
    """
    if kind == "half":
        p, q = inputs
        return [p ^ q, p & q]
    if kind == "full":
        p, q, r = inputs
        return [p ^ q ^ r, p & q | (p ^ q) & r]
    p, q, r, s, *carry_in = inputs
    if kind == "exact":
        (carry,) = carry_in
        half, out = _evaluate("full", [p, q, r])
        return [*_evaluate("full", [half, s, carry]), out]
    equal = p ^ q ^ 1 | r ^ s ^ 1
    both = (p | q) & (r | s)
    if kind == "design2":
        return [equal, both]
    (carry,) = carry_in
    return [(carry ^ 1) & equal, carry, both]


@functools.cache
def _tree(design: int, c: int) -> _Tree:
    """Dadda's reduction with compressors: eight bits of a position become four, and four two.

    Each bit position, from the lowest up, is reduced to the height of its stage: by compressors
    while there are three bits or more too many, then by a full or a half adder. Its oldest bits are
    taken first. Carries out of compressors go into the compressors of the next position in the same
    stage; where there are none left, they count among its bits.
    """
    wires = _ZERO + 1
    cells: list[_Cell] = []
    heap: list[list[int]] = [[] for _ in range(_POSITIONS)]
    for i in range(8):
        for j in range(8):
            heap[i + j].append(8 * i + j)
    for height in (4, 2):
        after: list[list[int]] = [[] for _ in range(_POSITIONS + 1)]
        chain: list[int] = []
        for place, position in enumerate(heap):
            bits = list(position)
            carries_out: list[int] = []
            while (excess := len(bits) + len(after[place]) + len(chain) - height) > 0:
                if len(bits) < min(excess + 1, 4):
                    bits, chain = bits + chain, []
                if excess >= 3 and len(bits) >= 4:
                    kind, count = f"design{design}" if place < c else "exact", 4
                else:
                    kind, count = ("half", 2) if excess == 1 else ("full", 3)
                taken, bits = bits[:count], bits[count:]
                if kind in ("exact", "design1"):
                    taken.append(chain.pop(0) if chain else _ZERO)
                outputs = tuple(range(wires, wires + (3 if len(taken) == 5 else 2)))
                wires += len(outputs)
                cells.append(_Cell(kind, tuple(taken), outputs))
                after[place].append(outputs[0])
                after[place + 1].append(outputs[1])
                carries_out += outputs[2:]
            after[place] = bits + chain + after[place]
            chain = carries_out
        heap = after[:_POSITIONS]
    return _Tree(tuple(cells), tuple(map(tuple, heap)))


@dataclass(frozen=True)
class Compressor(SignMagnitude):
    """A Dadda tree of 4:2 compressors, approximate in the lower bit positions.

    Momeni, Han, Montuschi and Lombardi, "Design and analysis of approximate compressors for
    multiplication", IEEE Transactions on Computers 2015. Of the bits ``x1`` to ``x4``, both
    designs make ``s = (x1 xnor x2) or (x3 xnor x4)`` and ``t = (x1 or x2) and (x3 or x4)``.
    Design 1 has a carry in: its carry is that, its sum is ``s`` without it and 0 with it, and its
    carry out is ``t``; 12 of its 32 cases are wrong. Design 2 has none; its sum is ``s`` and its
    carry is ``t``; 4 of 16 cases are wrong. Four zeros are among them: **products with zero are
    not zero**. The last two numbers are added exactly. The tree has as many compressors and
    adders as the paper's (18, 3 full, 3 half with design 1); how they are connected is
    reconstructed.

    Parameters
    ----------
    design : int
        1 or 2.
    c : int
        Compressors of bit positions below ``c`` are approximate, the others exact: 5 to 13. The
        paper's multipliers 3 and 4 have 7; with 13 all are approximate, as in its multipliers 1
        and 2.
    """

    family = "compressor"
    design: int
    c: int

    def __post_init__(self) -> None:
        if self.design not in (1, 2):
            raise ValueError(f"design must be 1 or 2, not {self.design!r}")
        if self.c not in range(5, 14):
            raise ValueError(f"c must be from 5 to 13, not {self.c!r}")

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("tree",)

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        tree = _tree(self.design, self.c)
        zero = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.int32)
        wires = {8 * i + j: x >> i & y >> j & 1 for i in range(8) for j in range(8)}
        wires[_ZERO] = zero
        for cell in tree.cells:
            wires.update(zip(cell.outputs, _evaluate(cell.kind, [wires[i] for i in cell.inputs])))
        ends = [wires[i] << place for place, last in enumerate(tree.results) for i in last]
        return sum(ends, start=zero)

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        tree = _tree(self.design, self.c)
        wires: dict[int, Value] = {8 * i + j: x[i] & y[j] for i in range(8) for j in range(8)}
        wires[_ZERO] = Cat(0)
        for number, cell in enumerate(tree.cells):
            outputs = _evaluate(cell.kind, [wires[i] for i in cell.inputs])
            for wire, value, name in zip(cell.outputs, outputs, ("sum", "carry", "out")):
                wires[wire] = Signal(name=f"{cell.kind}_{number}_{name}")
                m.d.comb += wires[wire].eq(value)
        addends = [
            Cat(wires[last[n]] if len(last) > n else 0 for last in tree.results) for n in (0, 1)
        ]
        return addends[0] + addends[1]


@dataclass(frozen=True)
class UnsignedCompressor(UnsignedActivation, Compressor):
    """``compressor`` of unsigned activations."""

    family = "ucompressor"


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [
        kind(design, c)
        for kind in (Compressor, UnsignedCompressor)
        for design in (1, 2)
        for c in (7, 9, 13)
    ]
