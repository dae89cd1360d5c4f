"""The memories of a systolic accelerator, and how often an inference accesses them."""

from __future__ import annotations

from hawx_hw.architectures.base import MemoryUse
from hawx_hw.architectures.systolic.gateware.dimensions import Dimensions
from hawx_hw.architectures.systolic.plan import Plan
from hawx_hw.gateware.shell import shell_memories
from hawx_hw.util.macros import ROM, SDP_RAM, SP_RAM

__all__ = ["issued_pixels", "memory_uses", "read_sums", "weight_tiles_loaded"]


def issued_pixels(plan: Plan) -> float:
    """Cycles of an inference in which pixels enter the array."""
    layers = plan.cycles().layers
    return sum(layer.causes["useful"] + layer.causes["edge_tiles"] for layer in layers)


def weight_tiles_loaded(plan: Plan) -> int:
    """How often an inference loads the array with weights."""
    return sum(
        (step.filter_tiles + 1) * (step.output_tiles + 1) * (step.tap_tiles + 1)
        for step in plan.steps
        if not step.stream
    )


def read_sums(plan: Plan) -> int:
    """Words of sums that an inference reads from the accumulators."""
    total = 0
    for step in plan.steps:
        if not step.stream:
            pixels = (
                step.output_tiles * (step.output_tile_pixels + 1) + step.last_output_tile_pixels + 1
            )
            groups = step.filter_tiles * plan.array.groups + step.last_groups + 1
            total += pixels * groups
    return total


def memory_uses(plan: Plan) -> list[MemoryUse]:
    """All memories; accesses are estimated from the numbers of pixels, tiles and sums."""
    d = Dimensions.of(plan)
    a = d.array
    ram, parameters = SDP_RAM.kind, (SP_RAM if a.loadable else ROM).kind
    issued, tiles, read = issued_pixels(plan), weight_tiles_loaded(plan), read_sums(plan)
    word = d.word.size
    uses = [
        MemoryUse("activation", ram, word, d.arena, a.rows, issued, read),
        MemoryUse(
            "accumulator",
            ram,
            d.sum_bits * a.slice_columns,
            d.accumulators,
            2 * a.slices,
            (issued + read / a.slices) / 2,
            issued / 2,
        ),
        *(
            MemoryUse("other", ram, width, depth, 1, 0, 0)
            for _, width, depth in shell_memories(plan.signature())
        ),
    ]
    reads = {
        "weights": tiles * a.bank_rows,
        "taps": tiles,
        "requantization": read,
        "program": d.layers,
    }
    for name, width, depth in d.memories():
        kind = name.partition("_")[0]
        use = "weight" if kind == "weights" else "other"
        uses.append(MemoryUse(use, parameters, width, depth, 1, reads[kind], 0))
    return uses
