"""What a search found, and search.json."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.assignment.storage import to_json
from hawx_hw.blocks.assignment import Assignment
from hawx_hw.emulation.products import EXACT
from hawx_hw.errors import UserError
from hawx_hw.search.algorithms import algorithm
from hawx_hw.search.evaluator import OutOfBudgetError
from hawx_hw.search.front import hypervolume, pareto
from hawx_hw.search.oracle import space_key
from hawx_hw.search.problem import Problem
from hawx_hw.util.files import write_json

__all__ = [
    "SCHEMA",
    "Found",
    "SearchResult",
    "load_result",
    "points_of",
    "run_search",
    "save_result",
    "without_exact",
]

SCHEMA = 2


@dataclass(frozen=True)
class Found:
    """A point of a front.

    Parameters
    ----------
    vector : tuple of int
    accuracy : float
        In [0, 1], on the images of the evaluations.
    lost : float
        Points of accuracy, against the exact network.
    cost : mapping of str to float
        All figures of the cost.
    assignment : mapping
        See :func:`hawx_hw.assignment.to_json`.
    shape : mapping of str to int
        ``rows`` and ``columns`` of the array; empty where only multipliers were looked at.
    predicted_accuracy : mapping of str to float or None
        What the scores and the other evaluations foresaw: ``value``, ``low`` and ``high``, within
        two standard deviations; None where there are no scores, or too few others.
    test_accuracy : float or None
        On test images, which no search looks at.
    """

    vector: tuple[int, ...]
    accuracy: float
    lost: float
    cost: Mapping[str, float]
    assignment: Mapping[str, Any]
    shape: Mapping[str, int] = field(default_factory=dict)
    predicted_accuracy: Mapping[str, float] | None = None
    test_accuracy: float | None = None


@dataclass(frozen=True)
class SearchResult:
    """What a search found.

    Parameters
    ----------
    algorithm : str
    seed : int
    space : str
        Hash of the space.
    objective : str
        The figure of the cost that was weighed against accuracy.
    images : int
        Of an evaluation.
    exact_accuracy : float
    evaluations : int
        Distinct assignments that were run.
    evaluation_seconds, seconds : float
        Time of the evaluations (those of an interrupted run included), and of this run in all.
    reference : tuple of float
        Points lost and cost that the hypervolume is measured from.
    hypervolume : float
        Points times the objective's unit.
    front : tuple of Found
        In ascending order of points lost.
    uniform : tuple of Found
        One block everywhere, as far as they were run, each on its best shape: what a search must
        beat.
    screening : mapping of str to float
        ``assignments`` that were run on so many ``images`` before the evaluations, what that is
        ``worth`` in evaluations, and ``seconds``; empty where nothing was screened.
    """

    algorithm: str
    seed: int
    space: str
    objective: str
    images: int
    exact_accuracy: float
    evaluations: int
    evaluation_seconds: float
    seconds: float
    reference: tuple[float, float]
    hypervolume: float
    front: tuple[Found, ...]
    uniform: tuple[Found, ...] = ()
    screening: Mapping[str, float] = field(default_factory=dict)


def run_search(name: str, problem: Problem) -> SearchResult:
    """Search until the algorithm is done or the budget is used up; the evaluator's state is kept.

    Parameters
    ----------
    name : str
        One of :data:`hawx_hw.search.algorithms.ALGORITHMS`.
    problem : Problem
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

    def found(rows: np.ndarray) -> tuple[Found, ...]:
        costs = evaluator.cost(vectors[rows])
        return tuple(
            Found(
                vector=tuple(vectors[index].tolist()),
                accuracy=float(evaluator.exact - points[index, 0] / 100),
                lost=float(points[index, 0]),
                cost={key: float(values[row]) for key, values in costs.items()},
                assignment=to_json(without_exact(problem.space.assignment(vectors[index]))),
            )
            for row, index in enumerate(rows)
        )

    alike = np.flatnonzero((vectors == vectors[:, :1]).all(axis=1))
    return SearchResult(
        algorithm=name,
        seed=problem.seed,
        space=space_key(problem.space),
        objective=evaluator.cost.objective,
        images=evaluator.images,
        exact_accuracy=evaluator.exact,
        evaluations=evaluator.evaluations,
        evaluation_seconds=evaluator.seconds,
        seconds=time.perf_counter() - start,
        reference=problem.reference,
        hypervolume=hypervolume(points, problem.reference),
        front=found(pareto(points)),
        uniform=found(alike[np.argsort(vectors[alike, 0], kind="stable")]),
        screening=problem.screening.told if problem.screening else {},
    )


def without_exact(assignment: Assignment) -> Assignment:
    """The assignment; layers that are all exact are left out, as everywhere in files."""
    return {
        name: layer
        for name, layer in assignment.items()
        if any(block.digest != EXACT.digest for block in layer.blocks)
    }


def save_result(result: SearchResult, path: Path, **more: Any) -> None:
    """Write search.json; ``more`` is what the writer adds, such as versions of tools."""
    write_json(path, {**more, **asdict(result), "schema": SCHEMA})


def load_result(path: Path) -> SearchResult:
    """Read what :func:`save_result` wrote.

    Raises
    ------
    UserError
        The file is missing, damaged or of another version.
    """
    hint = "Search again."
    try:
        content = json.loads(path.read_text("utf-8"))
        if content["schema"] != SCHEMA:
            raise UserError(
                f"The search is of schema {content['schema']!r}; this program reads {SCHEMA}",
                where=str(path),
                hint=hint,
            )
        names = {name: content[name] for name in SearchResult.__dataclass_fields__}
        for key in ("front", "uniform"):
            names[key] = tuple(
                Found(**{**point, "vector": tuple(point["vector"])}) for point in content[key]
            )
        return SearchResult(**{**names, "reference": tuple(content["reference"])})
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise UserError(
            f"The search cannot be read: {error}", where=str(path), hint=hint
        ) from error


def points_of(result: SearchResult) -> np.ndarray:
    """Points lost and the objective of a front: float64 ``(n, 2)``."""
    return np.array([(p.lost, p.cost[result.objective]) for p in result.front]).reshape(-1, 2)
