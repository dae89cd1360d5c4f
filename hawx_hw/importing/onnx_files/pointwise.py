"""Handlers of functions of each value: clamps, activations, and what changes no value."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hawx_hw.importing.float_graph import INPUT, FloatActivation, FloatClamp
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.gates import ERF
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.tensors import type_name
from hawx_hw.importing.onnx_files.values import Constant, Feature

__all__ = ["HANDLERS", "activation", "clamp"]

_REAL = ("FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16")


def clamp(node: Node, builder: Builder, source: Feature, low: float, high: float) -> Feature:
    """Values limited to [low, high]; infinities do not limit."""
    if math.isnan(low) or math.isnan(high) or not low <= high:
        raise node.refuse(f"clamps to [{low}, {high}], which must be two numbers in order")
    if low == -math.inf and high == math.inf:
        return source
    return builder.pointwise(node, source, FloatClamp, low=low, high=high)


def activation(
    node: Node, builder: Builder, source: Feature, function: str, *parameters: float
) -> Feature:
    """A function of each value, see :mod:`hawx_hw.importing.activations`."""
    return builder.pointwise(
        node, source, FloatActivation, function=function, parameters=parameters
    )


def _relu(node: Node, builder: Builder) -> Feature:
    return clamp(node, builder, node.feature(), 0.0, math.inf)


def _scalar(node: Node, index: int, default: float, what: str) -> float:
    if node.value(index) is None:
        return default
    values = np.asarray(node.constant(index, what).array, dtype=np.float64)
    if values.size != 1:
        raise node.refuse(f"must have one number as its {what}, not {values.size}")
    return float(values.reshape(()))


def limits(node: Node) -> tuple[float, float]:
    """The ends of a Clip: attributes before opset 11, inputs since."""
    low = (
        _attribute(node, "min") if "min" in node.attributes else _scalar(node, 1, -math.inf, "min")
    )
    high = (
        _attribute(node, "max") if "max" in node.attributes else _scalar(node, 2, math.inf, "max")
    )
    # The largest numbers of 32 bits stand for no limit.
    largest = float(np.finfo(np.float32).max)
    return (-math.inf if low <= -largest else low), (math.inf if high >= largest else high)


def _attribute(node: Node, name: str) -> float:
    value = node.attributes[name]
    if not isinstance(value, int | float):
        raise node.refuse(f"must have a number as {name}")
    return float(value)


def _clip(node: Node, builder: Builder) -> Feature:
    source, (low, high) = node.feature(), limits(node)
    if source.codes is None:
        return clamp(node, builder, source, low, high)
    if source.codes.encoding is None:
        raise node.refuse("clips codes whose scale is unknown")
    # The file's codes as real values.
    scale = source.codes.encoding.scale
    zero_point = source.codes.encoding.zero_point + source.codes.offset
    ends = ((end - zero_point) * scale for end in (low, high))
    result = clamp(node, builder, source, *ends)
    if result.layer != source.layer:
        builder.encodings[result.layer] = source.codes.encoding
    return result


def _extreme(node: Node, builder: Builder) -> Feature:
    """Lower Max and Min of a tensor and one number."""
    if len(node.inputs) != 2 or isinstance(node.value(0), Feature) is isinstance(
        node.value(1), Feature
    ):
        raise node.refuse("must combine a computed tensor and one number")
    index = 0 if isinstance(node.value(0), Feature) else 1
    end = _scalar(node, 1 - index, 0.0, "limit")
    ends = (end, math.inf) if node.op == "Max" else (-math.inf, end)
    return clamp(node, builder, node.feature(index), *ends)


def _plain(function: str) -> Callable[[Node, Builder], Feature]:
    def handler(node: Node, builder: Builder) -> Feature:
        return activation(node, builder, node.feature(), function)

    return handler


def _leaky_relu(node: Node, builder: Builder) -> Feature:
    return activation(node, builder, node.feature(), "leaky_relu", node.number("alpha", 0.01))


def _prelu(node: Node, builder: Builder) -> Feature:
    slopes = node.numbers(1, "slope").reshape(-1)
    if slopes.size == 0 or (slopes != slopes[0]).any():
        raise node.refuse(f"has {slopes.size} slopes that differ; one slope is supported")
    return activation(node, builder, node.feature(), "leaky_relu", float(slopes[0]))


def _elu(node: Node, builder: Builder) -> Feature:
    return activation(node, builder, node.feature(), "elu", node.number("alpha", 1.0))


def _selu(node: Node, builder: Builder) -> Feature:
    alpha = node.number("alpha", 1.67326319217681884765625)
    gamma = node.number("gamma", 1.05070102214813232421875)
    if math.isclose(alpha, 1.6732632, rel_tol=1e-6) and math.isclose(gamma, 1.050701, rel_tol=1e-6):
        return activation(node, builder, node.feature(), "selu")
    result = activation(node, builder, node.feature(), "elu", alpha)
    count = result.shape[0]
    return builder.affine(node, result, np.full(count, gamma), np.zeros(count))


def _hard_sigmoid(node: Node, builder: Builder) -> Feature:
    slope, offset = node.number("alpha", 0.2), node.number("beta", 0.5)
    return activation(node, builder, node.feature(), "hardsigmoid", slope, offset)


def _gelu(node: Node, builder: Builder) -> Feature:
    rule = node.text("approximate", "none")
    if rule not in ("none", "tanh"):
        raise node.refuse(f"has the unknown approximation {rule!r}")
    function = "gelu" if rule == "none" else "gelu_tanh"
    return activation(node, builder, node.feature(), function)


def _swish(node: Node, builder: Builder) -> Feature:
    if node.number("alpha", 1.0) != 1:
        raise node.refuse("has an alpha that is not 1, which is not supported")
    return activation(node, builder, node.feature(), "silu")


def _same(node: Node, builder: Builder) -> Any:
    value = node.value(0)
    if value is None:
        raise node.refuse("has no input")
    return value


def _dropout(node: Node, builder: Builder) -> Any:
    if node.outputs > 1:
        raise node.refuse("gives its mask, which is not supported")
    training = node.value(2)
    if training is not None and not (isinstance(training, Constant) and not np.any(training.array)):
        raise node.refuse("drops out outside of training too")
    return _same(node, builder)


def _cast(node: Node, builder: Builder) -> Feature:
    source, target = node.feature(), type_name(node.integer("to", 0))
    if target not in _REAL:
        raise node.refuse(f"casts a computed tensor to {target}, which is not supported")
    if source.codes is None:
        return source
    if source.layer != INPUT or source.codes.encoding is not None or source.codes.kind != "uint8":
        raise node.refuse("casts codes to real values without their scale")
    return replace(source, codes=None)


HANDLERS: dict[str, Callable[[Node, Builder], Any]] = {
    "Abs": _plain("abs"),
    "Cast": _cast,
    "Clip": _clip,
    "Dropout": _dropout,
    "Elu": _elu,
    "Erf": _plain(ERF),
    "Gelu": _gelu,
    "HardSigmoid": _hard_sigmoid,
    "HardSwish": _plain("hardswish"),
    "Identity": _same,
    "LeakyRelu": _leaky_relu,
    "Max": _extreme,
    "Min": _extreme,
    "Mish": _plain("mish"),
    "Neg": _plain("neg"),
    "PRelu": _prelu,
    "Relu": _relu,
    "Selu": _selu,
    "Sigmoid": _plain("sigmoid"),
    "Softplus": _plain("softplus"),
    "Swish": _swish,
    "Tanh": _plain("tanh"),
}
