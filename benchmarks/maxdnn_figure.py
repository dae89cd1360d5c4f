"""Accuracy drop against the energy saved, of every assignment and of what searches evaluate."""

from __future__ import annotations

import io
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.util.files import write_bytes

if TYPE_CHECKING:
    from maxdnn_exhaustive import Plotted

__all__ = ["draw"]

_MOST = 40.0


def draw(plotted: Sequence[Plotted], path: Path) -> None:
    """Draw the exhaustive ground truths as SVG. The same points give the same bytes.

    Parameters
    ----------
    plotted : sequence of Plotted
        One a panel.
    path : Path
    """
    import matplotlib

    # Names of things in an SVG would differ from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "hawx", "svg.fonttype": "none"}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(5 * max(1, len(plotted)), 4.5), layout="constrained")
        for number, one in enumerate(plotted):
            axes = figure.add_subplot(1, len(plotted), number + 1)
            # Thousands of marks: as one image in the SVG.
            axes.plot(*_values(one.points), ",", color="grey", label="every assignment",
                      rasterized=True)  # fmt: skip
            order = one.front[:, 0].argsort()
            axes.step(
                *_values(one.front[order]), where="post", color="black", linewidth=1, label="front"
            )
            axes.plot(*_values(one.by_nsga2), "x", color="tab:blue", markersize=4,
                      label="NSGA-II, ten times the runs")  # fmt: skip
            axes.plot(*_values(one.by_scores), "o", color="tab:red", markersize=4,
                      label="by scores")  # fmt: skip
            axes.set(
                title=one.name,
                xlabel="energy of the multiplications saved, %",
                ylabel="accuracy drop, percentage points",
                ylim=(_MOST, -3),
            )
            axes.legend(fontsize=8, loc="lower left")
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None}, dpi=150)
    write_bytes(path, file.getvalue())


def _values(points: np.ndarray) -> np.ndarray:
    """Saved energy in percent, and accuracy drop: ``(2, n)``."""
    values: np.ndarray = (points * (100, 1)).T
    return values
