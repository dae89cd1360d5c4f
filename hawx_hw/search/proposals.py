"""Assignments that suit an array which all layers share.

Any assignment can run on a shared array, but most make it larger or slower: a PE that serves
filters of several blocks holds them all, and columns wait where a layer has too few filters for
their block. What costs none of this are

- one block everywhere,
- one block a column: each layer gives each column's block as many filters as its columns hold in
  the number of turns that the layer takes anyway, and of these the ones that bear it best.

Assignments that are best by scores and energies alone
(:func:`~hawx_hw.search.convex_steps.convex_steps`), by filter and by layer, are tried beside these.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence

import numpy as np

from hawx_hw.assignment.space import Space
from hawx_hw.search.convex_steps import convex_steps

__all__ = ["by_column", "proposals", "swept_layers", "uniforms"]


def proposals(
    space: Space, scores: np.ndarray, costs: np.ndarray, columns: Sequence[int]
) -> list[np.ndarray]:
    """All proposals, by kind: those of one block, of one a column, and the best by sums.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``: what each unit adds under each block.
    columns : sequence of int
        Columns of the arrays that may be built.

    Returns
    -------
    list of ndarray of int64
        Each ``(n, units)``, n >= 0, and none in two of them: those of one block; for each number of
        columns those of one block a column; best sums by layer, and by unit.
    """
    kinds = [
        uniforms(space),
        *(by_column(space, scores, costs, count) for count in sorted(set(columns))),
        swept_layers(space, scores, costs),
        convex_steps(scores, costs),
    ]
    found, known = [], set[bytes]()
    for vectors in kinds:
        new = {vector.tobytes(): vector for vector in vectors}
        kept = [vector for key, vector in new.items() if key not in known]
        known |= set(new)
        found.append(np.array(kept, dtype=np.int64).reshape(-1, space.units))
    return found


def uniforms(space: Space) -> np.ndarray:
    """Each block everywhere: int64 ``(blocks, units)``."""
    return np.stack([space.uniform(block) for block in range(len(space.blocks))])


def swept_layers(space: Space, scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Best by sums of scores and costs among assignments of whole layers: ``(n, units)``."""
    layer = np.empty(space.units, dtype=np.int64)
    for index, name in enumerate(space.layers):
        layer[space.unit(name)] = index
    by_layer = [
        np.stack([values[layer == index].sum(axis=0) for index in range(len(space.layers))])
        for values in (scores, costs)
    ]
    found: np.ndarray = convex_steps(*by_layer)[:, layer]
    return found


def by_column(space: Space, scores: np.ndarray, costs: np.ndarray, columns: int) -> np.ndarray:
    """One block a column, of every two blocks and every number of columns for each.

    Parameters
    ----------
    space : Space
    scores, costs : ndarray of float64
        ``(units, blocks)``
    columns : int
        Of the array, at least 1.

    Returns
    -------
    ndarray of int64
        ``(n, units)``; nothing where units are layers: their filters cannot differ.
    """
    filters = [space.unit(name).reshape(len(space.unit(name)), -1) for name in space.layers]
    if any(len(units) > 1 and (units == units[0]).all() for units in filters):
        return np.empty((0, space.units), dtype=np.int64)
    # What a filter adds: the sum of its units.
    by_filter = [
        np.stack([scores[np.unique(units)].sum(axis=0) for units in layer]) for layer in filters
    ]
    price = costs.sum(axis=0)
    found = []
    for pair in itertools.combinations(range(len(space.blocks)), 2):
        cheap, safe = sorted(pair, key=lambda block: (price[block], block))
        for count in range(1, columns):
            vector = np.empty(space.units, dtype=np.int64)
            for units, own in zip(filters, by_filter, strict=True):
                turns = -(-len(units) // columns)
                chosen = _dealt(own[:, [cheap, safe]], count * turns)
                vector[units] = np.where(chosen, cheap, safe)[:, None]
            found.append(vector)
    return np.array(found, dtype=np.int64).reshape(-1, space.units)


def _dealt(scores: np.ndarray, most: int) -> np.ndarray:
    """Which filters get the first block, ``most`` of them or all: bool ``(filters,)``.

    Parameters
    ----------
    scores : ndarray
        ``(filters, 2)``
    """
    chosen = np.zeros(len(scores), dtype=bool)
    # Stable: of equals the first filters.
    order = np.argsort(scores[:, 0] - scores[:, 1], kind="stable")
    chosen[order[:most]] = True
    return chosen
