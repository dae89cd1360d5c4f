"""Hill climbing on learned models, after autoAx (DAC 2019).

A random forest learns the points lost from random assignments that are run. Climbing changes one
unit at a time and keeps what no other estimate dominates; the estimated front is then run. The
cost is no model here: it is known, which favors this search over the published one.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from hawx_hw.search.algorithms.random import drawn
from hawx_hw.search.front import pareto
from hawx_hw.search.problem import Problem

__all__ = ["search"]

#: Share of the budget that trains the forest, and evaluations where there is no budget.
_TRAINING, _UNLIMITED = 0.5, 500
_TREES = 100
#: Estimates a climb, and assignments that are estimated at once.
_ESTIMATES, _PART = 20_000, 500


def search(problem: Problem) -> None:
    """Train, climb, run the estimated front; again with all that was run, while budget is left."""
    space, evaluator = problem.space, problem.evaluator
    rng = np.random.default_rng(problem.seed)
    budget = evaluator.left or _UNLIMITED
    training = max(2, min(round(_TRAINING * budget), space.size))
    vectors = drawn(rng, space.units, len(space.blocks), training)
    evaluator.evaluate(vectors)
    while evaluator.evaluations < space.size:
        front = _climb(problem, rng)
        known = {vector.tobytes() for vector in evaluator.vectors}
        new = [vector for vector in front if vector.tobytes() not in known]
        if not new:
            return
        rng.shuffle(new)
        evaluator.evaluate(np.array(new[:training]))


def _climb(problem: Problem, rng: np.random.Generator) -> np.ndarray:
    space, evaluator = problem.space, problem.evaluator
    blocks = len(space.blocks)
    known = evaluator.vectors
    forest = RandomForestRegressor(_TREES, random_state=problem.seed, n_jobs=1)
    forest.fit(_hot(known, blocks), evaluator.points[:, 0])

    def estimated(vectors: np.ndarray) -> np.ndarray:
        cost = evaluator.cost(vectors)[evaluator.cost.objective]
        return np.stack([forest.predict(_hot(vectors, blocks)), cost], axis=1)

    front, points = known, estimated(known)
    for _ in range(_ESTIMATES // _PART):
        parents = front[rng.integers(0, len(front), _PART)]
        unit = rng.integers(0, space.units, _PART)
        children = parents.copy()
        rows = np.arange(_PART)
        children[rows, unit] = (parents[rows, unit] + rng.integers(1, blocks, _PART)) % blocks
        front = np.concatenate([front, children])
        points = np.concatenate([points, estimated(children)])
        kept = pareto(points)
        front, points = front[kept], points[kept]
    return front


def _hot(vectors: np.ndarray, blocks: int) -> np.ndarray:
    hot: np.ndarray = np.eye(blocks, dtype=np.float32)[vectors].reshape(len(vectors), -1)
    return hot
