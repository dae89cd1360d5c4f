"""Candidates on images for learning that neither scores nor evaluations saw: most leave.

A search evaluates few images, and its best designs are those that chance favored there. Before any
image that selects is looked at, all candidates run on fresh images for learning, each round on as
many as all before it (successive halving, with statistics for the halving). After a round those
leave that another one clearly dominates - no worse in any metric, and a smaller accuracy drop by
more than chance explains, on the very same images - and those that clearly lose more than the
reference point. One block everywhere is judged in any case: what leaves of it only stops running.

The network learned from these images, so the drop on them is not that on new ones. That does no
harm to validity: the race decides who is judged by images that select and in which order, and never
sees one of these.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Protocol

import numpy as np

from hawx_hw.datasets.dataset import Split
from hawx_hw.search.bound import Paired
from hawx_hw.search.differences import Differences
from hawx_hw.search.front import metrics_of
from hawx_hw.search.result import DesignPoint, Race, SearchResult
from hawx_hw.search.tuning import SearchTuning
from hawx_hw.util.progress import Progress

__all__ = ["Differing", "race"]

_Vector = tuple[int, ...]


class Differing(Protocol):
    """Compares assignments with the exact network on some images."""

    def differences(self, vectors: np.ndarray, progress: Progress | None = None) -> Differences:
        """Differences of each of the vectors ``(n, units)``."""


def race(
    result: SearchResult,
    fresh: Split,
    oracle: Callable[[Split], Differing],
    tuning: SearchTuning,
    progress: Progress | None = None,
) -> SearchResult:
    """The result with those of its designs that are worth judging, and what the race showed.

    Parameters
    ----------
    result : SearchResult
    fresh : Split
        Images for learning in mixed order, unseen by the search.
    oracle : callable
        Gives the oracle of some of them.
    tuning : SearchTuning
        How many images the race takes is a matter of the search's own evaluations.
    progress : callable or None
        Called with the parts of a round done and their number.

    Returns
    -------
    SearchResult
        With a :class:`~hawx_hw.search.result.Race`; where there are too few images no design runs
        or leaves.
    """
    points = [p for p in (*result.front, *result.behind, *result.uniform) if not p.exact]
    runs = _Runs(points, result.reference[0], tuning.race_deviations)
    spent = sum(price.evaluations for price in result.low_fidelity) + result.evaluations
    left = int(tuning.race_share * spent * result.images)
    count = int(left * tuning.race_first) // max(runs.started, 1)
    while runs.running and tuning.race_least <= (count := min(count, len(fresh) - runs.images)):
        images = fresh.take(np.arange(runs.images, runs.images + count))
        runs.run(oracle(images), progress)
        count = min(runs.images, (left - runs.spent) // max(len(runs.running), 1))
    return _raced(result, runs)


class _Runs:
    """Who is still running, and what was seen of each.

    Parameters
    ----------
    points : sequence of DesignPoint
        All designs, several of an assignment where there are several accelerators.
    most : float
        Accuracy drop beyond which a design is of no interest, in percentage points.
    deviations : float
        Standard deviations that are more than chance.
    """

    def __init__(self, points: Sequence[DesignPoint], most: float, deviations: float):
        self._metrics: dict[_Vector, list[np.ndarray]] = {}
        if points:
            for point, metrics in zip(points, metrics_of(points), strict=True):
                self._metrics.setdefault(point.vector, []).append(metrics)
        self._most, self._deviations = most, deviations
        self.running = sorted(self._metrics)
        self.started, self.images, self.spent = len(self.running), 0, 0
        self.seen: dict[_Vector, Paired] = {}
        self._total: Differences | None = None

    def run(self, oracle: Differing, progress: Progress | None) -> None:
        """Run those that are left on further images, and let go whom these speak against."""
        new = oracle.differences(np.array(self.running), progress)
        total = new if self._total is None else self._total + new
        self.images = total.images
        self.spent += new.images * len(self.running)
        self.seen.update(zip(self.running, total.paired(), strict=True))
        stay = np.flatnonzero(~self._leaving(total))
        self.running = [self.running[index] for index in stay]
        self._total = total.take(stay)

    def _leaving(self, total: Differences) -> np.ndarray:
        """Who is clearly dominated, or clearly loses too much: bool, as many as are running."""
        drops, covariance = total.drops, total.covariance
        variance = covariance.diagonal()
        leaving: np.ndarray = drops - self._deviations * np.sqrt(variance) > self._most
        spread = np.sqrt(np.maximum(variance[:, None] + variance - 2 * covariance, 0))
        clearly = drops[:, None] - drops > self._deviations * spread
        for number, vector in enumerate(self.running):
            rivals = [self.running[other] for other in np.flatnonzero(clearly[number])]
            leaving[number] |= bool(rivals) and self._dominated(vector, rivals)
        return leaving

    def _dominated(self, vector: _Vector, rivals: Sequence[_Vector]) -> bool:
        """Whether each design of an assignment costs no less than one of some others."""
        others = np.array([metrics for rival in rivals for metrics in self._metrics[rival]])
        return all((others <= own).all(axis=1).any() for own in self._metrics[vector])


def _raced(result: SearchResult, runs: _Runs) -> SearchResult:
    """The result without those that left, but for the exact design and one block everywhere."""
    judged = {*runs.running, *(point.vector for point in result.uniform)}

    def seen(some: Sequence[DesignPoint]) -> tuple[DesignPoint, ...]:
        return tuple(replace(point, race=runs.seen.get(point.vector)) for point in some)

    def staying(some: Sequence[DesignPoint]) -> tuple[DesignPoint, ...]:
        return seen([point for point in some if point.exact or point.vector in judged])

    return replace(
        result,
        front=staying(result.front),
        behind=staying(result.behind),
        uniform=seen(result.uniform),
        race=Race(runs.started, len(runs.running), runs.images, runs.spent),
    )
