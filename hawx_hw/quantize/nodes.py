"""Layers in real numbers with their encodings become the nodes of the integer graph."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import torch

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    CODE_MAX,
    CODE_MIN,
    SUM_MAX,
    WEIGHT_MAX,
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Linear,
    Lookup,
    MaxPool2d,
    Node,
    Requantization,
    fixed_point,
)
from hawx_hw.importing.activations import apply
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import (
    FloatActivation,
    FloatAdd,
    FloatAveragePool,
    FloatClamp,
    FloatConcat,
    FloatConv,
    FloatFlatten,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
    WeightCodes,
)

__all__ = ["node_of"]

_LEAST_GAIN = 2.0**-24
_BIAS_BITS = 28
_EXACT_MULTIPLIER = 128


def node_of(layer: FloatLayer, encodings: Mapping[str, Encoding]) -> Node:
    """The integer layer.

    Parameters
    ----------
    layer : FloatLayer
        Fused; where it does not requantize, its inputs have its output's encoding.
    encodings : mapping of str to Encoding
        Of its inputs and its output, by name.

    Raises
    ------
    UserError
        A change of scale or a sum beyond the hardware's integers; the message names the layer.
    """
    inputs = tuple(layer.inputs)
    source, target = encodings[inputs[0]], encodings[layer.name]
    match layer:
        case FloatConv():
            parameters = _weighted(layer, source, target)
            return Conv2d(
                layer.name,
                inputs,
                *parameters,
                layer.stride,
                layer.padding,
                layer.groups,
                layer.dilation,
            )
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
        case FloatActivation():
            return Lookup(layer.name, inputs, _table(layer, source, target), target.zero_point)
        case FloatConcat():
            return Concat(layer.name, inputs)
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
    if layer.codes is not None:
        return _prescribed(layer, layer.codes, source, target)
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
    _check_sums(layer, magnitude, bias)
    return (
        weight.astype(np.int8),
        bias.astype(np.int32),
        _requantization(layer, target, multiplier, rule.shift),
    )


def _prescribed(
    layer: FloatConv | FloatLinear, codes: WeightCodes, source: Encoding, target: Encoding
) -> tuple[np.ndarray, np.ndarray, Requantization]:
    """The integers of a quantized file, and the multipliers that come nearest to its scales."""
    weight = codes.weight.astype(np.int64).reshape(len(codes.weight), -1)
    bias = codes.bias.astype(np.int64) - source.zero_point * weight.sum(axis=1)
    _check_sums(layer, np.abs(weight).sum(axis=1), bias)
    rule = _rule(layer, target, list(codes.scale * source.scale / target.scale))
    return codes.weight, bias.astype(np.int32), rule


def _check_sums(layer: FloatLayer, magnitude: np.ndarray, bias: np.ndarray) -> None:
    worst = int((magnitude * -CODE_MIN + np.abs(bias)).max())
    if worst > SUM_MAX:
        raise UserError(
            f"The sums of layer {layer.label!r} may reach {worst}, which does not fit 32 bits.",
            where="network.model",
        )


def _table(layer: FloatActivation, source: Encoding, target: Encoding) -> np.ndarray:
    """The output code of every input code, from -128 on; the nearest code of the exact value."""
    values = (np.arange(CODE_MIN, CODE_MAX + 1) - source.zero_point) * source.scale
    results = apply(layer.function, torch.from_numpy(values), layer.parameters).numpy()
    results = np.clip(results, layer.low, layer.high)
    return np.array([target.code(float(value)) for value in results], dtype=np.int8)
