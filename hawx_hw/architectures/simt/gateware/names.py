"""Names of the Verilog modules of a unit."""

from __future__ import annotations

__all__ = [
    "ACTIVATIONS",
    "CLUSTER",
    "ENGINE_PLACE",
    "FAULTS",
    "FRONT_END",
    "GROUP_WALKER",
    "LANE",
    "LOOP_STACK",
    "MULTIPLY_ENGINE",
    "POST_ENGINE",
    "PREDICATES",
    "REGISTER_FILE",
    "REQUANTIZER",
    "SCALARS",
    "STORE_WALKER",
    "VECTOR_UNIT",
    "WALKER",
    "WEIGHT_BANKS",
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
