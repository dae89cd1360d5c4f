"""One at a time: what each block costs in each unit alone decides on the order."""

from __future__ import annotations

import numpy as np

from hawx_hw.search.problem import Problem

__all__ = ["search"]


def search(problem: Problem) -> None:
    """Evaluate each unit under each block by itself, the others under the dearest; then combine.

    Steps from a block to a cheaper one are taken in ascending order of the accuracy that they lose
    for what they save, by the single evaluations; after each step the assignment is evaluated.
    Losing less than nothing counts as nothing: of such steps the one that saves most comes first.
    """
    evaluator = problem.evaluator
    costs = evaluator.cost.table
    units, blocks = costs.shape
    vector = costs.argmax(axis=1).astype(np.int64)
    (start,) = evaluator.evaluate(vector[None])[:, 0]
    single = np.repeat(vector[None], units * blocks, axis=0)
    single[np.arange(units * blocks), np.repeat(np.arange(units), blocks)] = np.tile(
        np.arange(blocks), units
    )
    drops = evaluator.evaluate(single)[:, 0].reshape(units, blocks) - start
    drops = np.maximum(drops, 0)
    while True:
        now = np.arange(units), vector
        saved = costs[now][:, None] - costs
        more = np.maximum(drops - drops[now][:, None], 0)
        possible = saved > 0
        if not possible.any():
            return
        slope = np.where(possible, more / np.where(possible, saved, 1), np.inf)
        best = np.lexsort((-saved.ravel(), slope.ravel()))[0]
        vector[best // blocks] = best % blocks
        evaluator.evaluate(vector[None])
