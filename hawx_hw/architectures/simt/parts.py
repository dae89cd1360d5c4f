"""The kind of a SIMT unit's module, and the part that it belongs to, by its name."""

from __future__ import annotations

from hawx_hw.architectures.simt.gateware.names import (
    ACTIVATION_FEED,
    DECODER,
    DISPATCH,
    ENGINE_PLACE,
    FAULT_CHOICE,
    FRONT_END,
    JUMP_CHECK,
    LANE,
    LANE_ARRAY,
    MULTIPLY_ENGINE,
    PREDICATE_UNIT,
    PREDICATES,
    REGISTER_FILE,
    REGISTER_MEMORY,
    SCALAR_MEMORY,
    SCALAR_UNIT,
    SCALARS,
    SOURCE_SELECT,
    TRAP_UNIT,
    WARP_STATES,
    WEIGHT_BUFFER,
    WEIGHT_FEED,
)
from hawx_hw.gateware import names

__all__ = ["PARTS", "kind_of", "part_of"]

#: Modules that are of the kind of the one that they stand in.
_WITHIN = {
    ACTIVATION_FEED: MULTIPLY_ENGINE,
    LANE_ARRAY: MULTIPLY_ENGINE,
    SOURCE_SELECT: FRONT_END,
    DECODER: FRONT_END,
    TRAP_UNIT: FRONT_END,
    SCALAR_UNIT: FRONT_END,
    JUMP_CHECK: FRONT_END,
    FAULT_CHOICE: FRONT_END,
    PREDICATE_UNIT: PREDICATES,
    DISPATCH: FRONT_END,
    WARP_STATES: FRONT_END,
    SCALAR_MEMORY: SCALARS,
    REGISTER_MEMORY: REGISTER_FILE,
    WEIGHT_BUFFER: WEIGHT_FEED,
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
    # With accelerator.debug alone, which predictions are not made for.
    "debug_unit": "debugging",
    "debug_counters": "debugging",
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
