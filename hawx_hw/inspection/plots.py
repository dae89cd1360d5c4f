"""The picture of an inspection. The same inspection gives the same bytes."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.inspection.result import Inspection, LayerNoise
from hawx_hw.util.plotting import picture

if TYPE_CHECKING:
    from matplotlib.axes import Axes

__all__ = ["draw"]

#: Inches of a layer, and of all beside the layers.
_WIDTH, _MARGIN, _HEIGHT = 0.32, 3.2, 7.0
_NARROWEST = 6.4


def draw(inspection: Inspection, path: Path) -> None:
    """Draw noise, codes and changed classes over the layers.

    Parameters
    ----------
    inspection : Inspection
    path : Path
        A file ``.png`` or ``.svg``.

    Raises
    ------
    UserError
        The file's name ends otherwise, or matplotlib is missing.
    """
    layers = inspection.layers
    size = max(_NARROWEST, _MARGIN + _WIDTH * (len(layers) + 1)), _HEIGHT
    with picture(path, size) as figure:
        noise, codes, changes = figure.subplots(3, 1, sharex=True, height_ratios=(3, 2, 1.4))
        _noise(inspection, noise)
        _codes(inspection, codes)
        _changes(inspection, changes)
        names = [layer.name for layer in layers]
        changes.set_xticks(range(-1, len(names)), ["input", *names], rotation=90, fontsize=7)
        for axes in (noise, codes, changes):
            axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=7)
        figure.suptitle(f"{inspection.network}, {inspection.images:,} images")


def _noise(inspection: Inspection, axes: Axes) -> None:
    def lines(what: str, color: str, noises: list[LayerNoise | None]) -> None:
        given = [noise for noise in noises if noise is not None]
        if not given:
            return
        x = np.arange(len(given))
        axes.plot(x, [_db(n.ratio_db) for n in given], "-o", ms=3, color=color, label=what)
        axes.plot(x, [_db(n.alone_db) for n in given], "x", ms=4, color=color,
                  label="  added by the layer")  # fmt: skip

    layers = inspection.layers
    lines("float to int8", "C0", [layer.int8 for layer in layers])
    lines("int8 to blocks", "C3", [layer.uncompensated for layer in layers])
    lines("int8 to built", "C2", [layer.built for layer in layers])
    axes.set_ylabel("signal to noise, dB")
    axes.grid(alpha=0.3)


def _db(ratio: float | None) -> float:
    return float("nan") if ratio is None else ratio


def _codes(inspection: Inspection, axes: Axes) -> None:
    layers, x = inspection.layers, np.arange(len(inspection.layers))
    saturated = [100 * (layer.saturated_low + layer.saturated_high) for layer in layers]
    axes.plot(x, [100 * layer.used for layer in layers], "-", color="0.5", label="codes used")
    axes.plot(x, [100 * layer.typical_used for layer in layers], "--", color="0.5",
              label="  by the median channel")  # fmt: skip
    dead = [100 * layer.dead / layer.channels for layer in layers]
    constant = [100 * layer.constant / layer.channels for layer in layers]
    axes.bar(x - 0.2, dead, 0.4, color="C1", label="channels always zero")
    axes.bar(x - 0.2, constant, 0.4, bottom=dead, color="C4", label="channels constant")
    axes.bar(x + 0.2, saturated, 0.4, color="C3", label="values saturated")
    axes.set_ylabel("%")
    axes.set_ylim(0, 105)


def _changes(inspection: Inspection, axes: Axes) -> None:
    from matplotlib.ticker import MaxNLocator

    names = ["input", *(layer.name for layer in inspection.layers)]
    x = np.arange(-1, len(names) - 1)
    for index, flips in enumerate(inspection.flips):
        what = " to ".join(flips.versions)
        heights = [flips.first.get(name, 0) for name in names]
        axes.bar(x + 0.4 * index - 0.2, heights, 0.4, color=("C0", "C2")[index], label=what)
    axes.set_ylabel("first change\nof the class,\nimages")
    axes.yaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_xlim(-1.6, len(names) - 1.4)
    axes.set_ylim(bottom=0)
    if not any(flips.first for flips in inspection.flips):
        axes.set_ylim(0, 1)
