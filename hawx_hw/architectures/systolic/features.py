"""The numbers of a systolic design that its area, energy and delay physically depend on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.systolic.quantities import FEATURES

if TYPE_CHECKING:
    from hawx_hw.architectures.systolic.plan import Plan
    from hawx_hw.characterization.block_table import BlockTable
    from hawx_hw.technology import Technology

__all__ = ["features", "select_bits"]

#: What memories are for.
_USES = ("activation", "accumulator", "weight", "other")


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
    from hawx_hw.architectures.common.feature_sums import design_clock, image_cycles, memory_sums
    from hawx_hw.architectures.systolic.accesses import (
        issued_pixels,
        read_sums,
        requantizations,
        weight_tiles_loaded,
    )
    from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
    from hawx_hw.gateware.layout import index_width

    clock = design_clock(technology, clock_mhz)
    d = Dimensions.of(plan)
    a = plan.array
    cycles = image_cycles(plan)
    values = {
        "rows": a.rows, "columns": a.columns, "slices": a.slices, "slice_columns": a.slice_columns,
        "slice_groups": a.slice_groups,
        "banks": a.banks, "bank_rows": a.bank_rows, "requantizers": a.requantizers,
        "accumulators": d.accumulators,
        "activation_words": d.arena, "layers": d.layers, "selections": d.selections,
        "activation_bits": d.widths.activation_bits, "weight_bits": d.widths.weight_bits,
        "sum_bits": d.sum_bits, "column_bits": d.widths.sum_bits[-1],
        "addend_bits": d.addend_bits, "product_bits": d.product_bits,
        "shift_bits": d.field("shift").width, "step_bits": d.field("step").width,
        "program_bits": d.descriptor.size, "tap_bits": d.tap.size,
        "coordinate_bits": d.coordinate_bits, "address_bits": d.address.width,
        "destination_bits": d.destination.width, "bank_bits": index_width(d.weight_words),
        "loaded": a.loadable, "gated": clock_gating, "clock_mhz": clock,
        **_pes(plan),
        **_blocks(plan, blocks, objective),
        "cycles": cycles, "macs": plan.cycles().macs, "issued": issued_pixels(plan),
        "tiles": weight_tiles_loaded(plan),
        "read_sums": read_sums(plan), "requantizations": requantizations(plan),
    }  # fmt: skip
    values |= memory_sums(plan, technology.memories.gated(clock_gating), cycles, _USES)
    values["known_leakage_uw"] = values["block_leakage_uw"] + values["memory_leakage_uw"]
    return {name: float(values[name]) for name in FEATURES}


def _pes(plan: Plan) -> dict[str, float]:
    """Bits of the registers and gates of all PEs, by what they depend on."""
    from hawx_hw.synthesis.script import FEWEST_GATED

    widths, present = plan.widths, plan.pe_blocks.present
    products, sums = np.array(widths.product_bits), np.array(widths.sum_bits)
    counts = present.sum(axis=2)
    isolated = np.where(counts > 1, counts, 0)
    columns = plan.array.columns
    # Registers of weights and of what selects a block: those that are loaded at once, and those
    # that are swapped in at once, which select for each operand.
    weights = np.stack([widths.weight_bits + isolated, widths.weight_bits + 2 * isolated])
    gated = weights >= FEWEST_GATED
    return {
        "pes": counts.size,
        "pe_weight_bits": int(weights.sum()),
        "pe_free_bits": int(weights[~gated].sum()),
        "pe_gates": 2 * counts.size + int(gated.sum()),
        "block_instances": int(counts.sum()),
        "isolated": int(isolated.sum()),
        "pe_product_bits": int(products.sum()) * columns,
        "pe_sum_bits": int(sums.sum()) * columns,
        "mean_product_bits": float(products.mean()),
        "mean_sum_bits": float(sums.mean()),
        "select_bits": select_bits(plan),
        "isolated_operand_bits": int(isolated.sum())
        * (widths.activation_bits + widths.weight_bits),
        "isolated_product_bits": int(isolated.sum(axis=1) @ products),
        "several": bool(isolated.any()),
        "most_blocks": int(counts.max()),
        "activation_load": int(
            counts.reshape(len(counts), -1, plan.array.slice_columns).sum(axis=2).max()
        ),
    }


def select_bits(plan: Plan) -> int:
    """Bits of the registers that hand the selection of blocks down the rows of the slices.

    A slice whose PEs hold a block each has none.
    """
    several = plan.pe_blocks.present.sum(axis=2) > 1
    slices = several.reshape(len(several), -1, plan.array.slice_columns).any(axis=2)
    # The first row takes the selection as it comes; none is needed below the last such row.
    rows = np.where(slices.any(axis=0), len(slices) - 1 - slices[::-1].argmax(axis=0), 0)
    return int(rows.sum()) * (len(plan.selections) - 1).bit_length()


def _blocks(plan: Plan, table: BlockTable, objective: str) -> dict[str, float]:
    """Sums over the blocks of all PEs, and their multiplications."""
    from hawx_hw.architectures.common.feature_sums import BlockCosts

    pe_blocks = plan.pe_blocks
    costs = BlockCosts(pe_blocks.blocks, table, objective)
    present = pe_blocks.present.reshape(-1, len(pe_blocks.blocks))
    energy = costs.multiplication_energy(plan.layers)
    return {
        **costs.sums(present),
        "block_energy_pj": energy / 1000,
        "array_energy_pj": float((present @ costs.energies / present.sum(axis=1)).sum()) / 1000,
        "multiplication_fj": energy / max(1, plan.cycles().macs),
    }
