"""Post-training quantization: from a float network and calibration images to the integer graph.

Weights get one scale a filter, symmetric about zero. Activations get one scale and zero point a
tensor, from the range with the least mean squared error on the calibration images
(:mod:`.ranges`).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping

import numpy as np
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    CODE_MIN,
    SUM_MAX,
    WEIGHT_MAX,
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    fixed_point,
)
from hawx_hw.graph.pixels import INPUT_SCALE, INPUT_ZERO_POINT, codes
from hawx_hw.quantize.float_graph import (
    INPUT,
    FloatAdd,
    FloatAveragePool,
    FloatClamp,
    FloatConv,
    FloatFlatten,
    FloatGraph,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
)
from hawx_hw.quantize.ranges import Encoding, Histogram
from hawx_hw.quantize.tracing import trace

__all__ = ["codes", "quantize"]

_BATCH = 64
_LEAST_GAIN = 2.0**-24
_BIAS_BITS = 28
_EXACT_MULTIPLIER = 128
#: The largest number of 32 bits; calibration computes in 64.
_FLOAT_MAX = float(np.finfo(np.float32).max)


def quantize(network: nn.Module, images: np.ndarray, *, name: str) -> Graph:
    """The integer graph of a float network.

    Parameters
    ----------
    network : torch.nn.Module
        Takes ``pixel / 255`` as ``(batch, C, H, W)``; it is not changed.
    images : ndarray of uint8
        Calibration images ``(n, C, H, W)``, n >= 1. The same images in the same order give the same
        graph.
    name : str
        Name of the graph.

    Returns
    -------
    Graph
        Its input codes are ``codes(images)``.

    Raises
    ------
    UserError
        The network has an operation without an integer counterpart, computes values that are not
        finite, or would not be in 32 bits, or has sums that do not fit 32 bits. The message names
        the layer.
    """
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) == 0:
        raise ValueError(
            "Images must be uint8 of shape (n, C, H, W) with n >= 1, "
            f"not {images.dtype} of shape {images.shape}"
        )
    layers = trace(network, images)
    encodings = _calibrate(layers, images)
    shapes = {INPUT: layers.shape} | {layer.name: layer.shape for layer in layers.layers}
    return Graph(
        name,
        INPUT,
        tuple(_node(layer, encodings) for layer in layers.layers),
        {
            key: Tensor(shapes[key], encoding.scale, encoding.zero_point)
            for key, encoding in encodings.items()
        },
    )


def _calibrate(graph: FloatGraph, images: np.ndarray) -> dict[str, Encoding]:
    """The encoding of every tensor, in the order of computation."""
    labels = {layer.name: layer.label for layer in graph.layers}
    lows = dict.fromkeys(labels, 0.0)
    highs = dict.fromkeys(labels, 0.0)
    for name, values in _activations(graph, images):
        low, high = (float(end) for end in torch.aminmax(values))
        if not (-low <= _FLOAT_MAX and high <= _FLOAT_MAX):
            raise UserError(
                f"The layer {labels[name]!r} computes values that are not finite in 32 bits.",
                where="network.model",
            )
        lows[name], highs[name] = min(lows[name], low), max(highs[name], high)
    measured = [layer.name for layer in graph.layers if _sets_scale(layer)]
    histograms = {name: Histogram(lows[name], highs[name]) for name in measured}
    for name, values in _activations(graph, images):
        if name in histograms:
            histograms[name].add(values.numpy())

    encodings = {INPUT: Encoding(INPUT_SCALE, INPUT_ZERO_POINT)}
    for layer in graph.layers:
        if _sets_scale(layer):
            encodings[layer.name] = histograms[layer.name].best()
        else:
            encodings[layer.name] = encodings[layer.inputs[0]]
    return encodings


def _sets_scale(layer: FloatLayer) -> bool:
    """Whether the output has a scale of its own; a clamp has its input's."""
    return layer.requantizes and not isinstance(layer, FloatClamp)


def _activations(graph: FloatGraph, images: np.ndarray) -> Iterator[tuple[str, torch.Tensor]]:
    for start in range(0, len(images), _BATCH):
        pixels = torch.from_numpy(images[start : start + _BATCH].astype(np.float64) / 255)
        yield from graph.evaluate(pixels)


def _node(layer: FloatLayer, encodings: Mapping[str, Encoding]) -> Node:
    inputs = tuple(layer.inputs)
    source, target = encodings[inputs[0]], encodings[layer.name]
    match layer:
        case FloatConv():
            parameters = _weighted(layer, source, target)
            return Conv2d(layer.name, inputs, *parameters, layer.stride, layer.padding)
        case FloatLinear():
            return Linear(layer.name, inputs, *_weighted(layer, source, target))
        case FloatMaxPool():
            return MaxPool2d(layer.name, inputs, layer.kernel, layer.stride, layer.padding)
        case FloatAveragePool():
            bias = -layer.kernel[0] * layer.kernel[1] * source.zero_point
            rule = _rule(layer, target, [source.scale / (target.scale * layer.divisor)])
            return AveragePool2d(
                layer.name, inputs, layer.kernel, layer.stride, bias, rule, layer.padding
            )
        case FloatAdd():
            terms = [encodings[name] for name in inputs]
            rule = _rule(layer, target, [term.scale / target.scale for term in terms])
            bias = -sum(
                term.zero_point * int(m) for term, m in zip(terms, rule.multiplier, strict=True)
            )
            return Add(layer.name, inputs, bias, rule)
        case FloatClamp():
            rule = _rule(layer, target, [source.scale / target.scale])
            return Clamp(layer.name, inputs, -source.zero_point, rule)
        case FloatFlatten():
            return Flatten(layer.name, inputs)
        case _:
            raise TypeError(f"Float layers of type {type(layer).__name__} cannot be quantized")


def _rule(layer: FloatLayer, target: Encoding, scales: list[float]) -> Requantization:
    try:
        multiplier, shift = fixed_point(np.array(scales))
    except ValueError as error:
        raise UserError(
            f"The layer {layer.label!r} changes scale by {max(scales):g}, which is out of range.",
            where="network.model",
        ) from error
    return _requantization(layer, target, multiplier, shift)


def _requantization(
    layer: FloatLayer, target: Encoding, multiplier: np.ndarray, shift: int
) -> Requantization:
    low, high = target.code(layer.low), target.code(layer.high)
    return Requantization(multiplier, shift, target.zero_point, low, high)


def _weighted(
    layer: FloatConv | FloatLinear, source: Encoding, target: Encoding
) -> tuple[np.ndarray, np.ndarray, Requantization]:
    """Weights, bias with the input's zero point folded in, and the rule.

    The multipliers are chosen first and the weights' scales follow from them, so that the product
    of both is the output's scale exactly: no filter has an error from the rounding of its
    multiplier.
    """
    axes = tuple(range(1, layer.weight.ndim))
    peaks = np.abs(layer.weight).max(axis=axes)
    gains = np.maximum(peaks / WEIGHT_MAX * source.scale / target.scale, _LEAST_GAIN)
    # A filter whose bias dominates gets smaller weight codes, so that its bias fits int32.
    bias_codes = np.minimum(np.abs(layer.bias) / target.scale, 1024)
    gains = np.maximum(gains, bias_codes * 2.0**-_BIAS_BITS)
    rule = _rule(layer, target, list(gains))
    multiplier = rule.multiplier
    # A small multiplier is rounded up, so that weights exceed their range by a rounding at most.
    multiplier = np.where(multiplier < _EXACT_MULTIPLIER, multiplier + 1, multiplier)
    scales = multiplier * 2.0**-rule.shift * target.scale / source.scale
    shape = (-1,) + (1,) * len(axes)
    weight = np.clip(
        np.floor(layer.weight / scales.reshape(shape) + 0.5), -WEIGHT_MAX, WEIGHT_MAX
    ).astype(np.int64)
    magnitude = np.abs(weight).sum(axis=axes)
    # A bias beyond this saturates the output for every input: more would only widen the sums.
    codes_a_sum = scales * source.scale / target.scale
    limit = 255 * magnitude + np.ceil(512 / codes_a_sum)
    bias = np.clip(np.floor(layer.bias / (scales * source.scale) + 0.5), -limit, limit)
    bias = bias.astype(np.int64) - source.zero_point * weight.sum(axis=axes)
    worst = int((magnitude * -CODE_MIN + np.abs(bias)).max())
    if worst > SUM_MAX:
        raise UserError(
            f"The sums of layer {layer.label!r} may reach {worst}, which does not fit 32 bits.",
            where="network.model",
        )
    return (
        weight.astype(np.int8),
        bias.astype(np.int32),
        _requantization(layer, target, multiplier, rule.shift),
    )
