"""The search that goes by the hawx scores: it foresees the front, and runs little of it.

First the front of scores and cost is found without running anything: all of a small space is
scored; in a large one the scores of single units, taken as a sum, give the convex part of the front
(one step of a unit after the other, in ascending order of score for cost: the sweep of a Lagrange
multiplier), and changes of single units and mixtures of neighbors fill what lies between.

Where the evaluations' images are those of the profile, candidates near that front are screened:
run on the few images that they may lose (:mod:`~hawx_hw.search.screening`), for half of the budget.

Then the assignments near the front are run, few at a time: a curve from scores to accuracy with its
uncertainty (:class:`~hawx_hw.scores.predictor.AccuracyPredictor`) is fitted to what was run,
and the next is the one that is expected to enlarge the hypervolume most.

Of HAWX (arXiv 2602.16336) only the abstract is public: this is a reconstruction of its idea, not of
its formulas.
"""

from __future__ import annotations

import numpy as np

from hawx_hw.search.convex_steps import convex_steps
from hawx_hw.search.foresight import Candidates, behind, foreseen, promising
from hawx_hw.search.front import fronts, pareto
from hawx_hw.search.problem import Problem, Scores
from hawx_hw.search.promising import run_promising
from hawx_hw.search.scores import ImageScores
from hawx_hw.search.screening import Screening

__all__ = ["screened", "search"]

#: Spaces up to this size are scored as a whole; in others, so many assignments are.
_WHOLE, _SCORED = 2**15, 8_000
_PART = 512
#: Fronts behind the foreseen one that may be run, too, since scores are not exact.
_LAYERS = 4
#: Share of the budget that is spent on screening, and the budget that counts where there is none.
_SCREENED, _BUDGET = 0.5, 50
#: Where there is screening so many assignments are scored, and so many of them kept.
_JUDGED, _NEAR = 16_000, 4_000


def search(problem: Problem) -> None:
    """Run what may enlarge the front, until nothing is expected to.

    Raises
    ------
    ValueError
        There are no scores.
    """
    screening = problem.screening
    scores = problem.scores if screening is None else screening.scores
    if scores is None:
        raise ValueError("hawx needs scores: profile the network first")
    if screening is None:
        vectors, points = _foreseen(problem, scores)
    else:
        vectors, points = screened(problem, screening, _candidates(problem, screening.scores))
    run_promising(problem.evaluator, vectors, points, problem.reference)


def screened(
    problem: Problem, screening: Screening, candidates: Candidates
) -> tuple[np.ndarray, np.ndarray]:
    """Run the most promising candidates on the images at risk, for half of the budget.

    Parameters
    ----------
    problem : Problem
    screening : Screening
    candidates : Candidates
        At least one.

    Returns
    -------
    (ndarray of int64, ndarray of float64)
        Those that were run, and ``(n, 2)``: the points that they are expected to lose, and costs.
    """
    left = problem.evaluator.left
    worth = _SCREENED * (_BUDGET if left is None else left)
    chosen, lost = screening(candidates, problem.reference, worth)
    problem.evaluator.spend(screening.worth, screening.seconds)
    return candidates.vectors[chosen], np.stack([lost, candidates.costs[chosen]], axis=1)


def _candidates(problem: Problem, scores: ImageScores) -> Candidates:
    """Assignments near the foreseen front, measured by how uncertain their scores are."""
    space, cost = problem.space, problem.evaluator.cost

    def judged(vectors: np.ndarray) -> Candidates:
        return foreseen(scores, vectors, cost(vectors)[cost.objective])

    def near(found: Candidates) -> Candidates:
        distance = behind(found.lost, found.spread, found.costs, problem.reference)
        rows = promising(distance, _NEAR)
        return found.take(rows if len(rows) else np.array([found.lost.argmin()]))

    if space.size <= _WHOLE:
        return near(judged(space.vectors(np.arange(space.size))))
    rng = np.random.default_rng(problem.seed)
    found = judged(convex_steps(scores.table, cost.table))
    scored = len(found.costs)
    while scored < _JUDGED:
        parents = found.vectors[np.argsort(found.costs, kind="stable")]
        children = np.unique(_changed(parents, len(space.blocks), rng), axis=0)
        scored += len(children)
        found = near(found.merged(judged(children)))
    return found


def _foreseen(problem: Problem, scores: Scores) -> tuple[np.ndarray, np.ndarray]:
    """Assignments near the foreseen front, and their scores and costs ``(n, 2)``."""
    space, cost = problem.space, problem.evaluator.cost

    def judged(vectors: np.ndarray) -> np.ndarray:
        return np.stack([scores.predict(vectors), cost(vectors)[cost.objective]], axis=1)

    if space.size <= _WHOLE:
        vectors = space.vectors(np.arange(space.size))
        points = judged(vectors)
        near = fronts(points, _LAYERS) < _LAYERS
        return vectors[near], points[near]
    rng = np.random.default_rng(problem.seed)
    vectors = convex_steps(scores.table, cost.table)
    points = judged(vectors)
    scored = len(vectors)
    while scored < _SCORED:
        children = _changed(vectors[pareto(points)], len(space.blocks), rng)
        scored += len(children)
        vectors = np.concatenate([vectors, children])
        points = np.concatenate([points, judged(children)])
        vectors, first = np.unique(vectors, axis=0, return_index=True)
        points = points[first]
        near = fronts(points, _LAYERS) < _LAYERS
        vectors, points = vectors[near], points[near]
    return vectors, points


def _changed(front: np.ndarray, blocks: int, rng: np.random.Generator) -> np.ndarray:
    """Children of a front in the order of its scores: one or two units changed, or two mixed."""
    parent = rng.integers(0, len(front), _PART)
    other = np.clip(parent + rng.integers(-3, 4, _PART), 0, len(front) - 1)
    mixed = rng.random((_PART, 1)) < 0.5
    swap = rng.random((_PART, front.shape[1])) < 0.5
    children = np.where(mixed & swap, front[other], front[parent])
    for chance in (1.0, 0.5):
        unit = rng.integers(0, front.shape[1], _PART)
        step = np.where(rng.random(_PART) < chance, rng.integers(1, blocks, _PART), 0)
        rows = np.arange(_PART)
        children[rows, unit] = (children[rows, unit] + step) % blocks
    return children
