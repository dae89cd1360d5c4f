"""The design of a constraint, chosen as ``hawx pick`` does.

Designs are fixed by the images of the search. They then run on images that select, and the bound
(:mod:`hawx_hw.search.pick`) decides. Images that report choose nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from resnet20_runs import Runs

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.search.bound import Paired, upper_drop
from hawx_hw.search.differences import Differences
from hawx_hw.search.pick import CONFIDENCE, Choice, choose
from hawx_hw.search.result import DesignPoint, SearchResult, stored_assignment
from hawx_hw.search.selection import selected_front

__all__ = [
    "CONSTRAINTS",
    "Chosen",
    "Point",
    "by_bound",
    "by_own_bound",
    "interval",
    "judge",
    "upper",
]

#: The largest accuracy drops, in percentage points, that designs are chosen for.
CONSTRAINTS = (0.25, 0.5, 1.0, 2.0)
_OBJECTIVE = "energy_pj"


@dataclass(frozen=True, eq=False)
class Point:
    """An assignment that the search evaluated.

    Parameters
    ----------
    vector : tuple of int
    assignment : Assignment
    energy_pj : float
        Of the multiplications of an image.
    saved : float
        Share of the exact network's energy.
    search : Paired
        Outcomes on the images of the search.
    mix : tuple of (str, float)
        Share of each block in the searched multiplications.
    target : float or None
        The share of the energy that it was asked to save.
    """

    vector: tuple[int, ...]
    assignment: Assignment
    energy_pj: float
    saved: float
    search: Paired
    mix: tuple[tuple[str, float], ...] = ()
    target: float | None = None


@dataclass(frozen=True)
class Chosen:
    """What the bound chooses for a constraint.

    Parameters
    ----------
    vector : tuple of int
    saved : float
        0 for the exact network.
    choice : Choice
    report : Paired or None
        Outcomes on the images that report; None for the exact network.
    """

    vector: tuple[int, ...]
    saved: float
    choice: Choice
    report: Paired | None = None


def judge(points: Sequence[Point], runs: Runs, exact: float) -> SearchResult | None:
    """A search's result with the outcomes of some points on the images that select.

    Parameters
    ----------
    points : sequence of Point
        Fixed by the images of the search.
    runs : Runs
        With parts ``search``, ``select`` and ``report``; the points run on the last, too.
    exact : float
        Energy of the exact network, in pJ.

    Returns
    -------
    SearchResult or None
        The exact network is among its designs. None where a point has not run yet.
    """
    for point in points:
        if None in (runs.paired(point.assignment, part) for part in ("select", "report")):
            return None
    images = runs.images("search")
    right = runs.right({}, "search")
    assert right is not None
    accuracy = float(right.mean())
    units = len(points[0].vector) if points else 1
    designs = [DesignPoint((0,) * units, accuracy, 0.0, {_OBJECTIVE: exact}, _stored({}))]
    designs += [
        DesignPoint(
            point.vector,
            accuracy - point.search.drop / 100,
            point.search.drop,
            {_OBJECTIVE: point.energy_pj},
            _stored(point.assignment),
        )
        for point in points
    ]
    result = SearchResult(
        algorithm="lagrange",
        seed=0,
        space="",
        blocks=(),
        objective=_OBJECTIVE,
        images=images,
        exact_accuracy=accuracy,
        evaluations=len(points),
        evaluation_seconds=0.0,
        seconds=0.0,
        reference=(0.0, 0.0),
        hypervolume=0.0,
        front=tuple(designs),
    )
    assignments = {point.vector: point.assignment for point in points}
    return selected_front(result, _Selecting(runs, assignments))


def by_bound(result: SearchResult, points: Sequence[Point], most: float, runs: Runs) -> Chosen:
    """What the bound chooses for a drop of at most ``most`` percentage points."""
    choice = choose(result, most, {}, CONFIDENCE)
    for point in points:
        if point.vector == choice.point.vector and not choice.point.exact:
            report = runs.paired(point.assignment, "report")
            return Chosen(point.vector, point.saved, choice, report)
    return Chosen(choice.point.vector, 0.0, choice)


def by_own_bound(points: Sequence[Point], most: float, runs: Runs) -> Point | None:
    """The cheapest point that would keep ``most`` on images that select if it were the only one.

    It is one of several, so that this claims nothing: the images that report do, of this point
    alone.
    """
    remaining = []
    for point in points:
        paired = runs.paired(point.assignment, "select")
        if paired is not None and upper(paired) <= most:
            remaining.append(point)
    return max(remaining, key=lambda point: point.saved, default=None)


def upper(paired: Paired) -> float:
    """The one-sided 95 % bound of a drop, in percentage points."""
    return upper_drop(paired, 1 - CONFIDENCE)


def interval(paired: Paired) -> tuple[float, float]:
    """The exact 95 % interval of a drop, in percentage points: 2.5 % on either side."""
    error = (1 - CONFIDENCE) / 2
    turned = Paired(paired.images, paired.gained, paired.lost)
    return -upper_drop(turned, error), upper_drop(paired, error)


def _stored(assignment: Assignment) -> dict[str, object]:
    return stored_assignment(assignment)


@dataclass(frozen=True, eq=False)
class _Selecting:
    """The images that select, of assignments that ran on them; others are the exact network."""

    runs: Runs
    assignments: dict[tuple[int, ...], Assignment]

    def differences(
        self, vectors: np.ndarray, progress: Callable[[int, int], None] | None = None
    ) -> Differences:
        """See :class:`~hawx_hw.search.oracle.EmulatedOracle`."""
        rows = [
            self.runs.right(self.assignments.get(tuple(vector), {}), "select")
            for vector in vectors.tolist()
        ]
        exact = self.runs.right({}, "select")
        assert exact is not None
        return Differences.of(exact, np.array(rows, dtype=bool))
