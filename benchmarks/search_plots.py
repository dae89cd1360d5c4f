"""Fronts of searches before that of all assignments, drawn."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.search.pareto import pareto
from hawx_hw.util.plotting import picture

__all__ = ["draw"]

_COLORS = ("tab:blue", "tab:orange", "tab:green", "tab:red", "tab:purple", "tab:brown")
_MARKERS = ("o", "s", "^", "v", "D", "x")


def draw(
    exhaustive: np.ndarray,
    searched: Mapping[str, np.ndarray],
    reference: tuple[float, float],
    path: Path,
) -> None:
    """Draw the front of each search; the same points give the same bytes.

    Parameters
    ----------
    exhaustive : ndarray of float64
        The front of all assignments ``(n, 2)``: accuracy drop, and energy.
    searched : mapping of str to ndarray
        The fronts of some searches, by what the legend calls them.
    reference : tuple of float
        The reference point, accuracy drop and energy: the frame, and what energy is a share of.
    path : Path
        ``.svg`` or ``.png``.
    """
    with picture(path, (6.4, 4.2)) as figure:
        axes = figure.add_subplot()
        shares = 100 * exhaustive[:, 1] / reference[1]
        axes.step(
            shares,
            exhaustive[:, 0],
            where="pre",
            color="0.65",
            linewidth=2.5,
            label="all assignments",
        )
        for index, (name, points) in enumerate(searched.items()):
            front = points[pareto(points)]
            style: dict[str, Any] = {"color": _COLORS[index % 6], "marker": _MARKERS[index % 6]}
            axes.plot(
                100 * front[:, 1] / reference[1], front[:, 0], linestyle="none", markersize=4,
                fillstyle="none", label=name, **style,
            )  # fmt: skip
        inside = exhaustive[:, 0] < reference[0]
        least = min(0.0, float(exhaustive[:, 0].min()))
        axes.set_ylim(least - 0.2, reference[0])
        axes.set_xlim(0.8 * shares[inside].min(), 1.6 * shares[inside].max())
        axes.set_xlabel("energy of the multiplications, % of the exact network's")
        axes.set_ylabel("accuracy drop, percentage points")
        axes.legend(frameon=False)
