"""The front of a search, drawn: accuracy against energy and area."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from hawx_hw.search.front import pareto
from hawx_hw.util.plotting import picture

if TYPE_CHECKING:
    from hawx_hw.search.designs import Candidates
    from hawx_hw.search.result import Found, SearchResult

__all__ = ["LABELS", "draw_front"]

#: Axes of the figures of a cost.
LABELS = {
    "energy_nj": "energy an image, nJ",
    "power_mw": "power, mW",
    "area_um2": "area without memories, um2",
    "latency_us": "latency, us",
    "energy_pj": "energy of the multiplications of an image, pJ",
}


def draw_front(
    result: SearchResult,
    candidates: Candidates,
    path: Path,
    *,
    truth: np.ndarray | None = None,
) -> None:
    """Points of a front that were run, what was only predicted, and the truth where it is known.

    Parameters
    ----------
    result : SearchResult
    candidates : Candidates
        Predicted only.
    path : Path
        ``.svg`` or ``.png``.
    truth : ndarray or None
        ``(n, 2)``: the true front, points lost and the objective.

    Raises
    ------
    UserError
        Another ending, or matplotlib is missing.
    """
    others = [result.objective]
    if "area_um2" in result.front[0].cost and result.objective != "area_um2":
        others.append("area_um2")
    with picture(path, (4.2 * len(others), 3.4)) as figure:
        for index, name in enumerate(others):
            axes = figure.add_subplot(1, len(others), index + 1)
            points = _points(result, name)
            if index == 0:
                if truth is not None:
                    axes.step(truth[:, 1], truth[:, 0], where="pre", color="0.7", label="truth")
                if len(candidates.cost):
                    axes.scatter(
                        candidates.cost, candidates.lost, s=10, facecolors="none",
                        edgecolors="0.6", label="predicted, not run",
                    )  # fmt: skip
            axes.scatter(points[:, 1], points[:, 0], s=14, color="tab:blue", label="run")
            front = points[pareto(points)]
            axes.step(front[:, 1], front[:, 0], where="pre", color="tab:blue", linewidth=0.8)
            exact = _exact(result)
            if exact is not None:
                axes.scatter(
                    exact.cost[name], exact.lost, s=40, marker="*", color="k", label="exact"
                )
            tested = _tested(result, name)
            if len(tested):
                axes.scatter(
                    tested[:, 1], tested[:, 0], s=14, marker="x", color="tab:orange",
                    label="on test images",
                )  # fmt: skip
            axes.axhline(0, color="0.8", linewidth=0.5)
            axes.set_xlabel(LABELS.get(name, name))
            axes.set_ylabel("points of accuracy lost")
            _zoom(axes, result, points)
            if index == 0:
                axes.legend(frameon=False)


def _points(result: SearchResult, name: str) -> np.ndarray:
    return np.array([(found.lost, found.cost[name]) for found in result.front])


def _tested(result: SearchResult, name: str) -> np.ndarray:
    """Points lost on test images, against the exact design there, where that was run."""
    exact = _exact(result)
    if exact is None or exact.test_accuracy is None:
        return np.empty((0, 2))
    rows = [
        (100 * (exact.test_accuracy - found.test_accuracy), found.cost[name])
        for found in result.front
        if found.test_accuracy is not None
    ]
    return np.array(rows)


def _exact(result: SearchResult) -> Found | None:
    every = (*result.uniform, *result.front)
    return next((found for found in every if not found.assignment.get("layers")), None)


def _zoom(axes: Any, result: SearchResult, points: np.ndarray) -> None:
    """What loses more than counts is of no interest."""
    most = min(result.reference[0], float(points[:, 0].max()))
    least = min(0.0, float(points[:, 0].min()))
    margin = 0.05 * (most - least) or 0.1
    axes.set_ylim(least - margin, most + margin)
