"""Assignments that suit hardware which all layers share: one block a line of multiplier cells.

A *line* serves filters: a column of an array, or a lane. Any assignment can run on shared hardware,
but most make it larger or slower: a line that serves filters of several blocks holds them all, and
lines wait where a layer has too few filters for their block. With one block a line neither happens:
each layer gives each line's block as many filters as its lines serve in the number of turns that
the layer takes anyway, and of these the ones that tolerate it best.
"""

from __future__ import annotations

import itertools

import numpy as np

from hawx_hw.assignment.space import Space

__all__ = ["by_line"]


def by_line(space: Space, scores: np.ndarray, costs: np.ndarray, lines: int) -> np.ndarray:
    """One block a line, of every two blocks and every number of lines for each.

    Filters whose units are the same, as in a group, have one block: of these as many as fit.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``
    lines : int
        At least 1.

    Returns
    -------
    ndarray of int64
        ``(n, units)``; nothing where units are layers: their filters cannot differ.
    """
    filters = [space.unit(name).reshape(len(space.unit(name)), -1) for name in space.layers]
    groups = [_groups(units) for units in filters]
    if any(len(group) > 1 and not group.any() for group in groups):
        return np.empty((0, space.units), dtype=np.int64)
    # What a filter adds: the sum of its units, of which each is shared by all filters of a group.
    by_filter = [
        np.stack([scores[np.unique(units)].sum(axis=0) for units in layer]) for layer in filters
    ]
    price = costs.sum(axis=0)
    proposals = []
    for pair in itertools.combinations(range(len(space.blocks)), 2):
        cheap, safe = sorted(pair, key=lambda block: (price[block], block))
        for count in range(1, lines):
            vector = np.empty(space.units, dtype=np.int64)
            for units, own, group in zip(filters, by_filter, groups, strict=True):
                turns = -(-len(units) // lines)
                chosen = _chosen(own[:, [cheap, safe]], group, count * turns)
                vector[units] = np.where(chosen, cheap, safe)[:, None]
            proposals.append(vector)
    return np.array(proposals, dtype=np.int64).reshape(-1, space.units)


def _groups(units: np.ndarray) -> np.ndarray:
    """Filters of the same units, ``(filters, taps)``: the number of each one's group."""
    _, group = np.unique(units, axis=0, return_inverse=True)
    numbers: np.ndarray = group.reshape(-1)
    return numbers


def _chosen(scores: np.ndarray, group: np.ndarray, most: int) -> np.ndarray:
    """Which filters get the first block, ``most`` of them or all: bool ``(filters,)``.

    Parameters
    ----------
    scores : ndarray
        ``(filters, 2)``, equal within a group.
    group : ndarray of int64
        ``(filters,)``; all of a group or none are chosen.
    """
    chosen = np.zeros(len(scores), dtype=bool)
    sizes = np.bincount(group)
    _, first = np.unique(group, return_index=True)
    # A group's score is that of all its filters. Stable: of equals the first ones.
    more = (scores[first, 0] - scores[first, 1]) / sizes
    left = most
    for number in np.argsort(more, kind="stable"):
        if sizes[number] <= left:
            chosen[group == number] = True
            left -= sizes[number]
    return chosen
