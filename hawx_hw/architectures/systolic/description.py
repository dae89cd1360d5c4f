"""What program.json holds of a systolic accelerator."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.plan import Plan

__all__ = ["describe"]


def describe(plan: Plan) -> dict[str, Any]:
    """Shape, PE block map, selections, widths, memories and layer program, JSON-able."""
    dimensions = Dimensions.of(plan)
    array, pe_blocks = plan.array, plan.pe_blocks
    return {
        "title": f"{array.rows} x {array.columns} systolic, {array.multipliers} PEs",
        "cell": pe_blocks.cell,
        "array": asdict(array),
        "pe_blocks": [
            [list(pe_blocks.at(row, column)) for column in range(array.columns)]
            for row in range(array.rows)
        ],
        "selections": [selection.tolist() for selection in plan.selections],
        "widths": asdict(plan.ranges),
        "activation_memory": {
            "copies": array.rows,
            "width": dimensions.word.size,
            "depth": dimensions.arena,
        },
        "accumulators": {
            "sets": 2 * array.slices,
            "width": array.slice_columns * dimensions.sum_bits,
            "depth": dimensions.accumulators,
        },
        "program": [
            {"layer": layer.name, **asdict(step)}
            for layer, step in zip(plan.layers, plan.steps, strict=True)
        ],
    }
