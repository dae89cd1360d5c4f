"""How far searches by layer end from the exhaustive ground truth, evaluated on the same images."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

import numpy as np
from ground_truth.exhaustive import GroundTruth
from ground_truth.regret import regret
from ground_truth.sweep import sweep

from hawx_hw.search.algorithms import nsga2
from hawx_hw.search.algorithms.random import random_vectors
from hawx_hw.search.cost import Cost
from hawx_hw.search.evaluator import Evaluator, OutOfBudgetError
from hawx_hw.search.problem import Problem

__all__ = ["LIMITS", "SEEDS", "by_nsga2", "by_random", "by_scores", "regrets"]

#: Accuracy drops in percentage points that regret is measured at.
LIMITS = (1.0, 2.0, 4.0, 8.0)
SEEDS = 10


def by_scores(scores: np.ndarray, cost: Cost, runs: int) -> np.ndarray:
    """The assignments of best score at ``runs`` costs between the cheapest and the dearest.

    Parameters
    ----------
    scores : ndarray of float64
        ``(units, blocks)``; they add up.
    cost : Cost
    runs : int
        At least 2; fewer are evaluated where several costs have one assignment.

    Returns
    -------
    ndarray of int64
        ``(n, units)``, each once.
    """
    low, high = (float(end.sum()) for end in (cost.table.min(axis=1), cost.table.max(axis=1)))
    # The rounding of sums must not put the cheapest assignment above the least limit.
    limits = np.linspace(low, high, runs) * (1 + 1e-12)
    vectors: np.ndarray = np.unique(sweep(scores, cost.table, limits), axis=0)
    return vectors


def by_nsga2(exhaustive: GroundTruth, cost: Cost, runs: int, seed: int) -> np.ndarray:
    """NSGA-II with at most ``runs`` evaluations."""
    evaluator = Evaluator(exhaustive, cost, budget=runs)
    units = exhaustive.space.units
    reference = (100.0, float(cost.table.max(axis=1).sum()))
    with contextlib.suppress(OutOfBudgetError):
        nsga2.search(Problem(exhaustive.space, evaluator, reference, seed=seed))
    return np.array(evaluator.vectors, dtype=np.int64).reshape(-1, units)


def by_random(exhaustive: GroundTruth, runs: int, seed: int) -> np.ndarray:
    """As many random assignments."""
    space = exhaustive.space
    rng = np.random.default_rng(seed)
    return random_vectors(rng, space.units, len(space.blocks), runs)


def regrets(
    exhaustive: GroundTruth, cost: Cost, vectors: np.ndarray, limits: Sequence[float] = LIMITS
) -> list[float]:
    """By how much the search's cheapest assignment within each drop is dearer than the cheapest.

    Parameters
    ----------
    exhaustive : GroundTruth
    cost : Cost
    vectors : ndarray of int64
        ``(n, units)``: what the search evaluated.
    limits : sequence of float

    Returns
    -------
    list of float
        Shares; infinite where it evaluated none, NaN where there is none.
    """
    space = exhaustive.space
    points = exhaustive.points(cost)
    own = points[space.numbers(vectors)]
    _, front = exhaustive.front(cost)
    possible = [bool((front[:, 0] <= most).any()) for most in limits]
    return [
        regret(own, front, most) if there_is else float("nan")
        for most, there_is in zip(limits, possible, strict=True)
    ]
