"""A design as numbers that area, energy and delay depend on physically."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from hawx_hw.characterization.block_table import BlockTable

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.plan import Plan
    from hawx_hw.technology import Technology

__all__ = ["FEATURES", "DesignDescription", "describe"]

#: What the numbers are.
FEATURES = {
    "rows": "rows of the array",
    "columns": "columns of the array",
    "slices": "slices of columns",
    "slice_columns": "columns of a slice",
    "banks": "weight banks of a slice",
    "bank_rows": "rows of a weight bank",
    "lanes": "requantizers",
    "chunk": "words of an accumulator set",
    "arena": "words of the activation memory",
    "layers": "words of the program",
    "selections": "different choices of blocks",
    "sum_bits": "bits of the sums",
    "addend_bits": "bits of the addends",
    "product_bits": "bits after the requantizer's multiplier",
    "program_bits": "bits of a program word",
    "tap_bits": "bits of a tap",
    "coordinate_bits": "bits of input coordinates",
    "address_bits": "bits of addresses in the activation memory",
    "destination_bits": "bits of addresses of results",
    "weight_bits": "bits of addresses in a weight bank",
    "loaded": "1 where the parameters are loaded, else 0",
    "block_register": "1 where a register follows the blocks, else 0",
    "clock_mhz": "clock in MHz",
    "pes": "PEs",
    "held": "blocks in all PEs",
    "isolated": "blocks in PEs that hold several",
    "pe_product_bits": "bits of the products, all PEs together",
    "isolated_bits": "bits of the products that are gated, all PEs together",
    "block_area": "area of all blocks, each by itself, in the library's unit",
    "block_leakage_uw": "leakage of all blocks in uW",
    "block_energy_pj": "pJ an image: multiplications times a block's energy, uniform operands",
    "block_delay_ns": "longest path of the slowest block, in ns",
    "block_product_bits": "bits of the widest product",
    "isolated_delay_ns": "as block_delay_ns, of blocks in PEs that hold several; else 0",
    "several": "1 where PEs hold several blocks, else 0",
    "direct_load": "blocks that the program's choice drives as it is, in all slices",
    "decoded_load": "blocks that one decoded choice drives, at most",
    "activation_load": "blocks in a row of a slice, where they are most",
    "cycles": "cycles of an inference, exact",
    "macs": "multiplications of an inference",
    "issued": "cycles of an inference in which pixels enter the array",
    "tiles": "times that the array is loaded with weights",
    "drained": "words of sums that are requantized",
    "memory_bits": "bits of all memories",
    "memory_area": "area of all memories, analytic, in the library's unit",
    "memory_leakage_uw": "leakage of all memories in uW",
    "activation_energy_pj": "pJ an image of the activation memories, by estimated accesses",
    "accumulator_energy_pj": "pJ an image of the accumulators, by estimated accesses",
    "weight_energy_pj": "pJ an image of the weight memories, by estimated accesses",
    "other_energy_pj": "pJ an image of taps and constants, by estimated accesses",
}


@dataclass(frozen=True)
class DesignDescription:
    """A design of a technology as numbers.

    Parameters
    ----------
    technology : str
    values : mapping of str to float
        The keys of :data:`FEATURES`.
    """

    technology: str
    values: Mapping[str, float]

    def __post_init__(self) -> None:
        if set(self.values) != set(FEATURES):
            odd = sorted(set(self.values) ^ set(FEATURES))
            raise ValueError(f"values must be those of FEATURES; missing or odd: {', '.join(odd)}")

    def vector(self, names: Sequence[str] = tuple(FEATURES)) -> NDArray[np.float64]:
        """The named features in this order."""
        return np.array([self.values[name] for name in names], dtype=float)

    def row(self) -> dict[str, float]:
        """For a table; names begin with ``x_``."""
        return {f"x_{name}": self.values[name] for name in FEATURES}


def describe(
    plan: Plan,
    technology: Technology,
    blocks: BlockTable,
    *,
    objective: str = "smallest",
    clock_mhz: float | None = None,
) -> DesignDescription:
    """The numbers of a design, from its plan; nothing is synthesized.

    Parameters
    ----------
    plan : Plan
    technology : Technology
        Its memory model counts, and its clock where ``clock_mhz`` is None.
    blocks : BlockTable
        Holds every block of the plan's grid.
    objective : str
        How blocks are built; see :meth:`BlockTable.chosen`.
    clock_mhz : float or None

    Raises
    ------
    KeyError
        A block is not in the table.
    ValueError
        The clock is not positive, or there is no such objective.
    """
    from hawx_hw.architectures.systolic.accesses import (
        issued_pixels,
        read_sums,
        weight_tiles_loaded,
    )
    from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
    from hawx_hw.gateware.layout import index_width

    clock = technology.clock_mhz if clock_mhz is None else clock_mhz
    if not clock > 0:
        raise ValueError(f"clock_mhz must be positive, not {clock_mhz!r}")
    d = Dimensions.of(plan)
    a = plan.array
    cycles = plan.cycles()
    values = {
        "rows": a.rows, "columns": a.columns, "slices": a.slices, "slice_columns": a.slice_columns,
        "banks": a.banks, "bank_rows": a.bank_rows, "lanes": a.requantizers,
        "chunk": d.accumulators,
        "arena": d.arena, "layers": d.layers, "selections": d.selections, "sum_bits": d.sum_bits,
        "addend_bits": d.addend_bits, "product_bits": d.product_bits,
        "program_bits": d.descriptor.size, "tap_bits": d.tap.size,
        "coordinate_bits": d.coordinate_bits, "address_bits": d.address.width,
        "destination_bits": d.destination.width, "weight_bits": index_width(d.weight_words),
        "loaded": a.loadable, "block_register": a.block_register, "clock_mhz": clock,
        **_blocks(plan, blocks, objective),
        "cycles": cycles.core, "macs": cycles.macs, "issued": issued_pixels(plan),
        "tiles": weight_tiles_loaded(plan),
        "drained": read_sums(plan),
    }  # fmt: skip
    values |= _memories(plan, technology)
    return DesignDescription(technology.name, {name: float(values[name]) for name in FEATURES})


def _blocks(plan: Plan, table: BlockTable, objective: str) -> dict[str, float]:
    grid = plan.pe_blocks
    figures = [table.chosen(block, objective) for block in grid.blocks]
    held = grid.present.reshape(-1, len(grid.blocks))
    counts = held.sum(axis=0)
    bits = np.array([block.product_bits for block in grid.blocks])
    several = held.sum(axis=1) > 1
    delays = np.array([row.delay_ns for row in figures])
    isolated = held[several].sum(axis=0)
    a = plan.array
    by_slice = (a.rows, a.slices, a.slice_columns)
    energy = 0.0
    by_digest = {b.digest: row.energy_fj for b, row in zip(grid.blocks, figures, strict=True)}
    for layer in plan.layers:
        if layer.blocks is None or layer.weight is None:
            continue
        shares = np.bincount(layer.blocks.choice.ravel(), minlength=len(layer.blocks.blocks))
        for block, share in zip(layer.blocks.blocks, shares.tolist(), strict=True):
            energy += layer.macs * share / layer.weight.size * by_digest.get(block.digest, 0.0)
    return {
        "pes": len(held),
        "held": int(counts.sum()),
        "isolated": int(isolated.sum()),
        "pe_product_bits": int(np.where(held, bits, 0).max(axis=1).sum()),
        "isolated_bits": int((isolated * bits).sum()),
        "block_area": float(counts @ np.array([row.area for row in figures])),
        "block_leakage_uw": float(counts @ np.array([row.leakage_nw for row in figures])) / 1000,
        "block_energy_pj": energy / 1000,
        "block_delay_ns": float(delays.max()),
        "block_product_bits": int(bits.max()),
        "several": bool(several.any()),
        **_select_loads(plan),
        "activation_load": int(held.sum(axis=1).reshape(by_slice).sum(axis=2).max()),
        "isolated_delay_ns": float(np.where(isolated > 0, delays, 0.0).max()),
    }


def _select_loads(plan: Plan) -> dict[str, float]:
    """What hangs on the nets that choose blocks; a slice decodes the choice where it must."""
    from hawx_hw.architectures.systolic.gateware.slice_blocks import slice_blocks

    direct, decoded = 0, 0
    for blocks in slice_blocks(plan):
        loads: dict[tuple[int, ...], int] = {}
        for pe in (pe for row in blocks.pes for pe in row if len(pe.blocks) > 1):
            loads[pe.choices] = loads.get(pe.choices, 0) + len(pe.blocks)
        for choices, load in loads.items():
            if choices == tuple(range(len(choices))):
                direct += load
            elif len(set(choices)) > 1:
                decoded = max(decoded, load)
    return {"direct_load": direct, "decoded_load": decoded}


def _memories(plan: Plan, technology: Technology) -> dict[str, float]:
    found = dict.fromkeys(("memory_bits", "memory_area", "memory_leakage_uw"), 0.0)
    found |= {f"{use}_energy_pj": 0.0 for use in ("activation", "accumulator", "weight", "other")}
    for memory in plan.accesses():
        macro = technology.memories.metrics(memory.macro, memory.width, memory.depth)
        found["memory_bits"] += memory.width * memory.depth * memory.count
        found["memory_area"] += macro.area * memory.count
        found["memory_leakage_uw"] += macro.leakage_nw * memory.count / 1000
        energy = memory.reads * macro.read_energy_fj + memory.writes * macro.write_energy_fj
        found[f"{memory.use}_energy_pj"] += energy * memory.count / 1000
    return found
