"""Broken arrays: carry-save adders left out below a horizontal and right of a vertical line."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from amaranth.hdl import C, Module, Mux, Signal, Value

from hawx_hw.blocks.arithmetic.carry_save import BitHeap, sum_bit_heap
from hawx_hw.blocks.arithmetic.sign_magnitude import SignMagnitude, UnsignedActivation
from hawx_hw.blocks.block import Block, BlockComponent
from hawx_hw.blocks.families.array import Array

__all__ = ["BrokenArray", "UnsignedBrokenArray", "catalogue"]


@dataclass(frozen=True)
class BrokenArray(Block):
    """A two's complement array multiplier with adders left out.

    Mahdiani et al., "Bio-inspired imprecise computational blocks", IEEE TCAS-I 2010: the adders for
    the ``hbl`` lowest bits of the activation (of the weight where ``transposed``) and for the
    ``vbl`` lowest bit positions are left out, and with them their partial products. The table is
    that of ``array(0, hbl, vbl)`` or of ``array(hbl, 0, vbl)``.

    Parameters
    ----------
    hbl : int
        Low bits of the activation or the weight that are left out, in [0, 7]: the horizontal line.
    vbl : int
        Low bit positions that are left out, in [0, 14]: the vertical line.
    transposed : int
        0 or 1.
    """

    family = "broken_array"
    hbl: int
    vbl: int
    transposed: int = 0

    def __post_init__(self) -> None:
        if self.transposed not in (0, 1):
            raise ValueError(f"transposed must be 0 or 1, not {self.transposed!r}")
        _check(self.hbl, self.vbl)

    @property
    def _array(self) -> Array:
        low_bits = (self.hbl, 0) if self.transposed else (0, self.hbl)
        return Array(*low_bits, self.vbl)

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        return self._array.multiply(a, b)

    @property
    def implementations(self) -> tuple[str, ...]:
        return self._array.implementations

    def component(self, implementation: str | None = None) -> BlockComponent:
        return self._array.component(implementation)

    def specification(self) -> BlockComponent:
        return self._array.specification()

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        return self._array.factors()


@dataclass(frozen=True)
class UnsignedBrokenArray(UnsignedActivation, SignMagnitude):
    """The broken array as published, of unsigned operands: the weight's magnitude, and activations
    as unsigned codes.

    Parameters
    ----------
    hbl : int
        Low bits of the activation that are left out, in [0, 7].
    vbl : int
        Low bit positions that are left out, in [0, 14]: the vertical line.
    """

    family = "ubroken_array"
    hbl: int
    vbl: int

    def __post_init__(self) -> None:
        _check(self.hbl, self.vbl)

    def _least(self, j: int) -> int:
        """The lowest bit of the weight's magnitude multiplied with bit j of the activation."""
        return 8 if j < self.hbl else min(8, max(0, self.vbl - j))

    def magnitudes(self, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        total = np.zeros(np.broadcast_shapes(x.shape, y.shape), dtype=np.int32)
        for j in range(8):
            total += (y >> j & 1) * (x >> self._least(j) << self._least(j) << j)
        return total

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("tree", "chain")

    def core(self, m: Module, x: Signal, y: Signal, implementation: str) -> Value:
        if implementation == "tree":
            heap: BitHeap = [[] for _ in range(16)]
            for j in range(8):
                for i in range(self._least(j), 8):
                    heap[i + j].append(x[i] & y[j])
            if not any(heap):
                return C(0, 16)
            return sum_bit_heap(m, heap, 16, "tree")
        total: Value = C(0, 16)
        for j in range(8):
            least = self._least(j)
            if least < 8:
                row = Signal(16, name=f"row_{j}")
                m.d.comb += row.eq(total + (Mux(y[j], x[least:], 0) << (least + j)))
                total = row
        return total

    def plain(self, m: Module, x: Signal, y: Signal) -> Value:
        total: Value = x * y
        for j in range(8):
            for i in range(self._least(j)):
                total = total - ((x[i] & y[j]) << (i + j))
        return total[:16]

    def magnitude_factors(self) -> tuple[np.ndarray, np.ndarray]:
        codes = np.arange(256, dtype=np.int32)
        u, v = [], []
        for least in sorted({self._least(j) for j in range(8)} - {8}):
            bits = [j for j in range(8) if self._least(j) == least]
            u.append(codes >> least << least)
            v.append(sum((codes >> j & 1) << j for j in bits))
        if not u:
            return np.zeros((256, 1), np.int32), np.zeros((256, 1), np.int32)
        return np.stack(u, axis=1), np.stack(v, axis=1)


def _check(hbl: int, vbl: int) -> None:
    if hbl not in range(8):
        raise ValueError(f"hbl must be in [0, 7], not {hbl!r}")
    if vbl not in range(15):
        raise ValueError(f"vbl must be in [0, 14], not {vbl!r}")


def catalogue() -> list[Block]:
    """The members worth listing."""
    signed = [(1, 4, 0), (2, 5, 0), (1, 6, 0), (1, 6, 1)]
    unsigned = [(0, 4), (0, 6), (0, 8), (1, 4), (2, 5), (2, 7), (3, 6)]
    return [
        *(BrokenArray(*parameters) for parameters in signed),
        *(UnsignedBrokenArray(*parameters) for parameters in unsigned),
    ]
