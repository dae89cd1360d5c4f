"""The part of a systolic accelerator that a module belongs to, by the module's name."""

from __future__ import annotations

from hawx_hw.gateware import names

__all__ = ["PARTS", "part_of"]

#: The part of each kind of module of the core; the walkers are counted with what they serve.
PARTS = {
    "blocks": "blocks",
    "pes": "PEs without blocks",
    "array_slice": "PEs without blocks",
    "accumulators": "accumulators",
    "accumulator_readout": "accumulators",
    "weights": "weights",
    "weight_loader": "weights",
    "row_feeder": "feeders",
    "taps": "feeders",
    "activations": "feeders",
    "input_walk": "feeders",
    "image_walker": "feeders",
    "post_processor": "requantizers",
    "requantizer": "requantizers",
    "requantization": "requantizers",
    "result_walker": "requantizers",
    "layer_sequencer": "control",
    "tile_issuer": "control",
    "program": "control",
    "core": "control",
}


def part_of(module: str) -> str | None:
    """The part that a module belongs to; see :func:`hawx_hw.gateware.names.part_of`."""
    return names.part_of(module, PARTS)
