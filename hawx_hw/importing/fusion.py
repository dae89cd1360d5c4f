"""Folds batch normalization into weights and clamps into the layers that requantize."""

from __future__ import annotations

from typing import Any

import numpy as np

from hawx_hw.importing.float_graph import (
    FloatClamp,
    FloatConv,
    FloatFlatten,
    FloatGraph,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
    FloatNorm,
    OutputStatistics,
)

__all__ = ["fuse"]


def fuse(graph: FloatGraph) -> None:
    """Fold and fuse in place whatever can be; the computed function remains the same.

    A batch normalization that does not directly follow a convolution or linear layer that only it
    reads becomes a layer of its own: a depthwise convolution, or a linear layer of a vector.

    Weights that a quantized file gives as integers, and a scale that it prescribes between two
    layers, stay as they are: nothing is folded into the one, or across the other.
    """
    for layer in list(graph.layers):
        if isinstance(layer, FloatNorm):
            _fold_norm(graph, layer)
    for layer in list(graph.layers):
        if isinstance(layer, FloatClamp):
            _fuse_clamp(graph, layer)


def _fold_norm(graph: FloatGraph, norm: FloatNorm) -> None:
    source = graph.layer(norm.inputs[0])
    if (
        not isinstance(source, FloatConv | FloatLinear)
        or len(graph.users(source.name)) != 1
        or source.codes is not None
        or source.name in graph.encodings
        or np.isfinite((source.low, source.high)).any()
    ):
        graph.layers[graph.layers.index(norm)] = _alone(norm)
        return
    source.weight = source.weight * norm.gain.reshape((-1,) + (1,) * (source.weight.ndim - 1))
    source.bias = source.bias * norm.gain + norm.offset
    source.statistics = norm.statistics or _scaled(source.statistics, norm)
    _bypass(graph, norm)


def _scaled(statistics: OutputStatistics | None, norm: FloatNorm) -> OutputStatistics | None:
    """The statistics behind a normalization that only scales, and recorded none."""
    if statistics is None:
        return None
    variance = statistics.deviation**2
    return OutputStatistics.of_norm(norm.gain, norm.offset, statistics.mean, variance)


def _alone(norm: FloatNorm) -> FloatConv | FloatLinear:
    common: dict[str, Any] = {
        "name": norm.name, "label": norm.label, "inputs": norm.inputs, "shape": norm.shape,
        "bias": norm.offset, "statistics": norm.statistics,
    }  # fmt: skip
    if len(norm.shape) == 1:
        return FloatLinear(**common, weight=np.diag(norm.gain))
    return FloatConv(
        **common,
        weight=norm.gain.reshape(-1, 1, 1, 1),
        stride=(1, 1),
        padding=(0, 0, 0, 0),
        groups=len(norm.gain),
    )


def _fuse_clamp(graph: FloatGraph, clamp: FloatClamp) -> None:
    """Fuse a clamp; it commutes with the maximum of a window and with flattening."""
    source, prescribed = graph.layer(clamp.inputs[0]), graph.encodings.get(clamp.name)
    while source is not None and len(graph.users(source.name)) == 1:
        if prescribed not in (None, graph.encodings.get(source.name, prescribed)):
            return  # codes of one scale become codes of another here
        if source.requantizes:
            # Two clamps in sequence: the later one is applied to the ends of the earlier one.
            source.low, source.high = (
                float(np.clip(end, clamp.low, clamp.high)) for end in (source.low, source.high)
            )
            _bypass(graph, clamp)
            return
        if not isinstance(source, FloatMaxPool | FloatFlatten):
            return
        source = graph.layer(source.inputs[0])


def _bypass(graph: FloatGraph, layer: FloatLayer) -> None:
    """Remove a layer that its input has taken over, with the encoding of its output."""
    prescribed = graph.encodings.pop(layer.name, None)
    if prescribed is not None:
        graph.encodings[layer.inputs[0]] = prescribed
    for user in graph.users(layer.name):
        user.inputs = [layer.inputs[0] if name == layer.name else name for name in user.inputs]
    graph.layers.remove(layer)
