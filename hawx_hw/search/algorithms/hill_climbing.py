"""Hill climbing on learned models, after autoAx (DAC 2019).

A random forest learns the accuracy drop from random assignments that are evaluated. Climbing
changes one unit at a time and keeps what no other estimate dominates; the estimated front is then
evaluated. The cost is no model here but exact, which favors this search over the published one.
"""

from __future__ import annotations

import numpy as np
from sklearn.ensemble import RandomForestRegressor

from hawx_hw.search.algorithms.random import random_vectors
from hawx_hw.search.pareto import pareto
from hawx_hw.search.problem import Problem

__all__ = ["search"]


def search(problem: Problem) -> None:
    """Train, climb, evaluate the estimated front; again with that, while budget is left."""
    space, evaluator, tuning = problem.space, problem.evaluator, problem.tuning
    rng = np.random.default_rng(problem.seed)
    budget = evaluator.left or tuning.training_default
    training = max(2, min(round(tuning.training_share * budget), space.size))
    vectors = random_vectors(rng, space.units, len(space.blocks), training)
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
    """The front of what the model estimates: int64 ``(n, units)``."""
    space, evaluator, tuning = problem.space, problem.evaluator, problem.tuning
    blocks = len(space.blocks)
    evaluated, count = evaluator.vectors, tuning.climbed
    forest = RandomForestRegressor(tuning.trees, random_state=problem.seed, n_jobs=1)
    forest.fit(_hot(evaluated, blocks), evaluator.points[:, 0])

    def estimated(vectors: np.ndarray) -> np.ndarray:
        cost = evaluator.cost(vectors)[evaluator.cost.objective]
        return np.stack([forest.predict(_hot(vectors, blocks)), cost], axis=1)

    front, points = evaluated, estimated(evaluated)
    for _ in range(tuning.estimates // count):
        parents = front[rng.integers(0, len(front), count)]
        unit = rng.integers(0, space.units, count)
        children = parents.copy()
        child = np.arange(count)
        children[child, unit] = (parents[child, unit] + rng.integers(1, blocks, count)) % blocks
        front = np.concatenate([front, children])
        points = np.concatenate([points, estimated(children)])
        best = pareto(points)
        front, points = front[best], points[best]
    return front


def _hot(vectors: np.ndarray, blocks: int) -> np.ndarray:
    """One-hot: float32 ``(n, units * blocks)``."""
    hot: np.ndarray = np.eye(blocks, dtype=np.float32)[vectors].reshape(len(vectors), -1)
    return hot
