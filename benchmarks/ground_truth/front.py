"""The front of millions of assignments on many images, most of which no assignment needs.

The images are ordered: first all that the exact network gets wrong, then those that random
assignments lose most often. On the remaining images the exact network is right, and so nothing can
be gained there: what an assignment loses on the first of them, less what it gains, is a lower bound
of what it loses on all. An assignment is left out as soon as another that was counted on all images
costs no more and loses no more than that bound, or where the bound is beyond the reference point.
No assignment of the front is ever left out, whatever the images are: only the time depends on their
order.
"""

from __future__ import annotations

import io
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from ground_truth.exhaustive import read_arrays
from ground_truth.filters import FilterGroundTruth

from hawx_hw.assignment.space import Space
from hawx_hw.errors import UserError
from hawx_hw.search.cost import Cost
from hawx_hw.search.oracle import space_key
from hawx_hw.search.pareto import fronts, pareto
from hawx_hw.util.files import write_bytes

__all__ = ["FrontGroundTruth", "find_front", "load_front", "save_front"]

SCHEMA = 1
#: Images after which assignments are left out, as shares of all.
_STAGES = (0.01, 0.03, 0.1, 0.3)
#: Random assignments that show which images are often lost.
_SAMPLES = 32
#: Assignments near the front of bounds that are counted on all images after each stage: of so many
#: fronts, at most so many, and at most this share of all.
_FRONTS, _MOST, _SHARE = 3, 400, 0.02
_PART = 2**16


@dataclass(frozen=True, eq=False)
class FrontGroundTruth:
    """All assignments that may be on the front, counted on all images.

    Parameters
    ----------
    space : Space
    key : str
        That of the oracle that the counts are of.
    images, exact : int
        Number of images, and how many are right in the exact network.
    numbers : ndarray of int64
        ``(n,)``, ascending: assignments (:meth:`Space.vectors`) that were counted on all images.
    right : ndarray of int64
        ``(n,)``: their images that are right.
    evaluated : float
        Assignments times images that were computed, as a share of all.
    seconds : float
        Of one processor.
    """

    space: Space
    key: str
    images: int
    exact: int
    numbers: np.ndarray
    right: np.ndarray
    evaluated: float
    seconds: float

    def front(self, cost: Cost) -> tuple[np.ndarray, np.ndarray]:
        """The front below the reference point: numbers int64 ``(n,)``, and points ``(n, 2)``."""
        costs = cost(self.space.vectors(self.numbers))[cost.objective]
        drops = 100 * (self.exact - self.right.astype(np.float64)) / self.images
        points = np.stack([drops, costs], axis=1)
        front = pareto(points)
        return self.numbers[front], points[front]


def find_front(
    filters: FilterGroundTruth,
    cost: Cost,
    most: float,
    *,
    stages: tuple[float, ...] = _STAGES,
    progress: Callable[[str], None] | None = None,
) -> FrontGroundTruth:
    """Find the front of all assignments below an accuracy drop.

    Parameters
    ----------
    filters : FilterGroundTruth
    cost : Cost
    most : float
        The accuracy drop, in percentage points: the front is whole below it.
    stages : tuple of float
        Shares of the images after which assignments are left out, ascending, in (0, 1).
    progress : callable or None
        Called with a line after each stage.
    """
    return _Search(filters, cost, most, progress).run(stages)


class _Search:
    def __init__(
        self,
        filters: FilterGroundTruth,
        cost: Cost,
        most: float,
        progress: Callable[[str], None] | None,
    ):
        self._start = time.process_time()
        self._filters, self._most, self._progress = filters, most, progress
        size = filters.space.size
        self._behind = size // filters.parts
        self._costs = np.empty(size)
        for start in range(0, size, _PART):
            numbers = np.arange(start, min(start + _PART, size))
            self._costs[numbers] = cost(filters.space.vectors(numbers))[cost.objective]
        exact, risk = filters.risks(_SAMPLES)
        self._right = exact
        # Those that the exact network gets wrong first: nothing else can be gained.
        self._order = np.argsort(np.where(exact, -risk, -2.0), kind="stable")
        self._wrong = int((~exact).sum())
        self._numbers = np.arange(size)
        self._lost = np.zeros(size, dtype=np.int64)
        # Assignments that were counted on all images: lost, and their cost.
        self._known = np.empty((0, 2))
        self._computed = 0

    def run(self, stages: tuple[float, ...]) -> FrontGroundTruth:
        images = self._filters.images
        ends = [max(self._wrong, round(stage * images)) for stage in stages]
        done = 0
        for end in (*ends, images):
            some = self._order[done:end]
            self._lost += self._losses(self._numbers, some)
            done = end
            if done < images:
                self._count_promising(self._order[done:])
                self._leave_out()
            if self._progress:
                self._progress(
                    f"{done} of {images} images, {len(self._numbers)} assignments left, "
                    f"{time.process_time() - self._start:.0f} s"
                )
        filters = self._filters
        inside = self._lost < self._most * images / 100
        return FrontGroundTruth(
            filters.space,
            filters.key,
            images,
            filters.exact,
            self._numbers[inside],
            filters.exact - self._lost[inside],
            self._computed / (filters.space.size * images),
            time.process_time() - self._start,
        )

    def _losses(self, numbers: np.ndarray, images: np.ndarray) -> np.ndarray:
        """What assignments, ascending by number, lose more than they gain on some images."""
        lost = np.empty(len(numbers), dtype=np.int64)
        exact = int(self._right[images].sum())
        part = numbers // self._behind
        for number in np.unique(part):
            mine = part == number
            behind = numbers[mine] % self._behind
            lost[mine] = exact - self._filters.counts(int(number), images, behind)
        self._computed += len(numbers) * len(images)
        return lost

    def _count_promising(self, rest: np.ndarray) -> None:
        """Count assignments near the front of bounds on the rest of the images."""
        points = np.stack([self._lost.astype(np.float64), self._costs[self._numbers]], axis=1)
        possible = np.flatnonzero(points[:, 0] < self._most * self._filters.images / 100)
        most = min(_MOST, math.ceil(_SHARE * len(points)))
        near = possible[_near(points[possible], most)] if len(possible) else possible
        lost = self._lost[near] + self._losses(self._numbers[near], rest)
        known = np.stack([lost.astype(np.float64), points[near, 1]], axis=1)
        known = np.concatenate([self._known, known])
        self._known = known[pareto(known)]

    def _leave_out(self) -> None:
        """Keep the assignments that may still be on the front."""
        if not len(self._known):
            return
        costs, lost = self._costs[self._numbers], self._lost
        # From the cheapest on: the least loss at a cost of at most each.
        known = self._known[::-1]
        at = np.searchsorted(known[:, 1], costs, side="right") - 1
        least = np.where(at >= 0, known[at, 0], np.inf)
        cheaper = known[at, 1] < costs
        beaten = (least < lost) | ((least == lost) & cheaper)
        keep = ~beaten & (lost < self._most * self._filters.images / 100)
        self._numbers, self._lost = self._numbers[keep], lost[keep]


def _near(points: np.ndarray, most: int) -> np.ndarray:
    """Indices, ascending, of at most ``most`` points of the first fronts, spaced by cost."""
    near = np.flatnonzero(fronts(points, _FRONTS) < _FRONTS)
    order = near[np.argsort(points[near, 1], kind="stable")]
    chosen = np.linspace(0, len(order) - 1, min(most, len(order))).astype(int)
    return np.sort(order[np.unique(chosen)])


def save_front(exhaustive: FrontGroundTruth, path: Path) -> None:
    """Write it as ``.npz``."""
    content = io.BytesIO()
    np.savez(
        content,
        allow_pickle=False,
        front_schema=np.array(SCHEMA),
        key=np.array(exhaustive.key),
        space=np.array(space_key(exhaustive.space)),
        counts=np.array([exhaustive.images, exhaustive.exact]),
        numbers=exhaustive.numbers,
        right=exhaustive.right,
        taken=np.array([exhaustive.evaluated, exhaustive.seconds]),
    )
    write_bytes(path, content.getvalue())


def load_front(path: Path, space: Space) -> FrontGroundTruth:
    """Read what :func:`save_front` wrote.

    Raises
    ------
    UserError
        The file is missing or damaged, or of another space or version.
    """
    arrays = read_arrays(path)
    if (
        arrays is None
        or int(arrays.get("front_schema", np.array(0))) != SCHEMA
        or str(arrays["space"]) != space_key(space)
    ):
        raise UserError("There is no front of this space", where=str(path), hint="Compute it.")
    images, exact = arrays["counts"].tolist()
    evaluated, seconds = arrays["taken"].tolist()
    return FrontGroundTruth(
        space,
        str(arrays["key"]),
        images,
        exact,
        arrays["numbers"],
        arrays["right"],
        evaluated,
        seconds,
    )
