"""Accuracy drop against the energy saved: three alphabets, two levels, and uniform precision."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hawx_hw.util.files import write_bytes

__all__ = ["draw"]

_LABELS = {
    "precision": "lower precision only",
    "blocks": "approximate blocks only",
    "both": "both",
}
_COLORS = {"precision": "tab:blue", "blocks": "tab:red", "both": "black"}
_STYLES = {"layers": ("s", "--", "a block a layer"), "filters": ("o", "-", "a block a filter")}
_MOST = 3.5


def draw(
    lines: Mapping[tuple[str, str], Sequence[tuple[float, float]]], exact: float, path: Path
) -> None:
    """Draw fronts as SVG. The same lines give the same bytes.

    All points are joined: a front of the plotted drops would show the luckiest of them.

    Parameters
    ----------
    lines : mapping
        By alphabet and level (``uniform``: points without a line): the share of energy saved and
        accuracy drop on the images that report.
    exact : float
        Accuracy of the exact network in percent.
    path : Path
    """
    import matplotlib

    # Names of things in an SVG would differ from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "hawx", "svg.fonttype": "none"}):
        from matplotlib.figure import Figure

        figure = Figure(figsize=(8, 5), layout="constrained")
        axes = figure.add_subplot()
        for (name, level), points in lines.items():
            if not points:
                continue
            values = np.array(points).reshape(-1, 2) * (100, 1)
            if level == "uniform":
                axes.plot(*values.T, "x", color=_COLORS[name], label=f"{_LABELS[name]}, uniform")
                continue
            marker, dash, text = _STYLES[level]
            label = f"{_LABELS[name]}, {text}"
            style = {"linestyle": dash, "linewidth": 1, "marker": marker, "markersize": 4}
            axes.plot(
                *values[np.argsort(values[:, 0])].T, color=_COLORS[name], label=label, **style
            )
        axes.axhline(1.0, color="grey", linewidth=0.6)
        axes.set(
            xlabel="energy of the multiplications saved, %",
            ylabel=f"accuracy drop from {exact:.1f} % on images that report",
            ylim=(_MOST, -0.25),
        )
        axes.legend(fontsize=8, loc="lower left")
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    write_bytes(path, file.getvalue())
