"""Predicted over measured."""

from __future__ import annotations

import io
from collections.abc import Mapping
from pathlib import Path

from hawx_hw.prediction.evaluation import HeldOut
from hawx_hw.util.files import write_bytes

__all__ = ["parity"]

#: Label and unit of each plot.
_AXES = {
    "area": ("area of the cells, 1,000 um2", 1e3),
    "power": ("power at the design's clock, mW", 1e3),
    "fmax": ("highest clock, MHz", 1.0),
}


def parity(held_out: Mapping[str, HeldOut], path: Path) -> None:
    """A plot of area, power and highest clock with their intervals, as SVG, PNG or PDF.

    Parameters
    ----------
    held_out : mapping of str to HeldOut
        Holds ``area``, ``power`` and ``fmax``.
    path : Path
        Its ending names the format.
    """
    import matplotlib

    # Names of things in an SVG would differ from run to run.
    with matplotlib.rc_context({"svg.hashsalt": "hawx", "svg.fonttype": "none"}):
        from matplotlib.figure import Figure
        from matplotlib.ticker import LogLocator, NullFormatter, StrMethodFormatter

        figure = Figure(figsize=(12, 4), layout="constrained")
        for axes, (name, (label, unit)) in zip(
            figure.subplots(1, len(_AXES)), _AXES.items(), strict=True
        ):
            one = held_out[name]
            estimates = one.estimates
            measured, value = one.measured / unit, estimates.value / unit
            errors = [value - estimates.low / unit, estimates.high / unit - value]
            axes.errorbar(measured, value, errors, fmt="o", markersize=3, linewidth=0.6)
            ends = [min(measured.min(), value.min()), max(measured.max(), value.max())]
            axes.plot(ends, ends, color="black", linewidth=0.8)
            axes.set(xscale="log", yscale="log", xlabel=f"measured: {label}", ylabel="predicted")
            for axis in (axes.xaxis, axes.yaxis):
                axis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
                axis.set_major_formatter(StrMethodFormatter("{x:,g}"))
                axis.set_minor_formatter(NullFormatter())
            axes.set_title(name)
        file = io.BytesIO()
        kind = path.suffix.removeprefix(".") or "svg"
        metadata = {"Date": None} if kind == "svg" else None
        figure.savefig(file, format=kind, metadata=metadata)
    write_bytes(path, file.getvalue())
