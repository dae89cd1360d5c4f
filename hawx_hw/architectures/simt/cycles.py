"""The cycles of an inference by layer, and where they go."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from hawx_hw.architectures.base import CycleReport, LayerCycles
from hawx_hw.architectures.common.operations import Operation
from hawx_hw.architectures.simt.timing import CAUSES as CAUSES_OF_TIME
from hawx_hw.architectures.simt.timing import LayerTiming

__all__ = ["CAUSES", "cycle_report"]

#: Causes of cycles, with their titles. Shares of lanes are shares of a cycle.
CAUSES: Mapping[str, str] = {
    **{name: title for name, title in CAUSES_OF_TIME.items() if name != "moving"},
    "useful": "useful",
    # Lanes and pixel groups beyond the last filter, and beyond the last pixel of a row.
    "idle_lanes": "lanes without work",
    # Streaming codes: pooling, addition, clamp.
    "other": "other",
}


def cycle_report(
    layers: Sequence[Operation], timings: Sequence[LayerTiming], lanes: int
) -> CycleReport:
    """The report of some layers.

    Parameters
    ----------
    layers : sequence of Operation
    timings : sequence of LayerTiming
        One a layer.
    lanes : int
    """
    report = []
    for layer, timing in zip(layers, timings, strict=True):
        causes = dict(timing.causes)
        causes["other"] = causes.pop("moving")
        # Products that no filter, or no pixel, needs.
        surplus = causes["useful"] - layer.macs / lanes
        causes["useful"] -= surplus
        causes["idle_lanes"] += surplus
        report.append(LayerCycles(layer.title, timing.end - timing.begin, layer.macs, causes))
    return CycleReport(tuple(report), lanes, CAUSES)
