"""The numbers of a systolic design that its area, energy and delay physically depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.systolic.quantities import FEATURES

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.plan import Plan
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.technology import Technology
    from hawx_hw.technology.memories import MemoryModel

__all__ = ["features"]


def features(
    plan: Plan,
    technology: Technology,
    blocks: BlockTable,
    *,
    objective: str = "smallest",
    clock_mhz: float | None = None,
    clock_gating: bool = True,
) -> dict[str, float]:
    """The features of a design, from its plan; nothing is synthesized.

    Parameters
    ----------
    plan : Plan
    technology : Technology
        Its memory model counts, and its clock where ``clock_mhz`` is None.
    blocks : BlockTable
        Holds every block of the plan.
    objective : str
        How blocks are built; see :meth:`BlockTable.chosen`.
    clock_mhz : float or None
    clock_gating : bool
        Whether synthesis gates clocks: then those of memories of flip-flops are gated, too.

    Returns
    -------
    dict of str to float
        The keys of :data:`~hawx_hw.architectures.systolic.quantities.FEATURES`, in their order.

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
        "banks": a.banks, "bank_rows": a.bank_rows, "requantizers": a.requantizers,
        "accumulators": d.accumulators,
        "activation_words": d.arena, "layers": d.layers, "selections": d.selections,
        "sum_bits": d.sum_bits,
        "addend_bits": d.addend_bits, "product_bits": d.product_bits,
        "program_bits": d.descriptor.size, "tap_bits": d.tap.size,
        "coordinate_bits": d.coordinate_bits, "address_bits": d.address.width,
        "destination_bits": d.destination.width, "weight_bits": index_width(d.weight_words),
        "loaded": a.loadable, "block_register": True, "clock_mhz": clock,
        **_blocks(plan, blocks, objective),
        "cycles": cycles.core, "macs": cycles.macs, "issued": issued_pixels(plan),
        "tiles": weight_tiles_loaded(plan),
        "read_sums": read_sums(plan),
    }  # fmt: skip
    values |= _memories(plan, technology.memories.gated(clock_gating))
    return {name: float(values[name]) for name in FEATURES}


def _blocks(plan: Plan, table: BlockTable, objective: str) -> dict[str, float]:
    pe_blocks = plan.pe_blocks
    metrics = [table.chosen(block, objective) for block in pe_blocks.blocks]
    present = pe_blocks.present.reshape(-1, len(pe_blocks.blocks))
    counts = present.sum(axis=0)
    bits = np.array([block.product_bits for block in pe_blocks.blocks])
    several = present.sum(axis=1) > 1
    delays = np.array([each.delay_ns for each in metrics])
    isolated = present[several].sum(axis=0)
    a = plan.array
    by_slice = (a.rows, a.slices, a.slice_columns)
    energy = 0.0
    pairs = zip(pe_blocks.blocks, metrics, strict=True)
    by_digest = {block.digest: each.energy_fj for block, each in pairs}
    for layer in plan.layers:
        if layer.blocks is None or layer.weight is None:
            continue
        shares = np.bincount(layer.blocks.choice.ravel(), minlength=len(layer.blocks.blocks))
        for block, share in zip(layer.blocks.blocks, shares.tolist(), strict=True):
            energy += layer.macs * share / layer.weight.size * by_digest[block.digest]
    return {
        "pes": len(present),
        "block_instances": int(counts.sum()),
        "isolated": int(isolated.sum()),
        "pe_product_bits": int(np.where(present, bits, 0).max(axis=1).sum()),
        "isolated_bits": int((isolated * bits).sum()),
        "block_area": float(counts @ np.array([each.area for each in metrics])),
        "block_leakage_uw": float(counts @ np.array([each.leakage_nw for each in metrics])) / 1000,
        "block_energy_pj": energy / 1000,
        "block_delay_ns": float(delays.max()),
        "block_product_bits": int(bits.max()),
        "several": bool(several.any()),
        **_select_loads(plan),
        "activation_load": int(present.sum(axis=1).reshape(by_slice).sum(axis=2).max()),
        "isolated_delay_ns": float(np.where(isolated > 0, delays, 0.0).max()),
    }


def _select_loads(plan: Plan) -> dict[str, float]:
    """Loads of the nets that select blocks; a slice decodes the selection where it must."""
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


def _memories(plan: Plan, model: MemoryModel) -> dict[str, float]:
    total = dict.fromkeys(("memory_bits", "memory_area", "memory_leakage_uw"), 0.0)
    total |= {f"{use}_energy_pj": 0.0 for use in ("activation", "accumulator", "weight", "other")}
    cycles = plan.cycles().core
    for memory in plan.accesses():
        macro = model.metrics(memory.macro, memory.width, memory.depth)
        total["memory_bits"] += memory.width * memory.depth * memory.count
        total["memory_area"] += macro.area * memory.count
        total["memory_leakage_uw"] += macro.leakage_nw * memory.count / 1000
        energy = memory.reads * macro.read_energy_fj + memory.writes * macro.write_energy_fj
        energy += cycles * macro.clock_fj
        total[f"{memory.use}_energy_pj"] += energy * memory.count / 1000
    return total
