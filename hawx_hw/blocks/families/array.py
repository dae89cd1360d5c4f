"""Array multipliers that leave out partial products of low operand bits or low weight."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import C, Module, Mux, Signal

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix, booth_product
from hawx_hw.blocks.block import CODES, Block, BlockComponent

__all__ = ["Array", "catalogue"]


@dataclass(frozen=True)
class Array(Block):
    """The sum of the partial products of bit i of the weight and bit j of the activation with
    ``i >= ha``, ``j >= hb`` and ``i + j >= v``.

    ``T(a, b) = sum of s_i s_j a_i b_j 2**(i + j)`` over these, ``s_7 = -1``, other ``s = 1``.
    All 13 signed 8 x 8 multipliers of EvoApproxLib are members (Mrazek et al., DATE 2017; see
    :mod:`hawx_hw.blocks.evoapprox`).

    Parameters
    ----------
    ha, hb : int
        Low bits of the weight and of the activation that are left out, in [0, 7].
    v : int
        Bit positions ``i + j`` that are left out, from the lowest up, in [0, 14].
    """

    family = "array"
    ha: int
    hb: int
    v: int

    def __post_init__(self) -> None:
        for name, top in (("ha", 7), ("hb", 7), ("v", 14)):
            if getattr(self, name) not in range(top + 1):
                raise ValueError(f"{name} must be in [0, {top}], not {getattr(self, name)!r}")

    def _least(self, i: int) -> int:
        """The lowest bit of the activation multiplied with bit i of the weight; 8 for none."""
        return 8 if i < self.ha else min(8, max(self.hb, self.v - i))

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = np.asarray(a, np.int32), np.asarray(b, np.int32)
        total = np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.int32)
        for i in range(8):
            if self._least(i) < 8:
                total += (a >> i & 1) * _bit_weight(i) * self._masked(b, i)
        return total

    def _masked(self, b: np.ndarray, i: int) -> np.ndarray:
        """The activation without the bits that are not multiplied with bit i of the weight."""
        return b & -(1 << self._least(i)) if self._least(i) < 8 else b & 0

    @property
    def _rectangular(self) -> bool:
        """Whether ``v`` leaves out no partial product beyond those of ``ha`` and ``hb``."""
        return self.v <= self.ha + self.hb

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("multiply", "booth", "tree", "chain") if self._rectangular else ("tree", "chain")

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _ArrayComponent(self, self._implementation(implementation))

    def specification(self) -> BlockComponent:
        return _ArrayComponent(self, "specification")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        # Bits of the weight that are multiplied with the same bits of the activation share a term.
        u, v = [], []
        for least in sorted({self._least(i) for i in range(8)} - {8}):
            bits = [i for i in range(8) if self._least(i) == least]
            u.append(sum((CODES >> i & 1) * _bit_weight(i) for i in bits))
            v.append(CODES & -(1 << least))
        if not u:
            return np.zeros((256, 1), np.int32), np.zeros((256, 1), np.int32)
        return np.stack(u, axis=1).astype(np.int32), np.stack(v, axis=1).astype(np.int32)


def _bit_weight(i: int) -> int:
    """The weight of bit i in two's complement."""
    return -128 if i == 7 else 1 << i


class _ArrayComponent(BlockComponent):
    def __init__(self, block: Array, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        getattr(self, f"_{self._kind}")(m)
        return m

    def _multiply(self, m: Module) -> None:
        ha, hb = self._block.ha, self._block.hb
        m.d.comb += self.product.eq(
            (self.a[ha:].as_signed() * self.b[hb:].as_signed()) << (ha + hb)
        )

    def _booth(self, m: Module) -> None:
        ha, hb = self._block.ha, self._block.hb
        width = len(self.product) - ha - hb
        product = booth_product(m, self.a[ha:], self.b[hb:], width)
        m.d.comb += self.product.eq(product << (ha + hb))

    def _tree(self, m: Module) -> None:
        matrix = BitMatrix(len(self.product))
        for i in range(8):
            for j in range(self._block._least(i), 8):
                matrix.add(self.a[i] & self.b[j], i + j, negative=(i == 7) != (j == 7))
        m.d.comb += self.product.eq(matrix.sum(m, "tree"))

    def _chain(self, m: Module) -> None:
        total: Any = C(0, len(self.product))
        for i in range(8):
            least = self._block._least(i)
            if least == 8:
                continue
            row = Mux(self.a[i], self.b[least:].as_signed(), 0) << (i + least)
            partial = Signal(len(self.product), name=f"row_{i}")
            m.d.comb += partial.eq(total - row if i == 7 else total + row)
            total = partial
        m.d.comb += self.product.eq(total)

    def _specification(self, m: Module) -> None:
        """The exact product, less each partial product that is left out."""
        total: Any = self.a * self.b
        for i in range(8):
            for j in range(self._block._least(i)):
                value = (1 if (i == 7) == (j == 7) else -1) << (i + j)
                total = total - Mux(self.a[i] & self.b[j], value, 0)
        m.d.comb += self.product.eq(total)


def catalogue() -> list[Block]:
    """The members worth listing."""
    evo = [(0, 0, 2), (0, 0, 3), (0, 0, 4), (1, 0, 0), (1, 0, 3), (1, 0, 4), (1, 1, 0)]
    evo += [(2, 0, 5), (3, 0, 0), (2, 2, 0), (3, 3, 0), (6, 0, 0)]
    more = [(0, 0, 5), (0, 0, 6), (0, 0, 7), (0, 0, 8), (0, 1, 0), (0, 2, 0), (0, 3, 0), (1, 1, 4)]
    more += [(1, 1, 5), (1, 1, 6), (2, 0, 0), (2, 1, 0), (2, 1, 5), (2, 2, 6), (2, 2, 7), (4, 0, 0)]
    more += [(4, 4, 0)]
    return [Array(*parameters) for parameters in (*evo, *more)]
