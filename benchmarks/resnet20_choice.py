"""The design of a constraint, chosen as ``hawx pick`` does, and by the search's images alone.

A front is fixed by the images of the search. Its designs then run on images that select, and the
bound (:mod:`hawx_hw.search.pick`) decides. Test images report.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from resnet20_runs import Runs

from hawx_hw.blocks.assignment import Assignment
from hawx_hw.search.bound import Paired, upper_drop
from hawx_hw.search.differences import Differences
from hawx_hw.search.pareto import pareto
from hawx_hw.search.pick import CONFIDENCE, Choice, choose
from hawx_hw.search.result import DesignPoint, SearchResult, stored_assignment
from hawx_hw.search.selection import selected_front

__all__ = ["CONSTRAINTS", "Chosen", "Point", "by_bound", "by_search", "front", "interval", "judge"]

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
    """

    vector: tuple[int, ...]
    assignment: Assignment
    energy_pj: float
    saved: float
    search: Paired
    mix: tuple[tuple[str, float], ...] = ()


@dataclass(frozen=True)
class Chosen:
    """What a rule chooses for a constraint.

    Parameters
    ----------
    vector : tuple of int
    saved : float
        0 for the exact network.
    search, test : Paired or None
        Outcomes; None for the exact network.
    choice : Choice or None
        By the bound; None where the rule is another.
    select : Paired or None
        Outcomes; None where it did not run, or where ``choice`` has them.
    """

    vector: tuple[int, ...]
    saved: float
    search: Paired | None
    test: Paired | None
    choice: Choice | None = None
    select: Paired | None = None


def front(points: Sequence[Point], most: float) -> list[Point]:
    """Points that no other beats in energy and drop on the search's images, in this order.

    ``most`` is the largest drop on these images, in percentage points.
    """
    some = [point for point in points if point.search.drop <= most]
    if not some:
        return []
    values = np.array([[point.energy_pj, point.search.drop] for point in some])
    return [some[index] for index in sorted(pareto(values), key=lambda i: some[i].saved)]


def judge(points: Sequence[Point], runs: Runs, exact: float) -> SearchResult | None:
    """A search's result with the outcomes of some points on the images that select.

    Parameters
    ----------
    points : sequence of Point
        Fixed by the images of the search.
    runs : Runs
        With parts ``search``, ``select`` and ``test``; the points run on the test images, too.
    exact : float
        Energy of the exact network, in pJ.

    Returns
    -------
    SearchResult or None
        The exact network is among its designs. None where a point has not run yet.
    """
    for point in points:
        if None in (runs.paired(point.assignment, part) for part in ("select", "test")):
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
            test = runs.paired(point.assignment, "test")
            return Chosen(point.vector, point.saved, point.search, test, choice)
    return Chosen(choice.point.vector, 0.0, None, None, choice)


def by_search(points: Sequence[Point], most: float, runs: Runs) -> Chosen | None:
    """The largest saving within ``most`` percentage points on the images of the search."""
    good = [point for point in points if point.search.drop <= most]
    if not good:
        return None
    best = max(good, key=lambda point: point.saved)
    select, test = (runs.paired(best.assignment, part) for part in ("select", "test"))
    return Chosen(best.vector, best.saved, best.search, test, select=select)


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
