"""What gets a block of its own: layers, filters or groups of them, and slices of their kernels."""

from __future__ import annotations

import numpy as np
from scipy.stats import rankdata

from hawx_hw.graph.graph import Conv2d, Graph

__all__ = ["CHANNEL_PARTS", "LEVELS", "SLICES", "filter_groups", "kernel_slices"]

#: The kinds of units.
LEVELS = ("layer", "filter", "kernel")
#: What a kernel slice is: a kernel row, a kernel column, or a part of the input channels.
SLICES = ("rows", "columns", "channels")
#: Parts that the input channels are divided into where nothing else is given.
CHANNEL_PARTS = 4


def kernel_slices(
    graph: Graph,
    granularity: str,
    slices: str = "rows",
    channel_parts: int = CHANNEL_PARTS,
) -> dict[str, np.ndarray]:
    """The slice of every tap of convolutions where kernel slices are units; else nothing.

    Parameters
    ----------
    graph : Graph
    granularity : str
        One of :data:`LEVELS`.
    slices : str
        One of :data:`SLICES`.
    channel_parts : int
        For ``channels``: into how many parts of consecutive input channels these are divided, >= 1;
        of equal size, up to one channel, and at most as many as there are channels.

    Returns
    -------
    dict of str to ndarray of int64
        By the layer's name, of shape ``weight.shape[1:]``: the number of the tap's slice.

    Raises
    ------
    ValueError
        There is no such granularity, there are no such slices, or no parts.
    """
    if granularity not in LEVELS:
        raise ValueError(f"granularity must be one of {', '.join(LEVELS)}, not {granularity!r}")
    if slices not in SLICES:
        raise ValueError(f"slices must be one of {', '.join(SLICES)}, not {slices!r}")
    result = {}
    if granularity == "kernel":
        for node in graph.nodes:
            if isinstance(node, Conv2d):
                channels, height, width = shape = node.weight.shape[1:]
                part = {
                    "rows": np.arange(height)[:, None],
                    "columns": np.arange(width),
                    "channels": _equal_parts(channels, channel_parts)[:, None, None],
                }[slices]
                result[node.name] = np.ascontiguousarray(np.broadcast_to(part, shape))
    return result


def filter_groups(scores: np.ndarray, count: int) -> np.ndarray:
    """The group of each filter of a layer: filters that tolerate approximation alike.

    Every block but the first ranks the filters by its scores, filters of one score alike. They are
    sorted by the mean of their ranks, those with equal means by their numbers, and divided into
    parts of equal size, up to one filter.

    Parameters
    ----------
    scores : ndarray of float64
        ``(filters, blocks)``: what each filter suffers from each block; the first is the exact one.
    count : int
        Groups, >= 1; where there are as few filters or fewer, each is a group of its own.

    Returns
    -------
    ndarray of int64
        ``(filters,)``, group 0 tolerates most.

    Raises
    ------
    ValueError
        There are no groups.
    """
    ranks = rankdata(scores[:, 1:], axis=0).mean(axis=1)
    groups = np.empty(len(scores), dtype=np.int64)
    groups[np.argsort(ranks, kind="stable")] = _equal_parts(len(scores), count)
    return groups


def _equal_parts(length: int, count: int) -> np.ndarray:
    """The part of each of ``length`` things in order, in ``count`` parts, none of them empty."""
    if count < 1:
        raise ValueError(f"There must be at least one part, not {count!r}")
    parts: np.ndarray = np.arange(length, dtype=np.int64) * min(count, length) // length
    return parts
