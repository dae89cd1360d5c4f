"""The search of whole designs: assignments and shapes of the array together.

``hawx`` proposes assignments that suit a shared array
(:mod:`~hawx_hw.search.proposals`), scores them, foretells what the promising cost on every shape,
and runs the few that may enlarge the front. Any other search weighs accuracy against the energy of
the multiplications, as is usual; what it ran is then foretold on every shape.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.assignment.storage import to_json
from hawx_hw.scores.predictor import AccuracyPredictor
from hawx_hw.search import foresight
from hawx_hw.search.algorithms import algorithm
from hawx_hw.search.algorithms.hawx import screened
from hawx_hw.search.design_cost import FIGURES, DesignCost, Shape
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.front import fronts, hypervolume
from hawx_hw.search.oracle import space_key
from hawx_hw.search.problem import Problem, Scores
from hawx_hw.search.promising import run_promising
from hawx_hw.search.proposals import proposals, uniforms
from hawx_hw.search.result import Found, SearchResult, without_exact
from hawx_hw.search.screening import Screening

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["Candidates", "search_designs", "with_predictions"]

#: Told how much of how much is done.
#: Assignments whose designs are foretold, at most, which takes 0.1 s each and shape: of each kind
#: of proposals, and of best sums by layer and by unit, which rarely suit a shared array.
_FORETOLD, _SUMS = 64, 12
#: Fronts of scores and energies of multiplications that are looked at.
_LAYERS = 4
#: Scores beyond so many times the points that count as useless are not looked at.
_HOPELESS = 3.0
#: Points below which losses are all alike, and a score that is next to nothing.
_POINTS, _LEAST = 0.1, 1e-9
#: Evaluations that an accuracy is foreseen from, at least.
_FITTED = 4
#: Evaluations that a curve is fitted to, at most.
_MOST = 200
#: Standard deviations that 90 % lie within.
_DEVIATIONS = 1.645


@dataclass(frozen=True)
class Candidates:
    """What was looked at without being run: a prediction for the plot.

    Parameters
    ----------
    lost : ndarray of float64
        ``(n,)``: points of accuracy, predicted.
    cost : ndarray of float64
        ``(n,)``: the objective.
    """

    lost: np.ndarray
    cost: np.ndarray


def search_designs(
    name: str,
    problem: Problem,
    designs: DesignCost,
    shapes: list[Shape],
    *,
    progress: Progress | None = None,
) -> tuple[SearchResult, Candidates]:
    """Search, and put together the front of designs.

    Parameters
    ----------
    name : str
        One of :data:`hawx_hw.search.algorithms.ALGORITHMS`.
    problem : Problem
        For ``hawx`` its evaluator's cost must be ``designs``. Its scores are needed by ``hawx``.
    designs : DesignCost
    shapes : list of Shape
        Those of ``designs``.
    progress : callable or None
        Told of designs that are foretold, and how many there are.

    Returns
    -------
    (SearchResult, Candidates)
        The front holds every design that no other is as good as in points lost and all
        :data:`~hawx_hw.search.design_cost.FIGURES`; the hypervolume is that of points lost and the
        objective.
    """
    start = time.perf_counter()
    evaluator, scores = problem.evaluator, problem.scores
    vectors = np.empty((0, problem.space.units), dtype=np.int64)
    try:
        # What a search must beat: one block everywhere.
        evaluator.evaluate(uniforms(problem.space))
        if name == "hawx":
            if scores is None:
                raise ValueError("hawx needs scores: profile the network first")
            if evaluator.left == 0:
                raise OutOfBudgetError
            vectors, points = _looked_at(problem, scores, designs, shapes, progress)
            if problem.screening is not None and evaluator.left != 1:
                vectors, points = screened(
                    problem, problem.screening, _doubted(problem.screening, vectors, points)
                )
            run_promising(evaluator, vectors, points, problem.reference, least=0.0)
        else:
            algorithm(name)(problem)
    except OutOfBudgetError:
        pass
    finally:
        evaluator.save()
    found = _foretold(problem, designs, progress)
    front = [found[index] for index in _nondominated(found)]
    front.sort(key=lambda each: (each.lost, each.cost[designs.objective]))
    alike = sorted(
        (each for each in found if len(set(each.vector)) == 1),
        key=lambda each: (each.vector[0], each.cost[designs.objective]),
    )
    points = np.array([(each.lost, each.cost[designs.objective]) for each in found])
    # Of designs, whatever the search weighed.
    exact = designs(problem.space.uniform(0)[None])[designs.objective]
    reference = (problem.reference[0], float(exact[0]))
    result = SearchResult(
        algorithm=name,
        seed=problem.seed,
        space=space_key(problem.space),
        objective=designs.objective,
        images=evaluator.images,
        exact_accuracy=evaluator.exact,
        evaluations=evaluator.evaluations,
        evaluation_seconds=evaluator.seconds,
        seconds=time.perf_counter() - start,
        reference=reference,
        screening=problem.screening.told if problem.screening else {},
        hypervolume=hypervolume(points, reference),
        front=with_predictions(tuple(front), problem),
        uniform=tuple({each.vector[0]: each for each in reversed(alike)}.values())[::-1],
    )
    return result, _candidates(problem, designs, vectors)


def with_predictions(front: tuple[Found, ...], problem: Problem) -> tuple[Found, ...]:
    """The front with the accuracies that scores and all *other* evaluations foresee.

    Parameters
    ----------
    front : tuple of Found
    problem : Problem
        Where its front was found; without scores nothing is foreseen.
    """
    evaluator, known = problem.evaluator, problem.evaluator.vectors
    if problem.scores is None or len(known) < _FITTED:
        return front
    scores, accuracies = (
        problem.scores.predict(known),
        evaluator.exact - evaluator.points[:, 0] / 100,
    )
    told = []
    for found in front:
        (own,) = np.flatnonzero((known == np.array(found.vector)).all(axis=1))
        others = _thinned(scores, np.delete(np.arange(len(known)), own))
        predictor = AccuracyPredictor(
            evaluator.exact, scores[others].tolist(), accuracies[others].tolist()
        )
        value, _ = predictor.predict(scores[[own]])
        low, high = predictor.interval(scores[[own]], deviations=_DEVIATIONS)
        predicted = {"value": float(value[0]), "low": float(low[0]), "high": float(high[0])}
        told.append(replace(found, predicted_accuracy=predicted))
    return tuple(told)


def _thinned(scores: np.ndarray, rows: np.ndarray) -> np.ndarray:
    """Some of very many runs, evenly spaced by score: a curve needs no more."""
    rows = rows[np.argsort(scores[rows], kind="stable")]
    kept = np.unique(np.linspace(0, len(rows) - 1, min(len(rows), _MOST)).astype(np.int64))
    return np.sort(rows[kept])


def _looked_at(
    problem: Problem,
    scores: Scores,
    designs: DesignCost,
    shapes: list[Shape],
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Proposals near the front of scores and energies; their scores and objectives ``(n, 2)``."""
    space, costs = problem.space, designs.table
    kinds = proposals(space, scores.table, costs, [columns for _, columns in shapes])
    kept, told = [], []
    for number, vectors in enumerate(kinds):
        expected = _corrected(problem, scores, vectors)
        energy = costs[np.arange(space.units), vectors].sum(axis=1)
        # What array a kind needs is the same, or much so: energies of multiplications tell.
        rank = fronts(np.stack([expected, energy], axis=1), _LAYERS)
        rank[expected > _HOPELESS * problem.reference[0]] = _LAYERS
        order = np.argsort(rank, kind="stable")[: _SUMS if number >= len(kinds) - 2 else _FORETOLD]
        order = order[rank[order] < _LAYERS]
        kept.append(vectors[order])
        told.append(expected[order])
    vectors, expected = np.concatenate(kept), np.concatenate(told)
    objective = _told(designs, vectors, progress)
    possible = np.isfinite(objective)
    return vectors[possible], np.stack([expected[possible], objective[possible]], axis=1)


def _corrected(problem: Problem, scores: Scores, vectors: np.ndarray) -> np.ndarray:
    """Scores of vectors, less by what they overstate of the same blocks everywhere.

    What the first order overstates of one block everywhere, which was run, it overstates of
    mixtures: by as many orders of magnitude, weighted by what each block adds to the score.
    """
    alike = uniforms(problem.space)
    alike = alike[: len(problem.evaluator.vectors)]
    lost = problem.evaluator.evaluate(alike)[:, 0]
    factor = np.zeros(len(problem.space.blocks))
    told = np.maximum(scores.predict(alike), 0) + _POINTS
    factor[: len(alike)] = np.log((np.maximum(lost, 0) + _POINTS) / told)
    added = np.maximum(scores.table[np.arange(problem.space.units), vectors], 0) + _LEAST
    share = np.stack(
        [np.where(vectors == block, added, 0).sum(axis=1) for block in range(len(factor))], axis=1
    )
    share /= share.sum(axis=1, keepdims=True)
    found: np.ndarray = scores.predict(vectors) * np.exp(share @ factor)
    return found


def _doubted(screening: Screening, vectors: np.ndarray, points: np.ndarray) -> foresight.Candidates:
    """Candidates of corrected scores: half of a score may be wrong, beside what chance does."""
    told = foresight.foreseen(screening.scores, vectors, points[:, 1])
    return replace(told, lost=points[:, 0], spread=np.hypot(told.spread, points[:, 0] / 2))


def _told(designs: DesignCost, vectors: np.ndarray, progress: Progress | None) -> np.ndarray:
    """The objective of vectors, each on its best shape: float64 ``(n,)``."""
    found = np.empty(len(vectors))
    for index, vector in enumerate(vectors):
        found[index] = designs(vector[None])[designs.objective][0]
        if progress:
            progress(index + 1, len(vectors))
    return found


def _foretold(problem: Problem, designs: DesignCost, progress: Progress | None) -> list[Found]:
    """Every design of what was run; of very many runs those near the front of energies."""
    space, evaluator = problem.space, problem.evaluator
    vectors, lost = evaluator.vectors, evaluator.points[:, 0]
    energy = designs.table[np.arange(space.units), vectors].sum(axis=1)
    rank = fronts(np.stack([lost, energy], axis=1), _LAYERS)
    # Those of one block everywhere, which were run first.
    rank[: len(space.blocks)] = -1
    order = np.sort(np.argsort(rank, kind="stable")[: 2 * _FORETOLD])
    _told(designs, vectors[order], progress)
    return [
        Found(
            vector=tuple(vectors[index].tolist()),
            accuracy=float(evaluator.exact - lost[index] / 100),
            lost=float(lost[index]),
            cost=dict(figures),
            assignment=to_json(without_exact(space.assignment(vectors[index]))),
            shape={"rows": rows, "columns": columns},
        )
        for index in order.tolist()
        for (rows, columns), figures in designs.options(vectors[index]).items()
    ]


def _nondominated(found: list[Found]) -> list[int]:
    """Indices of those that no other is as good as in everything; of equals the first."""
    points = np.array([(each.lost, *(each.cost[name] for name in FIGURES)) for each in found])
    kept = []
    for index, point in enumerate(points):
        as_good = (points <= point).all(axis=1)
        better = as_good & (points < point).any(axis=1)
        equal = as_good & ~better
        if not better.any() and not equal[:index].any():
            kept.append(index)
    return kept


def _candidates(problem: Problem, designs: DesignCost, vectors: np.ndarray) -> Candidates:
    """What was looked at and not run, with the accuracy that all runs foresee."""
    evaluator, scores = problem.evaluator, problem.scores
    known = evaluator.vectors
    ran = {vector.tobytes() for vector in known}
    left = np.array([vector.tobytes() not in ran for vector in vectors], dtype=bool)
    if scores is None or not left.any() or len(known) < _FITTED:
        return Candidates(np.empty(0), np.empty(0))
    accuracies = evaluator.exact - evaluator.points[:, 0] / 100
    told = scores.predict(known)
    some = _thinned(told, np.arange(len(known)))
    predictor = AccuracyPredictor(evaluator.exact, told[some].tolist(), accuracies[some].tolist())
    value, _ = predictor.predict(scores.predict(vectors[left]))
    lost = 100 * (evaluator.exact - value)
    return Candidates(lost, designs(vectors[left])[designs.objective])
