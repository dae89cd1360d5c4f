"""Names of the Verilog modules of a unit."""

from __future__ import annotations

__all__ = [
    "ACTIVATIONS",
    "ACTIVATION_FEED",
    "CLUSTER",
    "DEBUG_COUNTERS",
    "DEBUG_UNIT",
    "DECODER",
    "DISPATCH",
    "ENGINE_PLACE",
    "FAULTS",
    "FAULT_CHOICE",
    "FRONT_END",
    "GROUP_WALKER",
    "JUMP_CHECK",
    "LANE",
    "LANE_ARRAY",
    "LOOP_STACK",
    "MULTIPLY_ENGINE",
    "POST_ENGINE",
    "PREDICATES",
    "PREDICATE_UNIT",
    "REGISTER_FILE",
    "REGISTER_MEMORY",
    "REQUANTIZER",
    "SCALARS",
    "SCALAR_MEMORY",
    "SCALAR_UNIT",
    "SOURCE_SELECT",
    "STORE_WALKER",
    "TRAP_UNIT",
    "VECTOR_UNIT",
    "WALKER",
    "WARP_STATES",
    "WEIGHT_BANKS",
    "WEIGHT_BUFFER",
    "WEIGHT_FEED",
    "WINDOW",
]

#: How the names of the modules of lanes begin; those of their blocks follow.
LANE = "hawx_lane_"
#: That of clusters, with a number where several differ.
CLUSTER = "hawx_cluster"
WALKER = "hawx_walker"
GROUP_WALKER = "hawx_group_walker"
WINDOW = "hawx_activation_window"
WEIGHT_FEED = "hawx_weight_feed"
FAULTS = "hawx_stream_faults"
FRONT_END = "hawx_front_end"
#: That of the places before engines, with the engine's name.
ENGINE_PLACE = "hawx_place"
LOOP_STACK = "hawx_loop_stack"
PREDICATES = "hawx_predicates"
SCALARS = "hawx_scalars"
VECTOR_UNIT = "hawx_vector_unit"
POST_ENGINE = "hawx_post_engine"
STORE_WALKER = "hawx_store_walker"
REQUANTIZER = "hawx_requantizer"
MULTIPLY_ENGINE = "hawx_multiply_engine"
REGISTER_FILE = "hawx_register_file"
ACTIVATIONS = "hawx_activations"
WEIGHT_BANKS = "hawx_weight_banks"
SOURCE_SELECT = "hawx_source_select"
DECODER = "hawx_decoder"
TRAP_UNIT = "hawx_trap_unit"
SCALAR_UNIT = "hawx_scalar_unit"
JUMP_CHECK = "hawx_jump_check"
DISPATCH = "hawx_dispatch"
WARP_STATES = "hawx_warp_states"
ACTIVATION_FEED = "hawx_activation_feed"
LANE_ARRAY = "hawx_lane_array"
WEIGHT_BUFFER = "hawx_weight_buffer"
SCALAR_MEMORY = "hawx_scalar_memory"
REGISTER_MEMORY = "hawx_register_memory"
PREDICATE_UNIT = "hawx_predicate_unit"
FAULT_CHOICE = "hawx_fault_choice"
DEBUG_UNIT = "hawx_debug_unit"
DEBUG_COUNTERS = "hawx_debug_counters"
