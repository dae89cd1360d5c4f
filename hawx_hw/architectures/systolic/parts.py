"""Which part of an accelerator a module belongs to."""

from __future__ import annotations

from collections.abc import Sequence

__all__ = ["BLOCK", "MEMORIES", "PARTS", "PE", "part_of", "parts_of"]

#: How the names of blocks and of PEs begin.
BLOCK = "hawx_block_"
PE = "hawx_pe_"
#: The part of the memory macros, wherever they stand.
MEMORIES = "memories"
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


def parts_of(paths: Sequence[str], kinds: Sequence[str]) -> list[str]:
    """The part of each module instance.

    Parameters
    ----------
    paths, kinds : sequence of str
        See :class:`~hawx_hw.netlist.flat.FlatNetlist`; an instance stands after that it is in.
    """
    found: dict[str, str] = {}
    for path, kind in zip(paths, kinds, strict=True):
        above = path[: path.rstrip("/").rfind("/") + 1] if path else ""
        named = next((part for prefix, part in PARTS if kind.startswith(prefix)), None)
        found[path] = named or found.get(above, _SHELL)
    return [found[path] for path in paths]
