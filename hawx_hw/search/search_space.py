"""The space that a config's search is made in."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.assignment.units import filter_groups
from hawx_hw.blocks.block import Block
from hawx_hw.graph.graph import Graph
from hawx_hw.scores.profile import Profile
from hawx_hw.search.scores import ProfileScores

if TYPE_CHECKING:
    from hawx_hw.config.search import SearchConfig

__all__ = ["search_space"]


def search_space(
    graph: Graph, blocks: Sequence[Block], search: SearchConfig, profile: Profile
) -> Space:
    """The space of a search.

    Parameters
    ----------
    graph : Graph
    blocks : sequence of Block
        The exact one first.
    search : SearchConfig
        Its granularity, and how layers and filters are divided.
    profile : Profile
        Of these blocks, with units at least as small: its scores decide which filters are in one
        group.
    """
    return Space.by_granularity(
        graph,
        blocks,
        search.granularity,
        search.slices,
        search.channel_parts,
        groups=None if search.groups is None else _groups(graph, blocks, search.groups, profile),
    )


def _groups(
    graph: Graph, blocks: Sequence[Block], count: int, profile: Profile
) -> dict[str, np.ndarray]:
    space = Space.by_filter(graph, blocks)
    scores = ProfileScores(profile, space).table
    return {
        name: filter_groups(scores[np.unique(space.unit(name))], count) for name in space.layers
    }
