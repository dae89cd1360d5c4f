"""The levels of MAx-DNN as spaces, and what their units score: layers, filters, parts of kernels.

A reconstruction. By layer each convolution has a block; by filter each of four equal groups of a
layer's filters, which are sorted by their sensitivity; by kernel each third of every filter's taps,
by rows, by columns or by channels, alike in all filters of a layer.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from ground_truth.quadratic import quadratic_scores

from hawx_hw.assignment.space import Space
from hawx_hw.blocks import Block
from hawx_hw.blocks.block import CODES
from hawx_hw.compensation.histograms import tap_histograms
from hawx_hw.graph.graph import Conv2d, Graph
from hawx_hw.scores.profile import Profile

__all__ = [
    "GROUPS",
    "LEVELS",
    "SEARCHED",
    "filter_groups",
    "level_space",
    "tap_parts",
    "unit_scores",
]

#: The alphabets that are searched at each level.
SEARCHED = {
    **dict.fromkeys(("layer", "filter"), ("ROUP", "precision", "both")),
    **dict.fromkeys(("rows", "columns", "channels"), ("ROUP", "skip")),
}
LEVELS = tuple(SEARCHED)
#: Groups of a layer's filters, and parts of a kernel.
GROUPS, PARTS = 4, 3


def level_space(
    graph: Graph, profile: Profile, blocks: Sequence[Block], layers: Sequence[str], level: str
) -> Space:
    """The space of a level.

    Parameters
    ----------
    graph : Graph
    profile : Profile
        Of whole filters, with all of the blocks.
    blocks : sequence of Block
    layers : sequence of str
    level : str
        One of :data:`LEVELS`.
    """
    if level == "layer":
        return Space.by_layer(graph, blocks, layers)
    shapes = {node.name: node.weight.shape for node in graph.nodes if isinstance(node, Conv2d)}
    if level == "filter":
        by_filter = Space.by_filter(graph, blocks, layers)
        scores = quadratic_scores(profile, by_filter)
        units = {}
        for name in layers:
            own = scores[by_filter.unit(name)[:, 0, 0, 0]]
            group = filter_groups(own, GROUPS)
            units[name] = np.broadcast_to(group[:, None, None, None], shapes[name])
        return Space(graph, blocks, units)
    return Space(
        graph,
        blocks,
        {
            name: np.broadcast_to(tap_parts(shapes[name][1:], level), shapes[name])
            for name in layers
        },
    )


def filter_groups(scores: np.ndarray, groups: int) -> np.ndarray:
    """Equal groups of filters, the most sensitive ones first.

    Parameters
    ----------
    scores : ndarray of float64
        ``(filters, blocks)``. What a block adds to all filters weighs alike, however coarse it is.
    groups : int
        At most as many as filters.

    Returns
    -------
    ndarray of int64
        ``(filters,)``: the group of each.
    """
    total = scores.sum(axis=0)
    sensitivity = (scores / np.where(total > 0, total, 1)).sum(axis=1)
    group = np.empty(len(scores), dtype=np.int64)
    for number, members in enumerate(
        np.array_split(np.argsort(-sensitivity, kind="stable"), groups)
    ):
        group[members] = number
    return group


def tap_parts(shape: Sequence[int], level: str) -> np.ndarray:
    """The part of every tap of a kernel: int64 of ``(channels, height, width)``.

    Parameters
    ----------
    shape : sequence of int
    level : str
        ``rows``, ``columns`` or ``channels``: the first third of the channels, the second, ...
    """
    channels, height, width = shape
    part = {
        "rows": np.arange(height)[None, :, None],
        "columns": np.arange(width)[None, None, :],
        "channels": (PARTS * np.arange(channels) // channels)[:, None, None],
    }[level]
    return np.broadcast_to(part, (channels, height, width)).astype(np.int64)


def unit_scores(
    graph: Graph, profile: Profile, codes: Mapping[str, np.ndarray], space: Space, level: str
) -> np.ndarray:
    """Additive scores of a space's units: float64 ``(units, blocks)``.

    Those of whole filters are :func:`~ground_truth.quadratic.quadratic_scores`. A part of all
    kernels has that share of the layer's score which it has of the variance of its sums' errors,
    taps taken as independent.

    Parameters
    ----------
    graph : Graph
    profile : Profile
        Of whole filters, with all of the blocks.
    codes : mapping of str to ndarray of int8
        Every tensor of the exact network.
    space : Space
        From :func:`level_space`.
    level : str
    """
    if level in ("layer", "filter"):
        return quadratic_scores(profile, space)
    layers = Space.by_layer(graph, space.blocks, space.layers)
    whole = quadratic_scores(profile, layers)
    scores = np.zeros((space.units, len(space.blocks)))
    nodes = {node.name: node for node in graph.nodes if isinstance(node, Conv2d)}
    for name in space.layers:
        node, unit = nodes[name], space.unit(name)
        zero_point = graph.tensors[node.inputs[0]].zero_point
        histograms = tap_histograms(node, codes[node.inputs[0]], zero_point)[0]
        of_layer = whole[layers.unit(name).flat[0]]
        for index, block in enumerate(space.blocks):
            variance = _variances(node.weight, block, histograms.reshape(-1, 256))
            share = np.bincount(unit.ravel(), weights=variance.ravel(), minlength=space.units)
            if share.sum() > 0:
                scores[:, index] += of_layer[index] * share / share.sum()
    return scores


def _variances(weight: np.ndarray, block: Block, histograms: np.ndarray) -> np.ndarray:
    """The variance of the error of every weight's product: float64, in the weights' shape."""
    share = histograms / histograms.sum(axis=1, keepdims=True)
    error = (block.table - np.outer(CODES, CODES)).astype(np.float64)
    mean, square = share @ error.T, share @ (error**2).T
    taps = np.arange(len(histograms))
    variance = (square - mean**2)[taps, weight.reshape(len(weight), -1).astype(np.int64) + 128]
    result: np.ndarray = variance.reshape(weight.shape)
    return result
