"""The search of whole designs: assignments and accelerators together.

``hawx`` scores assignments that suit the hardware (:mod:`~hawx_hw.search.proposals`), predicts what
the promising ones cost on every accelerator, and evaluates the few that may enlarge the front. Any
other search weighs accuracy against the energy of the multiplications, as is usual; the designs of
what it evaluated are then predicted on every accelerator.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.architectures.config import AcceleratorConfig
from hawx_hw.search.accuracy import accuracy_curve, predicted_points, with_predictions
from hawx_hw.search.algorithms import algorithm
from hawx_hw.search.algorithms.hawx import low_fidelity_points
from hawx_hw.search.candidates import Candidates, predicted
from hawx_hw.search.design_cost import DesignCost
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.expected_improvement import evaluate_promising
from hawx_hw.search.front import front_of, near_front
from hawx_hw.search.low_fidelity import LowFidelity
from hawx_hw.search.oracle import space_key
from hawx_hw.search.pareto import fronts, hypervolume
from hawx_hw.search.problem import Problem, Scores
from hawx_hw.search.proposals import proposals, uniforms
from hawx_hw.search.result import DesignPoint, SearchResult, stored_assignment
from hawx_hw.search.smoothing import smoothed_drops

if TYPE_CHECKING:
    from hawx_hw.util.progress import Progress

__all__ = ["search_designs"]


def search_designs(
    name: str,
    problem: Problem,
    designs: DesignCost,
    accelerators: Sequence[AcceleratorConfig],
    *,
    progress: Progress | None = None,
) -> SearchResult:
    """Search, and put together the front of designs.

    Parameters
    ----------
    name : str
        One of :data:`hawx_hw.search.algorithms.ALGORITHMS`.
    problem : Problem
        For ``hawx`` its evaluator's cost must be ``designs``. Its scores are needed by ``hawx``.
    designs : DesignCost
    accelerators : sequence of AcceleratorConfig
        Those of ``designs``.
    progress : callable or None
        Called with the designs that were predicted and how many there are.

    Returns
    -------
    SearchResult
        The front holds every design that no other is as good as in accuracy drop and all
        :data:`~hawx_hw.search.design_cost.METRICS`; the hypervolume is that of accuracy drop and
        objective.

    Raises
    ------
    ValueError
        ``hawx`` has no scores.
    """
    start = time.perf_counter()
    evaluator = problem.evaluator
    looked_at = np.empty((0, problem.space.units), dtype=np.int64)
    try:
        # What a search must beat: one block everywhere.
        evaluator.evaluate(uniforms(problem.space))
        if name == "hawx":
            looked_at, points = _candidates(problem, designs, accelerators, progress)
            evaluate_promising(
                evaluator, looked_at, points, problem.reference, problem.tuning, least=0.0
            )
        else:
            algorithm(name)(problem)
    except OutOfBudgetError:
        pass
    finally:
        evaluator.save()
    every = _evaluated(problem, designs, progress)
    points = np.array([(p.accuracy_drop, p.metrics[designs.objective]) for p in every])
    known = zip(evaluator.vectors.tolist(), smoothed_drops(evaluator, problem.tuning), strict=True)
    drops = {tuple(vector): float(drop) for vector, drop in known}
    front = front_of(every, designs.objective, lambda point: drops[point.vector])
    near = near_front(every, front, evaluator.images, problem.tuning)
    # Of designs, whatever the search weighed.
    exact = designs(problem.space.uniform(0)[None])[designs.objective]
    reference = (problem.reference[0], float(exact[0]))
    return SearchResult(
        algorithm=name,
        seed=problem.seed,
        space=space_key(problem.space),
        blocks=tuple(block.name for block in problem.space.blocks),
        objective=designs.objective,
        images=evaluator.images,
        exact_accuracy=evaluator.exact,
        evaluations=evaluator.evaluations,
        evaluation_seconds=evaluator.seconds,
        seconds=time.perf_counter() - start,
        reference=reference,
        hypervolume=hypervolume(points, reference),
        front=with_predictions(front, problem),
        behind=with_predictions(near, problem),
        uniform=_uniform(every, designs.objective),
        accelerators=tuple(map(_without_clock, accelerators)),
        low_fidelity=evaluator.low_fidelity,
        predicted=predicted_points(problem, looked_at),
        accuracy_curve=accuracy_curve(problem),
    )


def _candidates(
    problem: Problem,
    designs: DesignCost,
    accelerators: Sequence[AcceleratorConfig],
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Assignments that may enlarge the front, and their scores and objectives ``(n, 2)``."""
    if problem.scores is None:
        raise ValueError("hawx needs scores: profile the network first")
    if problem.evaluator.left == 0:
        raise OutOfBudgetError
    vectors, points = _proposed(problem, problem.scores, designs, accelerators, progress)
    low_fidelity = problem.low_fidelity
    if low_fidelity is None or problem.evaluator.left == 1:
        return vectors, points
    candidates = _corrected_candidates(problem, low_fidelity, vectors, points)
    return low_fidelity_points(problem, low_fidelity, candidates)


def _proposed(
    problem: Problem,
    scores: Scores,
    designs: DesignCost,
    accelerators: Sequence[AcceleratorConfig],
    progress: Progress | None,
) -> tuple[np.ndarray, np.ndarray]:
    """Proposals near the front of scores and energies; their scores and objectives ``(n, 2)``."""
    space, costs, tuning = problem.space, designs.table, problem.tuning
    chosen, expected = [], []
    for kind in proposals(space, scores.table, costs, accelerators):
        drops = _corrected(problem, scores, kind.vectors)
        energy = costs[np.arange(space.units), kind.vectors].sum(axis=1)
        # The hardware that a kind needs is the same, or nearly so: energies of multiplications
        # distinguish its assignments.
        rank = fronts(np.stack([drops, energy], axis=1), tuning.fronts)
        rank[drops > tuning.hopeless * problem.reference[0]] = tuning.fronts
        most = tuning.predicted_sums if kind.sums else tuning.predicted_designs
        order = np.argsort(rank, kind="stable")[:most]
        order = order[rank[order] < tuning.fronts]
        chosen.append(kind.vectors[order])
        expected.append(drops[order])
    vectors, drops = np.concatenate(chosen), np.concatenate(expected)
    objectives = _objectives(designs, vectors, progress)
    possible = np.isfinite(objectives)
    return vectors[possible], np.stack([drops[possible], objectives[possible]], axis=1)


def _corrected(problem: Problem, scores: Scores, vectors: np.ndarray) -> np.ndarray:
    """Scores of vectors, less by what they overstate of the same blocks everywhere.

    What the first order overstates of one block everywhere, which was evaluated, it overstates of
    mixtures: by as many orders of magnitude, weighted by what each block adds to the score.
    """
    tuning = problem.tuning
    alike = uniforms(problem.space)
    alike = alike[: len(problem.evaluator.vectors)]
    drops = problem.evaluator.expect(alike)
    factor = np.zeros(len(problem.space.blocks))
    expected = np.maximum(scores.predict(alike), 0) + tuning.small_drop
    factor[: len(alike)] = np.log((np.maximum(drops, 0) + tuning.small_drop) / expected)
    added = np.maximum(scores.table[np.arange(problem.space.units), vectors], 0)
    added += tuning.least_score
    share = np.stack(
        [np.where(vectors == block, added, 0).sum(axis=1) for block in range(len(factor))], axis=1
    )
    share /= share.sum(axis=1, keepdims=True)
    corrected: np.ndarray = scores.predict(vectors) * np.exp(share @ factor)
    return corrected


def _corrected_candidates(
    problem: Problem, low_fidelity: LowFidelity, vectors: np.ndarray, points: np.ndarray
) -> Candidates:
    """Candidates of corrected scores, which may be wrong beside what chance does."""
    tuning, drops = problem.tuning, points[:, 0]
    candidates = predicted(low_fidelity.scores, vectors, points[:, 1], tuning)
    deviations = np.hypot(candidates.deviations, drops * tuning.corrected_share)
    return replace(candidates, drops=drops, deviations=deviations)


def _objectives(designs: DesignCost, vectors: np.ndarray, progress: Progress | None) -> np.ndarray:
    """The objective of vectors, each on its best accelerator: float64 ``(n,)``."""
    objectives = np.empty(len(vectors))
    for index, vector in enumerate(vectors):
        objectives[index] = designs(vector[None])[designs.objective][0]
        if progress:
            progress(index + 1, len(vectors))
    return objectives


def _evaluated(
    problem: Problem, designs: DesignCost, progress: Progress | None
) -> list[DesignPoint]:
    """Every design of what was evaluated; of very many those near the front of energies."""
    space, evaluator, tuning = problem.space, problem.evaluator, problem.tuning
    vectors, drops = evaluator.vectors, evaluator.points[:, 0]
    energy = designs.table[np.arange(space.units), vectors].sum(axis=1)
    rank = fronts(np.stack([drops, energy], axis=1), tuning.fronts)
    # Those of one block everywhere, which were evaluated first.
    rank[: len(space.blocks)] = -1
    order = np.sort(np.argsort(rank, kind="stable")[: 2 * tuning.predicted_designs])
    _objectives(designs, vectors[order], progress)
    return [
        DesignPoint(
            vector=tuple(vectors[index].tolist()),
            accuracy=float(evaluator.exact - drops[index] / 100),
            accuracy_drop=float(drops[index]),
            metrics=dict(metrics),
            assignment=stored_assignment(space.assignment(vectors[index])),
            accelerator=accelerator,
        )
        for index in order.tolist()
        for accelerator, metrics in designs.options(vectors[index]).items()
    ]


def _uniform(points: Sequence[DesignPoint], objective: str) -> tuple[DesignPoint, ...]:
    """One block everywhere, each on its best accelerator, in the order of the blocks."""
    best: dict[int, DesignPoint] = {}
    for point in sorted(points, key=lambda point: point.metrics[objective]):
        if len(set(point.vector)) == 1:
            best.setdefault(point.vector[0], point)
    return tuple(best[block] for block in sorted(best))


def _without_clock(accelerator: AcceleratorConfig) -> AcceleratorConfig:
    """What the Verilog depends on: what search.json holds, and a design is built of."""
    return type(accelerator).model_validate(accelerator.hardware())
