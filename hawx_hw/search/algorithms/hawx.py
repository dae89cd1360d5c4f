"""The search that goes by the hawx scores: it predicts the front, and evaluates little of it.

First the front of scores and cost is predicted without running anything: all of a small space is
scored; in a large one the scores of single units, taken as a sum, give the convex part of the front
(one step of a unit after the other, in ascending order of score for cost: the sweep of a Lagrange
multiplier), and changes of single units and mixtures of neighbors fill what lies between.

Where the evaluations' images are those of the profile, candidates near that front get low-fidelity
evaluations: they are run on the few images that they may lose
(:mod:`~hawx_hw.search.low_fidelity`), for a share of the budget.

Then the assignments near the front are evaluated, few at a time: a curve from scores to accuracy
with its uncertainty (:class:`~hawx_hw.scores.predictor.AccuracyPredictor`) is fitted to what was
evaluated, and the next is the one that is expected to enlarge the hypervolume most.

Of HAWX (arXiv 2602.16336) only the abstract is public: this is a reconstruction of its idea, not of
its formulas.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.search.candidates import Candidates, distances, nearest, predicted
from hawx_hw.search.convex_steps import convex_steps
from hawx_hw.search.expected_improvement import evaluate_promising
from hawx_hw.search.low_fidelity import LowFidelity
from hawx_hw.search.pareto import fronts, pareto
from hawx_hw.search.problem import Problem, Scores
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.tuning import SearchTuning

__all__ = ["low_fidelity_points", "search"]


def search(problem: Problem) -> None:
    """Evaluate what may enlarge the front, until nothing is expected to.

    Raises
    ------
    ValueError
        There are no scores.
    """
    low_fidelity = problem.low_fidelity
    scores = problem.scores if low_fidelity is None else low_fidelity.scores
    if scores is None:
        raise ValueError("hawx needs scores: profile the network first")
    if low_fidelity is None:
        vectors, points = _predicted(problem, scores)
    else:
        candidates = _candidates(problem, low_fidelity.scores)
        vectors, points = low_fidelity_points(problem, low_fidelity, candidates)
    # A gain of accuracy is chance, and worth no evaluation.
    evaluate_promising(
        problem.evaluator, vectors, points, problem.reference, problem.tuning, least=0.0
    )


def low_fidelity_points(
    problem: Problem, low_fidelity: LowFidelity, candidates: Candidates
) -> tuple[np.ndarray, np.ndarray]:
    """Run the most promising candidates on the images at risk, for a share of the budget.

    Parameters
    ----------
    problem : Problem
    low_fidelity : LowFidelity
    candidates : Candidates
        At least one.

    Returns
    -------
    (ndarray of int64, ndarray of float64)
        Those that were run, and ``(n, 2)``: the accuracy drops that are expected of them, and
        costs.
    """
    tuning, left = problem.tuning, problem.evaluator.left
    budget = tuning.low_fidelity_share * (tuning.default_budget if left is None else left)
    done = low_fidelity(candidates, expected_reference(problem), budget)
    problem.evaluator.spend(done.price)
    vectors, costs = candidates.vectors[done.indices], candidates.costs[done.indices]
    return vectors, np.stack([done.drops, costs], axis=1)


def expected_reference(problem: Problem) -> tuple[float, float]:
    """The reference point among expected accuracy drops, which are larger than counted ones."""
    drop, cost = problem.reference
    return drop * problem.tuning.expected_reach, cost


def _candidates(problem: Problem, scores: ImageScores) -> Candidates:
    """Assignments near the predicted front, measured by how uncertain their scores are."""
    space, cost, tuning = problem.space, problem.evaluator.cost, problem.tuning
    reference = expected_reference(problem)

    def scored(vectors: np.ndarray) -> Candidates:
        return predicted(scores, vectors, cost(vectors)[cost.objective], tuning)

    def near(some: Candidates) -> Candidates:
        distance = distances(some.drops, some.deviations, some.costs, reference, tuning)
        indices = nearest(distance, tuning.low_fidelity_candidates)
        return some.take(indices if len(indices) else np.array([some.drops.argmin()]))

    if space.size <= tuning.whole_space:
        return near(scored(space.vectors(np.arange(space.size))))
    rng = np.random.default_rng(problem.seed)
    candidates = scored(convex_steps(scores.table, cost.table))
    count = len(candidates.costs)
    while count < tuning.low_fidelity_scored:
        parents = candidates.vectors[np.argsort(candidates.costs, kind="stable")]
        children = np.unique(_children(parents, len(space.blocks), rng, tuning), axis=0)
        count += len(children)
        candidates = near(candidates.merged(scored(children)))
    return candidates


def _predicted(problem: Problem, scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Assignments near the predicted front, and their scores and costs ``(n, 2)``."""
    space, cost, tuning = problem.space, problem.evaluator.cost, problem.tuning

    def scored(vectors: np.ndarray) -> np.ndarray:
        return np.stack([scores.predict(vectors), cost(vectors)[cost.objective]], axis=1)

    if space.size <= tuning.whole_space:
        vectors = space.vectors(np.arange(space.size))
        points = scored(vectors)
        near = fronts(points, tuning.fronts) < tuning.fronts
        return vectors[near], points[near]
    rng = np.random.default_rng(problem.seed)
    vectors = convex_steps(scores.table, cost.table)
    points = scored(vectors)
    count = len(vectors)
    while count < tuning.scored:
        children = _children(vectors[pareto(points)], len(space.blocks), rng, tuning)
        count += len(children)
        vectors = np.concatenate([vectors, children])
        points = np.concatenate([points, scored(children)])
        vectors, first = np.unique(vectors, axis=0, return_index=True)
        points = points[first]
        near = fronts(points, tuning.fronts) < tuning.fronts
        vectors, points = vectors[near], points[near]
    return vectors, points


def _children(
    front: np.ndarray, blocks: int, rng: np.random.Generator, tuning: SearchTuning
) -> np.ndarray:
    """Children of a front in the order of its scores: one or two units changed, or two mixed."""
    count, reach = tuning.children, tuning.neighbors
    parent = rng.integers(0, len(front), count)
    other = np.clip(parent + rng.integers(-reach, reach + 1, count), 0, len(front) - 1)
    mixed = rng.random((count, 1)) < tuning.mixed_share
    swap = rng.random((count, front.shape[1])) < 0.5
    children = np.where(mixed & swap, front[other], front[parent])
    for chance in (1.0, tuning.second_change):
        unit = rng.integers(0, front.shape[1], count)
        step = np.where(rng.random(count) < chance, rng.integers(1, blocks, count), 0)
        child = np.arange(count)
        children[child, unit] = (children[child, unit] + step) % blocks
    return children
