"""The numbers of a SIMT unit that its area, energy and delay physically depend on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.simt.isa import Place
from hawx_hw.architectures.simt.quantities import FEATURES

if TYPE_CHECKING:
    from hawx_hw.architectures.base import MemoryUse
    from hawx_hw.architectures.common.feature_sums import BlockCosts
    from hawx_hw.architectures.simt.plan import Plan
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.technology import Technology

__all__ = ["USES", "features"]

#: What memories are for.
USES = ("activation", "register", "weight buffer", "scalar", "weight", "other")
#: Instructions that compare scalars.
_BRANCHES = ("BEQ", "BNE", "BLT", "BGE")
#: A lane adds codes as well as products.
_CODE_BITS = 8


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
        The keys of :data:`~hawx_hw.architectures.simt.quantities.FEATURES`, in their order.

    Raises
    ------
    KeyError
        A block is not in the table.
    ValueError
        The clock is not positive, or there is no such objective.
    """
    from hawx_hw.architectures.common.feature_sums import design_clock, image_cycles, memory_sums

    clock = design_clock(technology, clock_mhz)
    cycles = image_cycles(plan)
    values = {
        **_unit(plan),
        "loaded": plan.loadable, "debug": plan.accelerator.debug,
        "gated": clock_gating, "clock_mhz": clock,
        **_lanes(plan),
        **_blocks(plan, blocks, objective),
        "cycles": cycles, "macs": plan.cycles().macs,
        "instructions": sum(plan.timing.instructions.values()),
        **_accesses(plan.accesses()),
    }  # fmt: skip
    memories = technology.memories.gated(clock_gating)
    values |= memory_sums(plan, memories, cycles, USES)
    values["known_leakage_uw"] = values["block_leakage_uw"] + values["memory_leakage_uw"]
    return {name: float(values[name]) for name in FEATURES}


def _unit(plan: Plan) -> dict[str, float]:
    """The sizes of the unit, its engines and its memories."""
    from hawx_hw.architectures.simt.gateware.activation_feed import windows_of

    unit, program = plan.unit, plan.program
    streams, stores = program.stream_format, program.store_format
    windows, ways = windows_of(unit, streams)
    store_bits = dict(stores.widths)
    return {
        "lanes": unit.lanes, "cluster": unit.cluster, "clusters": unit.clusters,
        "warps": unit.warps, "other_warps": unit.warps - 1,
        "registers": unit.registers, "word": unit.word, "taps": unit.taps,
        "buffered": unit.taps > 1,
        "requantizers": unit.requantizers, "waiting_codes": unit.word - unit.requantizers,
        "block_register": unit.block_register,
        "vectors": unit.vectors, "adds_codes": unit.adds_codes,
        "adds_products": unit.has_name("QST.sum"),
        "branches": unit.has(*_BRANCHES),
        "loops": unit.loops, "predicates": unit.predicates,
        "windows": windows, "ways": ways,
        # With one number of groups nothing is routed.
        "group_parts": sum(unit.groups) if len(unit.groups) > 1 else 0,
        "register_bits": unit.register_bits, "scalar_bits": unit.scalar_bits,
        "addend_bits": unit.addend_bits, "product_bits": unit.product_bits,
        "shift_bits": max(1, store_bits["shift"]), "step_bits": max(1, store_bits["step"]),
        "stream_bits": streams.bits, "store_bits": stores.bits,
        "program_words": len(program.code), "weight_banks": plan.weight_banks,
        "other_banks": plan.weight_banks - 1,
        "activation_words": unit.activation_words,
        "selections": program.lanes.selections, "layers": len(plan.compiled.layers),
    }  # fmt: skip


def _lanes(plan: Plan) -> dict[str, float]:
    """Blocks of the lanes, and bits of their registers and gates, by what they depend on."""
    lanes = plan.program.lanes
    present = lanes.map.present
    counts = present.sum(axis=1)
    isolated = np.where(counts > 1, counts, 0)
    bits = np.array([block.product_bits for block in lanes.blocks])
    products = np.where(present, bits, 0).max(axis=1)
    return {
        "block_instances": int(counts.sum()),
        "isolated": int(isolated.sum()),
        "several": bool(isolated.any()),
        "most_blocks": int(counts.max()),
        "lane_product_bits": int(np.maximum(products, _CODE_BITS).sum()),
        "isolated_product_bits": int(isolated @ products),
    }


def _blocks(plan: Plan, table: BlockTable, objective: str) -> dict[str, float]:
    """Sums over the blocks of all lanes, and what the engines do with them."""
    from hawx_hw.architectures.common.feature_sums import BlockCosts

    lanes = plan.program.lanes
    costs = BlockCosts(lanes.blocks, table, objective)
    energy = costs.multiplication_energy([layer.operation for layer in plan.compiled.layers])
    return {
        **costs.sums(lanes.map.present),
        "block_energy_pj": energy / 1000,
        "multiplication_fj": energy / max(1, plan.cycles().macs),
        **_walks(plan, costs),
    }


def _walks(plan: Plan, costs: BlockCosts) -> dict[str, float]:
    """Cycles of the engines' walks, and what the lanes multiply in them."""
    program = plan.program
    energies = costs.energies[program.lanes.choice]  # selections, lanes
    total = dict.fromkeys(("walked", "issued", "products", "lane_energy_pj", "stored"), 0.0)
    for _, issue in plan.schedule:
        i = issue.instruction
        if i.operation.place is Place.POST:
            beats, remaining = issue.scalars[2:4]
            store = program.stores[i.d]
            total["stored"] += store.cycles(program.unit, beats, remaining, bool(i.suffix))
            continue
        stream, beats = program.streams[i.d], issue.scalars[4]
        taps = stream.positions * stream.taps * stream.window * beats
        total["walked"] += stream.cycles(beats)
        total["issued"] += taps
        if i.operation.selects:
            own = energies[i.sel - 1 if i.sel else stream.selection]
            total["products"] += taps * int(issue.lanes.sum())
            total["lane_energy_pj"] += taps * float(own @ issue.lanes) / 1000
    return total


def _accesses(uses: Sequence[MemoryUse]) -> dict[str, float]:
    """Accesses of an image to the memories that the lanes work on, of all that have one use."""
    reads: dict[str, float] = {}
    writes: dict[str, float] = {}
    for memory in uses:
        reads[memory.use] = reads.get(memory.use, 0.0) + memory.reads * memory.count
        writes[memory.use] = writes.get(memory.use, 0.0) + memory.writes * memory.count
    return {
        "words_read": reads["activation"],
        "register_reads": reads["register"],
        "register_writes": writes["register"],
        "weights_read": reads["weight"],
    }
