"""The search of assignments by the energy of their multiplications, without an accelerator."""

from __future__ import annotations

import time

import numpy as np

from hawx_hw.search.algorithms import algorithm
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.front import near_front
from hawx_hw.search.oracle import space_key
from hawx_hw.search.pareto import hypervolume, pareto
from hawx_hw.search.problem import Problem
from hawx_hw.search.result import DesignPoint, SearchResult, stored_assignment
from hawx_hw.search.smoothing import smoothed_drops

__all__ = ["search_assignments"]


def search_assignments(name: str, problem: Problem) -> SearchResult:
    """Search until the algorithm is done or the budget is used up; the evaluator's state is saved.

    Parameters
    ----------
    name : str
        One of :data:`hawx_hw.search.algorithms.ALGORITHMS`.
    problem : Problem

    Returns
    -------
    SearchResult
        Its front is that of smoothed accuracy drops
        (:func:`~hawx_hw.search.smoothing.smoothed_drops`) and the cost's objective.
    """
    search, evaluator = algorithm(name), problem.evaluator
    start = time.perf_counter()
    try:
        search(problem)
    except OutOfBudgetError:
        pass
    finally:
        evaluator.save()
    vectors, points = evaluator.vectors, evaluator.points
    smoothed = np.stack([smoothed_drops(evaluator, problem.tuning), points[:, 1]], axis=1)
    every = _points(problem, np.arange(len(points)))
    on_front = _points(problem, pareto(smoothed))
    alike = np.flatnonzero((vectors == vectors[:, :1]).all(axis=1))
    return SearchResult(
        algorithm=name,
        seed=problem.seed,
        space=space_key(problem.space),
        blocks=tuple(block.name for block in problem.space.blocks),
        objective=evaluator.cost.objective,
        images=evaluator.images,
        exact_accuracy=evaluator.exact,
        evaluations=evaluator.evaluations,
        evaluation_seconds=evaluator.seconds,
        seconds=time.perf_counter() - start,
        reference=problem.reference,
        hypervolume=hypervolume(points, problem.reference),
        front=on_front,
        behind=near_front(every, on_front, evaluator.images, problem.tuning),
        uniform=_points(problem, alike[np.argsort(vectors[alike, 0], kind="stable")]),
        low_fidelity=evaluator.low_fidelity,
    )


def _points(problem: Problem, indices: np.ndarray) -> tuple[DesignPoint, ...]:
    """Some of what was evaluated."""
    evaluator = problem.evaluator
    vectors, drops = evaluator.vectors[indices], evaluator.points[indices, 0]
    metrics = evaluator.cost(vectors)
    return tuple(
        DesignPoint(
            vector=tuple(vector.tolist()),
            accuracy=float(evaluator.exact - drop / 100),
            accuracy_drop=float(drop),
            metrics={name: float(values[number]) for name, values in metrics.items()},
            assignment=stored_assignment(problem.space.assignment(vector)),
        )
        for number, (vector, drop) in enumerate(zip(vectors, drops, strict=True))
    )
