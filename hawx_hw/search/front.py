"""Designs that no other is as good as in everything, and those just behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import sqrt

import numpy as np

from hawx_hw.search.pareto import pareto
from hawx_hw.search.result import DesignPoint
from hawx_hw.search.tuning import SearchTuning

__all__ = ["compared", "front_of", "metrics_of", "near_front"]

#: Metrics that only describe a design, and that designs are not compared by.
_DESCRIPTIONS = ("longest_path_ns", "cycles")


def compared(point: DesignPoint) -> tuple[str, ...]:
    """The metrics that designs are compared by: a smaller one is better."""
    return tuple(name for name in point.metrics if name not in _DESCRIPTIONS)


def metrics_of(points: Sequence[DesignPoint]) -> np.ndarray:
    """What designs are compared by beside accuracy: float64 ``(points, metrics)``."""
    names = compared(points[0])
    return np.array([[point.metrics[name] for name in names] for point in points])


def front_of(
    points: Sequence[DesignPoint], objective: str, drop: Callable[[DesignPoint], float]
) -> list[DesignPoint]:
    """Those that no other is as good as in everything, in ascending order of accuracy drop.

    Parameters
    ----------
    points : sequence of DesignPoint
        At least one. Of equals the first is taken.
    objective : str
        The metric that breaks ties of the order.
    drop : callable
        Gives a design's accuracy drop.
    """
    drops = np.array([drop(point) for point in points])
    members = np.sort(pareto(np.column_stack([drops, metrics_of(points)])))
    front = [points[index] for index in members]
    return sorted(front, key=lambda point: (drop(point), point.metrics[objective]))


def near_front(
    points: Sequence[DesignPoint],
    front: Sequence[DesignPoint],
    images: int,
    tuning: SearchTuning,
) -> tuple[DesignPoint, ...]:
    """Designs that chance may have kept from the front, in ascending order of accuracy drop.

    Parameters
    ----------
    points : sequence of DesignPoint
        What was evaluated, the front among them.
    front : sequence of DesignPoint
    images : int
        Of the evaluations.
    tuning : SearchTuning
        How far they may lie behind a design that costs no more in anything, and how many
        assignments there are at most, of these the nearest.
    """
    known = {(point.vector, point.accelerator) for point in front}
    others = [point for point in points if (point.vector, point.accelerator) not in known]
    if not others:
        return ()
    metrics, best = metrics_of(front), np.array([point.accuracy_drop for point in front])
    near: list[tuple[float, DesignPoint]] = []
    for point, own in zip(others, metrics_of(others), strict=True):
        behind = point.accuracy_drop - best[(metrics <= own).all(axis=1)].min()
        # About as many images differ as the design loses, or a few.
        differing = max(point.accuracy_drop / 100, 0.0) + 1 / images
        distance = behind / (100 * sqrt(differing / images))
        if distance <= tuning.behind_deviations:
            near.append((distance, point))
    near.sort(key=lambda each: (each[0], each[1].accuracy_drop, each[1].vector))
    on_front = {point.vector for point in front}
    nearest = dict.fromkeys(p.vector for _, p in near if p.vector not in on_front)
    allowed = on_front | set(list(nearest)[: tuning.behind])
    chosen = [point for _, point in near if point.vector in allowed]
    return tuple(sorted(chosen, key=lambda point: (point.accuracy_drop, point.vector)))
