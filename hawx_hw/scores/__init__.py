"""The hawx scores: the effect of each block on the network, by operation, filter and layer."""

from hawx_hw.scores.profile import Profile, load_profile, save_profile
from hawx_hw.scores.scores import filter_scores, layer_scores, model_scores

__all__ = [
    "Profile",
    "filter_scores",
    "layer_scores",
    "load_profile",
    "model_scores",
    "save_profile",
]
