"""Random assignments: what every other search must beat."""

from __future__ import annotations

import numpy as np

from hawx_hw.search.problem import Problem

__all__ = ["random_vectors", "search"]


def search(problem: Problem) -> None:
    """Draw assignments with random shares of the blocks, so that they spread over the costs.

    Blocks drawn one by one with equal chances would all cost about the same.
    """
    rng = np.random.default_rng(problem.seed)
    space, evaluator, tuning = problem.space, problem.evaluator, problem.tuning
    idle = 0
    while evaluator.evaluations < space.size and idle < tuning.random_patience:
        before = evaluator.evaluations
        evaluator.evaluate(random_vectors(rng, space.units, len(space.blocks), tuning.random_batch))
        idle = 0 if evaluator.evaluations > before else idle + 1


def random_vectors(rng: np.random.Generator, units: int, blocks: int, count: int) -> np.ndarray:
    """Random vectors int64 ``(count, units)``, each with its own random shares of the blocks."""
    shares = rng.dirichlet(np.full(blocks, 0.5), size=count)
    edges = np.cumsum(shares, axis=1)[:, None, :-1]
    vectors: np.ndarray = (rng.random((count, units, 1)) > edges).sum(axis=2).astype(np.int64)
    return vectors
