"""Names of the Verilog modules of a unit."""

from __future__ import annotations

__all__ = ["CLUSTER", "FAULTS", "GROUP_WALKER", "LANE", "WALKER", "WEIGHT_FEED", "WINDOW"]

#: How the names of the modules of lanes begin; those of their blocks follow.
LANE = "hawx_lane_"
#: That of clusters, with a number where several differ.
CLUSTER = "hawx_cluster"
WALKER = "hawx_walker"
GROUP_WALKER = "hawx_group_walker"
WINDOW = "hawx_activation_window"
WEIGHT_FEED = "hawx_weight_feed"
FAULTS = "hawx_stream_faults"
