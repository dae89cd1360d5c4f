"""Accuracy drop against the energy saved: three alphabets, two levels, and uniform precision."""

from __future__ import annotations

import io
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from hawx_hw.search.pareto import pareto
from hawx_hw.util.files import write_bytes

__all__ = ["draw"]

_LABELS = {
    "precision": "lower precision only",
    "blocks": "approximate blocks only",
    "both": "both",
}
_COLORS = {"precision": "tab:blue", "blocks": "tab:red", "both": "black"}
_STYLES = {"layers": ("s", "--", "a block a layer"), "filters": ("o", "-", "a block a filter")}
_MOST = 4.0


def draw(
    lines: Mapping[tuple[str, str], Sequence[tuple[float, float]]], exact: float, path: Path
) -> None:
    """Draw fronts of what was run, as SVG. The same lines give the same bytes.

    Parameters
    ----------
    lines : mapping
        By alphabet and level (``uniform``: points without a line): the share of energy saved and
        accuracy drop on test images.
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
            axes.plot(*values.T, marker, color=_COLORS[name], markersize=3, alpha=0.35)
            front = values[np.sort(pareto(np.stack([values[:, 1], -values[:, 0]], axis=1)))]
            front = front[np.argsort(front[:, 0])]
            label = f"{_LABELS[name]}, {text}"
            style = {"linestyle": dash, "linewidth": 1, "marker": marker, "markersize": 4}
            axes.plot(*front.T, color=_COLORS[name], label=label, **style)
        axes.axhline(1.0, color="grey", linewidth=0.6)
        axes.set(
            xlabel="energy of the multiplications saved, %",
            ylabel=f"accuracy drop from {exact:.1f} % on 1,000 test images",
            ylim=(_MOST, -1.0),
        )
        axes.legend(fontsize=8, loc="lower left")
        file = io.BytesIO()
        figure.savefig(file, format="svg", metadata={"Date": None})
    write_bytes(path, file.getvalue())
