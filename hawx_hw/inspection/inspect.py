"""Inspects a network: measures all its versions on images, and names what is likely at fault."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from hawx_hw.datasets.dataset import Split
from hawx_hw.inspection.diagnosis import Evidence, diagnose
from hawx_hw.inspection.flips import flips
from hawx_hw.inspection.measurement import LayerMeasurement, Measurement, VersionNoise, measure
from hawx_hw.inspection.preprocessing import margins, trials
from hawx_hw.inspection.result import (
    Inspection,
    LayerNoise,
    LayerReport,
    StatisticsMatch,
    VersionAccuracy,
)
from hawx_hw.inspection.versions import Versions

if TYPE_CHECKING:
    from hawx_hw.util.progress import ProgressDisplay

__all__ = ["inspect"]


def inspect(
    versions: Versions,
    split: Split,
    progress: ProgressDisplay,
    *,
    seen: int = 0,
    reversed_order: str = "bgr",
    bias_correction: bool = True,
) -> Inspection:
    """Inspect a network.

    Parameters
    ----------
    versions : Versions
    split : Split
        Images and labels, at least one.
    progress : ProgressDisplay
    seen : int
        How many of the images calibration or search used.
    reversed_order : str
        What the config must name the other order of the channels: ``rgb`` or ``bgr``.
    bias_correction : bool
        Whether the blocks' mean errors were to be corrected.

    Returns
    -------
    Inspection
        Without a comparison with the Verilog.
    """
    with progress.task("measuring the layers", estimate=5.0) as task:
        measurement = measure(versions, split.images, progress=task.update)
    with progress.task("looking for the first layers of changed classes", estimate=2.0):
        changed = flips(versions, measurement, split.images, split.labels)
    with progress.task("trying other preprocessings", estimate=2.0):
        tried = trials(versions.layers, split, measurement.real, reversed_order)
    layers = tuple(_report(versions, layer) for layer in measurement.layers)
    margin = float(np.median(margins(measurement.real)))
    evidence = Evidence(versions, split, measurement, layers, margin, tried, bias_correction)
    return Inspection(
        network=versions.graph.name,
        images=len(split),
        seen=seen,
        accuracy=_accuracies(measurement, split.labels),
        margin=margin,
        layers=layers,
        flips=changed,
        trials=tried,
        culprits=diagnose(evidence),
        rtl=None,
    )


def _report(versions: Versions, measured: LayerMeasurement) -> LayerReport:
    node, codes = measured.node, measured.codes
    layer, blocks = versions.layer(node), versions.assignment.get(node.name)
    recorded = measured.recorded
    low, high = codes.saturated
    return LayerReport(
        name=node.name,
        kind=type(node).__name__,
        label=node.name if layer is None else layer.label,
        blocks=() if blocks is None else tuple(block.name for block in blocks.blocks),
        int8=_noise(measured.int8),
        uncompensated=None if measured.uncompensated is None else _noise(measured.uncompensated),
        built=None if measured.built is None else _noise(measured.built),
        saturated_low=low,
        saturated_high=high,
        channels=len(codes.constant),
        dead=int(codes.dead.sum()),
        constant=int((codes.constant & ~codes.dead).sum()),
        used=codes.used,
        typical_used=codes.typical_used,
        typical_db=_typical(measured.int8.alone.channel_db),
        statistics=None
        if recorded is None
        else StatisticsMatch(shift=recorded.shift, spread=recorded.spread),
    )


def _noise(noise: VersionNoise) -> LayerNoise:
    return LayerNoise(
        ratio_db=noise.total.ratio_db,
        alone_db=noise.alone.ratio_db,
        bias_share=noise.alone.bias_share,
    )


def _typical(ratios: np.ndarray) -> float | None:
    """The median of the channels with a signal; None where there is none, or no noise."""
    median = np.median(signals) if len(signals := ratios[~np.isnan(ratios)]) else np.inf
    return float(median) if np.isfinite(median) else None


def _accuracies(measurement: Measurement, labels: np.ndarray) -> VersionAccuracy:
    def share(outputs: np.ndarray) -> float:
        return float((outputs.argmax(axis=1) == labels).mean())

    def optional(outputs: np.ndarray | None) -> float | None:
        return None if outputs is None else share(outputs)

    return VersionAccuracy(
        float=share(measurement.real),
        int8=share(measurement.int8),
        uncompensated=optional(measurement.uncompensated),
        built=optional(measurement.built),
    )
