"""Array multipliers of any of the 64 partial products."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np
from amaranth.hdl import C, Cat, Module, Mux, Signal

from hawx_hw.blocks.arithmetic.bit_matrix import BitMatrix
from hawx_hw.blocks.block import CODES, Block, BlockComponent
from hawx_hw.blocks.families.array import Array

__all__ = ["ALL", "Mask", "catalogue", "mask_of"]

#: The mask of the exact multiplier.
ALL = (1 << 64) - 1


@dataclass(frozen=True)
class Mask(Block):
    """The sum of the partial products that a mask selects.

    ``T(a, b) = sum of s_i s_j a_i b_j 2**(i + j)`` over the selected ``i`` and ``j``, ``s_7 = -1``,
    other ``s = 1``: ``a_i`` is bit i of the weight and ``b_j`` bit j of the activation. ``array``
    and ``precision`` are members. Low bits of which no partial product is selected are not read: as
    with ``precision``, weights and activations are rounded to the others before.

    Parameters
    ----------
    bits : int
        Bit ``8 i + j`` is set where the partial product of ``a_i`` and ``b_j`` is selected, in
        [1, 2**64 - 1]. In hexadecimal two digits are the activation's bits of one bit of the
        weight, the highest first.
    """

    family = "mask"
    numerous: ClassVar[bool] = True
    bits: int

    def __post_init__(self) -> None:
        if not isinstance(self.bits, int) or not 1 <= self.bits <= ALL:
            shown = hex(self.bits) if isinstance(self.bits, int) else repr(self.bits)
            raise ValueError(f"bits must be in [0x1, {ALL:#x}], not {shown}")

    @classmethod
    def of(cls, selected: np.ndarray) -> Mask:
        """The member that keeps some partial products.

        Parameters
        ----------
        selected : ndarray of bool
            ``(8, 8)``, indexed ``[i, j]``; at least one is set.
        """
        return cls(sum(1 << int(place) for place in np.flatnonzero(selected)))

    @property
    def name(self) -> str:
        return f"mask(bits={self.bits:#x})"

    @property
    def selected(self) -> np.ndarray:
        """The selected partial products: bool ``(8, 8)``, indexed ``[i, j]``."""
        places = (self.bits >> place & 1 for place in range(64))
        return np.fromiter(places, dtype=bool, count=64).reshape(8, 8)

    @property
    def count(self) -> int:
        """How many partial products are selected."""
        return self.bits.bit_count()

    def row(self, i: int) -> int:
        """The bits of the activation that bit i of the weight is multiplied with, as a number."""
        return self.bits >> 8 * i & 255

    @property
    def weight_step(self) -> int:
        return 1 << int(self.selected.any(axis=1).argmax())

    @property
    def activation_step(self) -> int:
        return 1 << int(self.selected.any(axis=0).argmax())

    def multiply(self, a: np.ndarray, b: np.ndarray) -> np.ndarray:
        a, b = np.asarray(a, np.int32), np.asarray(b, np.int32)
        total = np.zeros(np.broadcast_shapes(a.shape, b.shape), dtype=np.int32)
        for i in range(8):
            total += (a >> i & 1) * _bit_weight(i) * _value_of(b, self.row(i))
        return total

    @property
    def array(self) -> Array | None:
        """The array with the same table; None where there is none."""
        i, j = np.nonzero(self.selected)
        candidate = Array(int(i.min()), int(j.min()), int((i + j).min()))
        return candidate if mask_of(candidate) == self else None

    @property
    def implementations(self) -> tuple[str, ...]:
        array = self.array
        return ("tree", "chain") if array is None else array.implementations

    def component(self, implementation: str | None = None) -> BlockComponent:
        chosen, array = self._implementation(implementation), self.array
        return _MaskComponent(self, chosen) if array is None else array.component(chosen)

    def specification(self) -> BlockComponent:
        return _MaskComponent(self, "specification")

    def factors(self) -> tuple[np.ndarray, np.ndarray]:
        # Bits of one operand that are multiplied with the same bits of the other share a term.
        own, other = _grouped(self.selected), _grouped(self.selected.T)
        (left, right) = own if len(own[0]) <= len(other[0]) else other[::-1]
        u, v = (
            np.stack([_value_of(CODES, bits) for bits in side], axis=1).astype(np.int32)
            for side in (left, right)
        )
        return u, v


def mask_of(block: Block) -> Mask | None:
    """The mask with the table of a block; None where its table is not a mask's, or is zero."""
    places = np.array([_bit_weight(i) for i in range(8)])
    selected = block.table[np.ix_(places + 128, places + 128)] != 0
    if not selected.any():
        return None
    mask = Mask.of(selected)
    return mask if np.array_equal(mask.table, block.table) else None


def _bit_weight(i: int) -> int:
    """The weight of bit i in two's complement."""
    return -128 if i == 7 else 1 << i


def _value_of(codes: np.ndarray, bits: int) -> np.ndarray:
    """The value of some bits of two's complement codes."""
    selected: np.ndarray = (codes & (bits & 127)) - (codes & (bits & 128))
    return selected


def _grouped(selected: np.ndarray) -> tuple[list[int], list[int]]:
    """Bits of axis 0 that are multiplied with the same bits, and these of axis 1, as numbers."""
    groups: dict[int, int] = {}
    for i, row in enumerate(np.packbits(selected, axis=1, bitorder="little").ravel().tolist()):
        if row:
            groups[row] = groups.get(row, 0) | 1 << i
    return list(groups.values()), list(groups)


class _MaskComponent(BlockComponent):
    def __init__(self, block: Mask, implementation: str):
        self._block = block
        self._kind = implementation
        super().__init__(block.product_bits)

    def elaborate(self, platform: Any) -> Module:
        m = Module()
        getattr(self, f"_{self._kind}")(m)
        return m

    def _tree(self, m: Module) -> None:
        matrix = BitMatrix(len(self.product))
        for i, j in np.argwhere(self._block.selected).tolist():
            matrix.add(self.a[i] & self.b[j], i + j, negative=(i == 7) != (j == 7))
        m.d.comb += self.product.eq(matrix.sum(m, "tree"))

    def _chain(self, m: Module) -> None:
        total: Any = C(0, len(self.product))
        for i in range(8):
            row = self._block.row(i)
            if not row:
                continue
            bits = Cat(self.b[j] if row >> j & 1 else C(0, 1) for j in range(8)).as_signed()
            partial = Signal(len(self.product), name=f"row_{i}")
            part = Mux(self.a[i], bits, 0) << i
            m.d.comb += partial.eq(total - part if i == 7 else total + part)
            total = partial
        m.d.comb += self.product.eq(total)

    def _specification(self, m: Module) -> None:
        """The exact product, less each partial product that is left out."""
        total: Any = self.a * self.b
        for i, j in np.argwhere(~self._block.selected).tolist():
            value = (1 if (i == 7) == (j == 7) else -1) << (i + j)
            total = total - Mux(self.a[i] & self.b[j], value, 0)
        m.d.comb += self.product.eq(total)


def catalogue() -> list[Block]:
    """The members worth listing."""
    return [Mask(bits) for bits in (0xFFFFFFFFFEFAE0C0, 0xFCFCFCF8F0E04000, 0xF8F8F8F8E0400000)]
