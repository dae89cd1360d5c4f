"""The front of a search, drawn: accuracy drop against the objective and area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.search.pareto import pareto
from hawx_hw.util.plotting import picture

if TYPE_CHECKING:
    from hawx_hw.search.result import DesignPoint, SearchResult

__all__ = ["LABELS", "draw_front"]

#: Labels of the axes of metrics.
LABELS = {
    "energy_nj": "energy an image, nJ",
    "power_mw": "power, mW",
    "area_um2": "area without memories, um2",
    "latency_us": "latency, us",
    "energy_pj": "energy of the multiplications of an image, pJ",
}


def draw_front(result: SearchResult, path: Path) -> None:
    """Draw the points of the front, what was only predicted, and the exhaustive front.

    The same result gives the same bytes.

    Parameters
    ----------
    result : SearchResult
    path : Path
        ``.svg`` or ``.png``.

    Raises
    ------
    UserError
        Another ending, or matplotlib is missing.
    """
    names = [result.objective]
    if "area_um2" in result.front[0].metrics and result.objective != "area_um2":
        names.append("area_um2")
    with picture(path, (4.2 * len(names), 3.4)) as figure:
        for index, name in enumerate(names):
            axes = figure.add_subplot(1, len(names), index + 1)
            if index == 0:
                _draw_background(axes, result)
            _draw_points(axes, result, name)
            axes.axhline(0, color="0.8", linewidth=0.5)
            axes.set_xlabel(_label(name, result))
            axes.set_ylabel("accuracy drop, percentage points")
            _zoom(axes, result)
            if index == 0:
                axes.legend(frameon=False)


def _label(name: str, result: SearchResult) -> str:
    """What stands at the axis of a metric."""
    label = LABELS.get(name, name)
    counted = name in ("energy_nj", "power_mw") and result.memory_model is not None
    return f"{label} (memories: {result.memory_model})" if counted else label


def _draw_background(axes: Any, result: SearchResult) -> None:
    """What the objective alone is known of: the exhaustive front, and predictions."""
    known = result.exhaustive
    if known is not None:
        axes.step(
            known.objectives, known.accuracy_drops, where="pre", color="0.7",
            label="all assignments",
        )  # fmt: skip
    if result.predicted.objectives:
        axes.scatter(
            result.predicted.objectives, result.predicted.accuracy_drops, s=10, facecolors="none",
            edgecolors="0.6", label="predicted only",
        )  # fmt: skip


def _draw_points(axes: Any, result: SearchResult, name: str) -> None:
    """Evaluated points: on images that select, with their front, and on test images."""
    points = np.array([(point.estimated_drop, point.metrics[name]) for point in result.front])
    axes.scatter(points[:, 1], points[:, 0], s=14, color="tab:blue", label="evaluated")
    front = points[pareto(points)]
    axes.step(front[:, 1], front[:, 0], where="pre", color="tab:blue", linewidth=0.8)
    exact = _exact(result)
    if exact is not None:
        axes.scatter(
            exact.metrics[name], exact.estimated_drop, s=40, marker="*", color="k", label="exact"
        )
    tested = _tested(result, name)
    if len(tested):
        axes.scatter(
            tested[:, 1], tested[:, 0], s=14, marker="x", color="tab:orange",
            label="on test images",
        )  # fmt: skip


def _tested(result: SearchResult, name: str) -> np.ndarray:
    """Accuracy drops on test images, against the exact design there, where that was run."""
    exact = _exact(result)
    if exact is None or exact.test_accuracy is None:
        return np.empty((0, 2))
    pairs = [
        (100 * (exact.test_accuracy - point.test_accuracy), point.metrics[name])
        for point in result.front
        if point.test_accuracy is not None
    ]
    return np.array(pairs)


def _exact(result: SearchResult) -> DesignPoint | None:
    return next((point for point in (*result.uniform, *result.front) if point.exact), None)


def _zoom(axes: Any, result: SearchResult) -> None:
    """What loses more than the reference point is of no interest."""
    drops = [point.estimated_drop for point in result.front]
    most, least = min(result.reference[0], max(drops)), min(0.0, *drops)
    margin = 0.05 * (most - least) or 0.1
    axes.set_ylim(least - margin, most + margin)
