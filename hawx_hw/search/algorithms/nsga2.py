"""NSGA-II of pymoo on vectors of blocks, as ALWANN (ICCAD 2019) and MARLIN (TCAS-I 2024) use it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.search.algorithms.random import random_vectors
from hawx_hw.search.problem import Problem

__all__ = ["search"]


def search(problem: Problem) -> None:
    """Minimize accuracy drop and cost.

    Blocks are categories: crossover is uniform, mutation random.
    """
    try:
        from pymoo.algorithms.moo.nsga2 import NSGA2
        from pymoo.core.mutation import Mutation
        from pymoo.core.population import Population
        from pymoo.core.problem import Problem as Described
        from pymoo.operators.crossover.ux import UX
    except ImportError as error:
        raise UserError(
            "nsga2 needs pymoo, which is not installed",
            where="search.algorithm",
            hint="Install hawx_hw[search], or choose another algorithm.",
        ) from error
    space, evaluator, tuning = problem.space, problem.evaluator, problem.tuning
    blocks = len(space.blocks)
    rng = np.random.default_rng(problem.seed)

    class OtherBlocks(Mutation):
        """Each unit gets a random other block with a chance of one over the number of units."""

        def _do(self, problem: Any, X: np.ndarray, **kwargs: Any) -> np.ndarray:
            hit = rng.random(X.shape) < 1 / X.shape[1]
            return np.where(hit, (X + rng.integers(1, blocks, X.shape)) % blocks, X)

    left = evaluator.left
    size = tuning.population if left is None else max(4, min(tuning.population, left // 4))
    described = Described(n_var=space.units, n_obj=2, xl=0, xu=blocks - 1, vtype=int)
    first = random_vectors(rng, space.units, blocks, size)
    searcher = NSGA2(
        pop_size=size,
        sampling=Population.new("X", first),
        crossover=UX(prob=tuning.crossover),
        mutation=OtherBlocks(),
        eliminate_duplicates=True,
    )
    searcher.setup(described, seed=problem.seed, verbose=False)
    idle = 0
    while idle < tuning.patience and evaluator.evaluations < space.size:
        requested = searcher.ask()
        if requested is None or not len(requested):
            return
        before = evaluator.evaluations
        vectors = np.rint(requested.get("X").astype(np.float64)).astype(np.int64)
        requested.set("F", evaluator.evaluate(vectors))
        searcher.tell(infills=requested)
        idle = 0 if evaluator.evaluations > before else idle + 1
