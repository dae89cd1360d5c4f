"""Costs of blocks and memories that are easy to add up."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

from hawx_hw.blocks import by_name
from hawx_hw.blocks.families.array import Array
from hawx_hw.characterization.block_table import BlockMetrics, BlockTable
from hawx_hw.technology import Technology
from hawx_hw.technology.memories import MacroMetrics


class WideArray(Array):
    """A block whose product is wider than that of the others."""

    product_bits = 18


#: Exact, wide, and slow.
A, B, C = by_name("exact"), WideArray(2, 2, 0), by_name("mitchell(w=4)")


class RoundMemories:
    """Metrics of memories that are easy to add up."""

    def metrics(self, kind: str, width: int, depth: int) -> MacroMetrics:
        write = 0.0 if kind == "hawx_rom" else 10.0 * width
        return MacroMetrics(
            float(width + depth), float(width), write, float(depth), "by hand", self.clock_fj
        )

    def gated(self, clock_gating: bool) -> RoundMemories:
        return self

    clock_fj = 0.0


class ClockedMemories(RoundMemories):
    """The same, with a clock that counts in every cycle."""

    clock_fj = 7.0

    def gated(self, clock_gating: bool) -> RoundMemories:
        return self if clock_gating else RoundMemories()


ROUND = cast(Technology, SimpleNamespace(clock_mhz=100.0, memories=RoundMemories()))
CLOCKED = cast(Technology, SimpleNamespace(clock_mhz=100.0, memories=ClockedMemories()))
#: Area, delay (ns), energy (fJ) and leakage (nW) of each block's first implementation, which is
#: the best in every respect.
COSTS = BlockTable(
    BlockMetrics(block.digest, block.name, name, *(number * (1 + at) for number in numbers))
    for block, numbers in ((A, (100, 2, 10, 3)), (B, (70, 3, 6, 2)), (C, (40, 5, 1, 1)))
    for at, name in enumerate(block.implementations)
)
