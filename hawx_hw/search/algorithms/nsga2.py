"""NSGA-II of pymoo on vectors of blocks, as ALWANN (ICCAD 2019) and MARLIN (TCAS-I 2024) use it."""

from __future__ import annotations

from typing import Any

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.search.algorithms.random import drawn
from hawx_hw.search.problem import Problem

__all__ = ["search"]

_POPULATION = 50
#: Generations without anything new after which the search has converged.
_PATIENCE = 50


def search(problem: Problem) -> None:
    """Minimize points lost and cost; blocks are categories: uniform crossover, random mutation."""
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
    space, evaluator = problem.space, problem.evaluator
    blocks = len(space.blocks)
    rng = np.random.default_rng(problem.seed)

    class OtherBlocks(Mutation):
        """Each unit gets a random other block with a chance of one over the number of units."""

        def _do(self, problem: Any, X: np.ndarray, **kwargs: Any) -> np.ndarray:
            hit = rng.random(X.shape) < 1 / X.shape[1]
            return np.where(hit, (X + rng.integers(1, blocks, X.shape)) % blocks, X)

    left = evaluator.left
    size = _POPULATION if left is None else max(4, min(_POPULATION, left // 4))
    described = Described(n_var=space.units, n_obj=2, xl=0, xu=blocks - 1, vtype=int)
    first = drawn(rng, space.units, blocks, size)
    searcher = NSGA2(
        pop_size=size,
        sampling=Population.new("X", first),
        crossover=UX(prob=0.9),
        mutation=OtherBlocks(),
        eliminate_duplicates=True,
    )
    searcher.setup(described, seed=problem.seed, verbose=False)
    idle = 0
    while idle < _PATIENCE and evaluator.evaluations < space.size:
        asked = searcher.ask()
        if asked is None or not len(asked):
            return
        before = evaluator.evaluations
        vectors = np.rint(asked.get("X").astype(np.float64)).astype(np.int64)
        asked.set("F", evaluator.evaluate(vectors))
        searcher.tell(infills=asked)
        idle = 0 if evaluator.evaluations > before else idle + 1
