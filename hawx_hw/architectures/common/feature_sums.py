"""Features of designs that are sums over blocks, layers or memories."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from hawx_hw.architectures.base import Plan
    from hawx_hw.architectures.common.operations import Operation
    from hawx_hw.blocks.block import Block
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.technology import Technology
    from hawx_hw.technology.memories import MemoryModel

__all__ = ["BlockCosts", "design_clock", "image_cycles", "memory_sums"]


def design_clock(technology: Technology, clock_mhz: float | None) -> float:
    """The clock of a design, in MHz: the technology's where none is given.

    Raises
    ------
    ValueError
        It is not positive.
    """
    clock = technology.clock_mhz if clock_mhz is None else clock_mhz
    if not clock > 0:
        raise ValueError(f"clock_mhz must be positive, not {clock_mhz!r}")
    return clock


def image_cycles(plan: Plan) -> int:
    """Cycles from an image's first byte to the last one of its result."""
    from hawx_hw.gateware.shell import CYCLES_AFTER_DONE, CYCLES_BEFORE_START

    signature = plan.signature()
    waiting = CYCLES_BEFORE_START + CYCLES_AFTER_DONE
    moved = signature.image_layout.bytes + signature.result_layout.bytes
    return moved + waiting + plan.cycles().core


class BlockCosts:
    """What blocks cost, each by itself.

    Parameters
    ----------
    blocks : sequence of Block
    table : BlockTable
        Holds all of them.
    objective : str
        How they are built; see :meth:`BlockTable.chosen`.

    Attributes
    ----------
    areas, delays, energies, leakages : ndarray of float64, shape (blocks,)
        In the library's unit, ns, fJ a multiplication of uniform operands, nW.

    Raises
    ------
    KeyError
        A block is not in the table.
    ValueError
        There is no such objective.
    """

    def __init__(self, blocks: Sequence[Block], table: BlockTable, objective: str):
        metrics = [table.chosen(block, objective) for block in blocks]
        self.areas, self.delays, self.energies, self.leakages = (
            np.array([getattr(each, name) for each in metrics])
            for name in ("area", "delay_ns", "energy_fj", "leakage_nw")
        )
        self._of = dict(zip((block.digest for block in blocks), self.energies, strict=True))

    def sums(self, present: np.ndarray) -> dict[str, float]:
        """Sums over all blocks of all cells.

        Parameters
        ----------
        present : ndarray of bool, shape (cells, blocks)
            Which blocks each multiplier cell holds.
        """
        counts = present.sum(axis=0)
        isolated = present[present.sum(axis=1) > 1].sum(axis=0)
        return {
            "block_area": float(counts @ self.areas),
            "block_leakage_uw": float(counts @ self.leakages) / 1000,
            "mean_block_area": float(counts @ self.areas) / int(counts.sum()),
            "block_delay_ns": float(self.delays.max()),
            "isolated_delay_ns": float(np.where(isolated > 0, self.delays, 0.0).max()),
        }

    def multiplication_energy(self, layers: Sequence[Operation]) -> float:
        """Energy of an image's multiplications, in fJ.

        Raises
        ------
        KeyError
            A layer has a block that is none of these.
        """
        energy = 0.0
        for layer in layers:
            if layer.blocks is None or layer.weight is None:
                continue
            shares = np.bincount(layer.blocks.choice.ravel(), minlength=len(layer.blocks.blocks))
            for block, share in zip(layer.blocks.blocks, shares.tolist(), strict=True):
                energy += layer.macs * share / layer.weight.size * float(self._of[block.digest])
        return energy


def memory_sums(
    plan: Plan, model: MemoryModel, cycles: int, uses: Sequence[str]
) -> dict[str, float]:
    """Bits, area and leakage of all memories, and the energy of an image by their use.

    Parameters
    ----------
    plan : Plan
    model : MemoryModel
        With its clock, gated or not.
    cycles : int
        Of an image: what a memory's clock takes is its.
    uses : sequence of str
        Of :class:`~hawx_hw.architectures.base.MemoryUse`, all that the plan has; their energies are
        named so, with underscores.
    """
    total = dict.fromkeys(("memory_bits", "memory_area", "memory_leakage_uw"), 0.0)
    total |= dict.fromkeys(map(_energy_of, uses), 0.0)
    for memory in plan.accesses():
        macro = model.metrics(memory.macro, memory.width, memory.depth)
        total["memory_bits"] += memory.width * memory.depth * memory.count
        total["memory_area"] += macro.area * memory.count
        total["memory_leakage_uw"] += macro.leakage_nw * memory.count / 1000
        energy = memory.reads * macro.read_energy_fj + memory.writes * macro.write_energy_fj
        energy += cycles * macro.clock_fj
        total[_energy_of(memory.use)] += energy * memory.count / 1000
    return total


def _energy_of(use: str) -> str:
    return f"{use.replace(' ', '_')}_energy_pj"
