"""The kind of a systolic accelerator's module, and the part that it belongs to, by its name.

*Kinds* of modules are what sweeps measure and predictors learn. A *part* is a group of kinds
that does one job: what power is reported by.
"""

from __future__ import annotations

import re

from hawx_hw.gateware.names import BLOCK

__all__ = ["PE", "kind_of", "part_of"]

#: How the names of the modules of PEs begin, each with its blocks and registers.
PE = "hawx_pe_"

_OWN = "hawx_"
_SHELL = "shell"
#: Units with a module for each kind of block or PE, by how the names of the modules begin.
_KINDS = {BLOCK: "blocks", "hawx_import_": "blocks", PE: "pes"}
#: The parts, by kind; all other kinds of this project are parts of the shell.
_PARTS = {
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
    "sequencer": "control",
    "layer_sequencer": "control",
    "tile_issuer": "control",
    "program": "control",
    "counters": "control",
    "counters_ram": "control",
    "core": "control",
}


def kind_of(module: str) -> str:
    """The kind that a module is.

    It is the module's name without ``hawx_`` and without numbers at its end; all blocks are the
    kind ``"blocks"``, and all PEs without their blocks ``"pes"``.
    """
    for prefix, kind in _KINDS.items():
        if module.startswith(prefix):
            return kind
    return re.sub(r"(_\d+)+$", "", module.removeprefix(_OWN))


def part_of(module: str) -> str | None:
    """The part that a module belongs to by its name; None: that of what it stands in."""
    return _PARTS.get(kind_of(module), _SHELL) if module.startswith(_OWN) else None
