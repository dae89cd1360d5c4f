"""The kind of a SIMT unit's module, and the part that it belongs to, by its name."""

from __future__ import annotations

from hawx_hw.architectures.simt.gateware.names import (
    ENGINE_PLACE,
    FRONT_END,
    LANE,
    MULTIPLY_ENGINE,
    SCALARS,
    WEIGHT_FEED,
)
from hawx_hw.gateware import names

__all__ = ["PARTS", "kind_of", "part_of"]

#: Modules that are of the kind of the one that they stand in.
_WITHIN = {
    "hawx_activation_feed": MULTIPLY_ENGINE,
    "hawx_lane_array": MULTIPLY_ENGINE,
    "hawx_source_select": FRONT_END,
    "hawx_decoder": FRONT_END,
    "hawx_trap_unit": FRONT_END,
    "hawx_scalar_unit": FRONT_END,
    "hawx_jump_check": FRONT_END,
    "hawx_dispatch": FRONT_END,
    "hawx_warp_states": FRONT_END,
    "hawx_scalar_memory": SCALARS,
    "hawx_weight_buffer": WEIGHT_FEED,
    "hawx_register_memory": "hawx_register_file",
}
_PREFIXES = {LANE: "lanes", ENGINE_PLACE: "places"}
#: The part of each kind of module of the core; memories are counted with what reads them.
PARTS = {
    "blocks": "blocks",
    "lanes": "lanes without blocks",
    "cluster": "lanes without blocks",
    "register_file": "registers",
    "vector_unit": "vector unit",
    "activation_window": "windows",
    "activations": "windows",
    "walker": "walkers",
    "group_walker": "walkers",
    "stream_faults": "walkers",
    "multiply_engine": "walkers",
    "streams": "walkers",
    "weight_feed": "weights",
    "weight_banks": "weights",
    "weights": "weights",
    "front_end": "front end",
    "places": "front end",
    "loop_stack": "front end",
    "predicates": "front end",
    "scalars": "front end",
    "program": "front end",
    "arguments": "front end",
    "post_engine": "post engine",
    "store_walker": "post engine",
    "requantizer": "post engine",
    "stores": "post engine",
    "requantization": "post engine",
    "core": "control",
}


def kind_of(module: str) -> str:
    """The kind that a module is, see :func:`hawx_hw.gateware.names.kind_of`.

    Lanes are ``"lanes"``, the places before the engines ``"places"``, and smaller parts are of the
    kind of the module that they stand in.
    """
    return names.kind_of(_WITHIN.get(module, module), _PREFIXES)


def part_of(module: str) -> str | None:
    """The part that a module belongs to; see :func:`hawx_hw.gateware.names.part_of`."""
    return names.part_of(_WITHIN.get(module, module), PARTS, _PREFIXES)
