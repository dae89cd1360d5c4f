"""The whole convex front of sums over units, one step of a unit after the other."""

from __future__ import annotations

import numpy as np

__all__ = ["convex_steps"]


def convex_steps(scores: np.ndarray, costs: np.ndarray) -> np.ndarray:
    """Assignments of least ``score + price * cost`` for every price.

    They start with each unit under its best block by score (of equals the cheapest) and take single
    steps of units along their own convex fronts, in ascending order of score for cost.

    Parameters
    ----------
    scores, costs : ndarray of float64
        ``(units, blocks)``: what each unit adds under each block.

    Returns
    -------
    ndarray of int64
        ``(steps + 1, units)``
    """
    vector = np.lexsort((costs, scores), axis=1)[:, 0]
    steps = [vector]
    units = np.arange(len(scores))
    while True:
        saved = costs[units, vector][:, None] - costs
        more = np.maximum(scores - scores[units, vector][:, None], 0)
        slope = np.where(saved > 0, more / np.where(saved > 0, saved, 1), np.inf)
        best = np.lexsort((-saved.ravel(), slope.ravel()))[0]
        if np.isinf(slope.ravel()[best]):
            return np.array(steps)
        vector = vector.copy()
        vector[best // costs.shape[1]] = best % costs.shape[1]
        steps.append(vector)
