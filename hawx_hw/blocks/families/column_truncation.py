"""Truncated multipliers with correction: low bit positions left out, compensated on average."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from amaranth.hdl import C, Module, Mux, Signal

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix
from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.blocks.factors import merged

__all__ = ["ConstantCorrection", "VariableCorrection", "catalogue"]


class _Corrected(Block):
    """Bit positions below ``v`` are left out; ``doubled`` and ``constant`` compensate for them."""

    v: int

    def _check(self) -> None:
        if self.v not in range(3, 11):
            raise ValueError(f"v must be in [3, 10], not {self.v!r}")

    @property
    def doubled(self) -> bool:
        """Whether the bits of position ``v - 1`` count as bits of position ``v``."""
        return False

    @property
    def constant(self) -> int:
        """The constant added to every product: a multiple of ``2**v``."""
        return 0

    def value(self, i: int, j: int) -> int:
        """The value of the partial product of bit i of the weight and bit j of the activation."""
        sign = 1 if (i == 7) == (j == 7) else -1
        if i + j >= self.v:
            return sign << (i + j)
        return sign << self.v if self.doubled and i + j == self.v - 1 else 0

    def _partial_product(self, i: int, b: np.ndarray) -> np.ndarray:
        """The sum of the partial products of bit i of the weight with the activation ``b``."""
        total = np.zeros_like(b)
        for j in range(8):
            total += (b >> j & 1) * self.value(i, j)
        return total

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = np.asarray(a, np.int32), np.asarray(b, np.int32)
        total = np.full(np.broadcast_shapes(a.shape, b.shape), self.constant, dtype=np.int32)
        for i in range(8):
            total += (a >> i & 1) * self._partial_product(i, b)
        return total

    @property
    def implementations(self) -> tuple[str, ...]:
        return ("tree", "chain")

    def component(self, implementation: str | None = None) -> BlockComponent:
        return _Component(self, self._implementation(implementation))

    def specification(self) -> BlockComponent:
        return _Component(self, "specification")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        # Divided by their weight, the partial products of all bits from v on are equal.
        weights = [-128 if i == 7 else 1 << i for i in range(8)]
        u = [(CODES >> i & 1) * weight for i, weight in enumerate(weights)]
        v = [self._partial_product(i, CODES) // weight for i, weight in enumerate(weights)]
        if self.constant:
            u.append(np.ones(256, dtype=np.int32))
            v.append(np.full(256, self.constant, dtype=np.int32))
        return merged(np.stack(u, axis=1), np.stack(v, axis=1))


@dataclass(frozen=True)
class ConstantCorrection(_Corrected):
    """The mean of what is left out is added as a constant.

    Schulte and Swartzlander, "Truncated multiplication with correction constant", VLSI Signal
    Processing VI, 1993: bit positions below ``v`` are left out, and their mean for operand bits
    that are one half of the time is added, rounded to the remaining bit positions. The
    published unit also rounds the product to its upper half, which this one does not. A product
    with zero is the constant.

    Parameters
    ----------
    v : int
        Bit positions that are left out, in [3, 10]; below 3 the constant is zero.
    """

    family = "constant_correction"
    v: int

    def __post_init__(self) -> None:
        self._check()

    @property
    def constant(self) -> int:
        lost = sum(
            (1 if (i == 7) == (j == 7) else -1) << (i + j)
            for i in range(8)
            for j in range(8)
            if i + j < self.v
        )
        # A partial product is one a quarter of the time; halves are rounded up.
        return (lost + (2 << self.v)) // (4 << self.v) << self.v


@dataclass(frozen=True)
class VariableCorrection(_Corrected):
    """The highest bit position that is left out counts at the lowest remaining one.

    King and Swartzlander, "Data-dependent truncation scheme for parallel multipliers", Asilomar
    Conference on Signals, Systems and Computers 1997: the bits of a position, at twice their
    weight, stand for themselves and for all positions below. The published unit also rounds the
    product to its upper half, which this one does not. A product with zero is zero.

    Parameters
    ----------
    v : int
        Bit positions that are left out, in [3, 10].
    """

    family = "variable_correction"
    v: int

    def __post_init__(self) -> None:
        self._check()

    @property
    def doubled(self) -> bool:
        return True


class _Component(BlockComponent):
    def __init__(self, block: _Corrected, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        getattr(self, f"_{self._kind}")(m)
        return m

    def _tree(self, m: Module) -> None:
        matrix = BitMatrix(len(self.product))
        matrix.add_constant(self._block.constant)
        for i in range(8):
            for j in range(8):
                value = self._block.value(i, j)
                if value:
                    weight = abs(value).bit_length() - 1
                    matrix.add(self.a[i] & self.b[j], weight, negative=value < 0)
        m.d.comb += self.product.eq(matrix.sum(m, "tree"))

    def _chain(self, m: Module) -> None:
        v, width = self._block.v, len(self.product)
        total: Any = C(self._block.constant, width)
        for i in range(8):
            least = max(0, v - i)
            row: Any = self.b[least:].as_signed() << (i + least) if least < 8 else C(0, 1)
            if self._block.doubled and 1 <= least <= 8:
                row = row + Mux(self.b[least - 1], -1 << v if least == 8 else 1 << v, 0)
            chosen = Mux(self.a[i], row, 0)
            partial = Signal(width, name=f"row_{i}")
            m.d.comb += partial.eq(total - chosen if i == 7 else total + chosen)
            total = partial
        m.d.comb += self.product.eq(total)

    def _specification(self, m: Module) -> None:
        """The exact product, less each partial product left out, with the correction."""
        v = self._block.v
        total: Any = self.a * self.b + self._block.constant
        for i in range(8):
            for j in range(8):
                if i + j >= v:
                    continue
                sign = 1 if (i == 7) == (j == 7) else -1
                change = -(1 << (i + j))
                if self._block.doubled and i + j == v - 1:
                    change += 1 << v
                total = total + Mux(self.a[i] & self.b[j], sign * change, 0)
        m.d.comb += self.product.eq(total)


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [kind(v) for kind in (ConstantCorrection, VariableCorrection) for v in (4, 5, 6, 7, 8)]
