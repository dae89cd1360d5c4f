"""The kind of a systolic accelerator's module, and the part that it belongs to, by its name."""

from __future__ import annotations

from hawx_hw.gateware import names

__all__ = ["PARTS", "PE", "kind_of", "part_of"]

#: How the names of the modules of PEs begin, each with its blocks and registers.
PE = "hawx_pe_"

_PREFIXES = {PE: "pes"}
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


def kind_of(module: str) -> str:
    """The kind that a module is, see :func:`hawx_hw.gateware.names.kind_of`; of PEs ``"pes"``."""
    return names.kind_of(module, _PREFIXES)


def part_of(module: str) -> str | None:
    """The part that a module belongs to; see :func:`hawx_hw.gateware.names.part_of`."""
    return names.part_of(module, PARTS, _PREFIXES)
