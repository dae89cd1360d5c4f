"""Folds batch normalization into weights and clamps into the layers that requantize."""

from __future__ import annotations

import numpy as np

from hawx_hw.errors import UserError
from hawx_hw.quantize.float_graph import (
    FloatClamp,
    FloatConv,
    FloatFlatten,
    FloatGraph,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
    FloatNorm,
)

__all__ = ["fuse"]


def fuse(graph: FloatGraph) -> None:
    """Fold and fuse in place whatever can be; the computed function remains the same.

    Raises
    ------
    UserError
        A batch normalization does not directly follow a convolution or linear layer that only it
        reads.
    """
    for layer in list(graph.layers):
        if isinstance(layer, FloatNorm):
            _fold_norm(graph, layer)
    for layer in list(graph.layers):
        if isinstance(layer, FloatClamp):
            _fuse_clamp(graph, layer)


def _fold_norm(graph: FloatGraph, norm: FloatNorm) -> None:
    source = graph.layer(norm.inputs[0])
    if not isinstance(source, FloatConv | FloatLinear) or len(graph.users(source.name)) != 1:
        raise UserError(
            f"The batch normalization {norm.label!r} cannot be folded: it does not follow a "
            "convolution or linear layer that feeds only it.",
            where="network.model",
        )
    source.weight = source.weight * norm.gain.reshape((-1,) + (1,) * (source.weight.ndim - 1))
    source.bias = source.bias * norm.gain + norm.offset
    _bypass(graph, norm)


def _fuse_clamp(graph: FloatGraph, clamp: FloatClamp) -> None:
    """Fuse a clamp; it commutes with the maximum of a window and with flattening."""
    source = graph.layer(clamp.inputs[0])
    while source is not None and len(graph.users(source.name)) == 1:
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
    for user in graph.users(layer.name):
        user.inputs = [layer.inputs[0] if name == layer.name else name for name in user.inputs]
    graph.layers.remove(layer)
