"""The front on images that no search looked at.

A search takes the best of hundreds of candidates on the images of its evaluations: the best are
those that chance favored most. Here all designs that may be chosen run on the images that select,
those of one block everywhere like mixtures. What these images say is corrected for the luck that
the best have on them, too (:mod:`hawx_hw.search.estimate`), and the front is made anew of that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hawx_hw.search.estimate import estimates
from hawx_hw.search.front import front_of
from hawx_hw.search.race import Differing
from hawx_hw.search.result import DesignPoint, DropEstimate, SearchResult
from hawx_hw.util.progress import Progress

__all__ = ["selected_front"]

#: What is known of the exact design.
_CERTAIN = DropEstimate(0.0, 0.0, 0.0)


def selected_front(
    result: SearchResult, oracle: Differing, progress: Progress | None = None
) -> SearchResult:
    """The result with drops on the images that select, and the front by what these make likely.

    Parameters
    ----------
    result : SearchResult
    oracle : Differing
        Of the images that select.
    progress : callable or None
        Called with the parts done and their number.

    Returns
    -------
    SearchResult
        With all its designs, on the front or behind it: who may be chosen was decided before.
    """
    points = {point.vector: point for point in (*result.designs, *result.uniform)}
    ordered = [points[vector] for vector in sorted(points)]
    seen = oracle.differences(np.array(sorted(points)), progress)
    approximate = np.array([i for i, point in enumerate(ordered) if not point.exact], dtype=int)
    some = [ordered[index] for index in approximate]
    drops = estimates(some, seen.take(approximate), result.images, result.objective)
    estimated = {
        **dict.fromkeys(points, _CERTAIN),
        **{point.vector: drop for point, drop in zip(some, drops, strict=True)},
    }
    paired = dict(zip(sorted(points), seen.paired(), strict=True))

    def judged(some: Sequence[DesignPoint]) -> list[DesignPoint]:
        return [
            replace(point, selection=paired[point.vector], estimate=estimated[point.vector])
            for point in some
        ]

    designs, uniform = judged(result.designs), judged(result.uniform)
    # A design of one block everywhere that the front has already has the same metrics there.
    there = {(point.vector, point.accelerator) for point in designs}
    designs += [point for point in uniform if (point.vector, point.accelerator) not in there]
    front, behind = _divided(designs, result.objective)
    return replace(
        result,
        front=tuple(front),
        behind=tuple(behind),
        uniform=tuple(uniform),
        select_images=seen.images,
    )


def _divided(
    points: Sequence[DesignPoint], objective: str
) -> tuple[list[DesignPoint], list[DesignPoint]]:
    """The front, with the exact designs, which are certain; and all others. Each in order."""
    best = {id(p) for p in front_of(points, objective, lambda point: point.estimated_drop)}
    ordered = sorted(points, key=lambda point: (point.estimated_drop, point.metrics[objective]))
    on_front = [point for point in ordered if point.exact or id(point) in best]
    return on_front, [point for point in ordered if not (point.exact or id(point) in best)]
