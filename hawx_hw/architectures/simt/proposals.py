"""Assignments that suit lanes: one block a lane, or two blocks that every lane holds.

An instruction selects the block of each lane, so that lanes with two blocks run any mixture of
these two at no cost beyond the second block: by layer, by filter and by kernel slice.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from hawx_hw.architectures.common.proposals import by_line
from hawx_hw.architectures.simt.unit import Unit
from hawx_hw.assignment.space import Space
from hawx_hw.util.divisors import divisors

__all__ = ["by_pair", "propose"]

# Mixtures of two blocks, from one alone to the other alone.
_MIXTURES = 16


def propose(
    space: Space, scores: np.ndarray, costs: np.ndarray, units: Sequence[Unit]
) -> list[np.ndarray]:
    """All proposals, by kind.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``: what each unit of the space adds under each block.
    units : sequence of Unit
        Those that may be built.

    Returns
    -------
    list of ndarray of int64
        Each ``(n, units)``: one block a lane, for each number of lanes of a pixel group, because
        lanes of all groups that have one place serve the same filters; and two blocks in every
        lane.
    """
    counts = {unit.group_lanes(groups) for unit in units for groups in divisors(unit.clusters)}
    lines = [by_line(space, scores, costs, count) for count in sorted(counts) if count > 1]
    return [*lines, by_pair(space, scores, costs)]


def by_pair(space: Space, scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Mixtures of every two blocks that have the least sum of scores for what they save.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``

    Returns
    -------
    ndarray of int64
        ``(n, units)``; of each pair up to 15, which part what there is to save evenly.
    """
    price = costs.sum(axis=0)
    mixtures = []
    for pair in itertools.combinations(range(len(space.blocks)), 2):
        cheap, safe = sorted(pair, key=lambda block: (price[block], block))
        saved = costs[:, safe] - costs[:, cheap]
        more = np.maximum(scores[:, cheap] - scores[:, safe], 0)
        useful = np.flatnonzero(saved > 0)
        if not len(useful):
            continue
        # Stable: of equals the first units.
        order = useful[np.argsort(more[useful] / saved[useful], kind="stable")]
        share = np.cumsum(saved[order])
        targets = share[-1] * np.arange(1, _MIXTURES) / _MIXTURES
        for count in np.unique(np.searchsorted(share, targets) + 1).tolist():
            vector = np.full(space.units, safe, dtype=np.int64)
            vector[order[:count]] = cheap
            mixtures.append(vector)
    return np.array(mixtures, dtype=np.int64).reshape(-1, space.units)
