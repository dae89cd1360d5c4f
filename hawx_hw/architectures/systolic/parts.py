"""Which part of an accelerator a module belongs to."""

from __future__ import annotations

from hawx_hw.gateware.names import BLOCK, PE

__all__ = ["PARTS", "part_of"]

_SHELL = "shell"
#: By the beginning of a module's name; the first that fits. A module that fits none is of the part
#: that it stands in.
PARTS = (
    (BLOCK, "blocks"),
    (PE, "PEs without blocks"),
    ("hawx_array_slice", "PEs without blocks"),
    ("hawx_accumulators", "accumulators"),
    ("hawx_accumulator_readout", "accumulators"),
    ("hawx_weights", "weights"),
    ("hawx_weight_loader", "weights"),
    ("hawx_row_feeder", "feeders"),
    ("hawx_taps", "feeders"),
    ("hawx_activations", "feeders"),
    ("hawx_input_walk", "feeders"),
    ("hawx_image_walker", "feeders"),
    ("hawx_post_processor", "requantizers"),
    ("hawx_requanti", "requantizers"),
    ("hawx_result_walker", "requantizers"),
    ("hawx_sequencer", "control"),
    ("hawx_layer_sequencer", "control"),
    ("hawx_tile_issuer", "control"),
    ("hawx_program", "control"),
    ("hawx_counters", "control"),
    ("hawx_core", "control"),
    ("hawx_", _SHELL),
)


def part_of(module: str) -> str | None:
    """The part that a module belongs to by its name; None: that of what it stands in."""
    return next((part for prefix, part in PARTS if module.startswith(prefix)), None)
