"""The front on images that no search looked at.

A search takes the best of hundreds of candidates on the images of its evaluations: the best are
those that chance favored most. Here all designs that may be chosen run on the images that select,
those of one block everywhere like mixtures, and the front is made anew of what these say.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from hawx_hw.search.oracle import EmulatedOracle
from hawx_hw.search.pareto import pareto
from hawx_hw.search.result import DesignPoint, SearchResult
from hawx_hw.util.progress import Progress

__all__ = ["selected_front"]


def selected_front(
    result: SearchResult, oracle: EmulatedOracle, progress: Progress | None = None
) -> SearchResult:
    """The result with drops on the images that select, and the front of its designs by these.

    Parameters
    ----------
    result : SearchResult
    oracle : EmulatedOracle
        Of the images that select.
    progress : callable or None
        Called with the parts done and their number.
    """
    points = (*result.front, *result.uniform)
    vectors = np.unique(np.array([point.vector for point in points]), axis=0)
    paired = dict(zip(map(tuple, vectors.tolist()), oracle.paired(vectors, progress), strict=True))

    def judged(some: Sequence[DesignPoint]) -> list[DesignPoint]:
        return [replace(point, selection=paired[point.vector]) for point in some]

    front, uniform = judged(result.front), judged(result.uniform)
    # A design of one block everywhere that the front has already has the same metrics there.
    there = {(point.vector, point.accelerator) for point in front}
    front += [point for point in uniform if (point.vector, point.accelerator) not in there]
    return replace(
        result,
        front=tuple(_front(front, result.objective)),
        uniform=tuple(uniform),
        select_images=oracle.images,
    )


def _front(points: Sequence[DesignPoint], objective: str) -> list[DesignPoint]:
    """Those that no other is as good as in everything, and the exact ones, which are certain."""
    names = list(points[0].metrics)
    values = [
        (point.unseen_drop, *(point.metrics[name] for name in names if _smaller_is_better(name)))
        for point in points
    ]
    members = set(pareto(np.array(values)).tolist())
    members |= {index for index, point in enumerate(points) if point.exact}
    front = [points[index] for index in sorted(members)]
    return sorted(front, key=lambda point: (point.unseen_drop, point.metrics[objective]))


def _smaller_is_better(metric: str) -> bool:
    """Whether designs are compared by a metric; the others only describe them."""
    return metric not in ("longest_path_ns", "cycles")
