"""Handlers of operators on codes: QLinearConv and its like, of ONNX and of onnxruntime.

Each is read as its inputs dequantized, the operator in real numbers, and its result quantized: the
layers are those of a file that writes these steps one by one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from hawx_hw.importing.onnx_files import arithmetic, pointwise, pooling, products
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.quantized import (
    as_real,
    code_format,
    dequantized_constant,
    quantized,
)
from hawx_hw.importing.onnx_files.values import Constant, ConstantCodes, Feature, Value

__all__ = ["HANDLERS", "RUNTIME_HANDLERS"]


def _real(node: Node, builder: Builder, index: int) -> Feature:
    """The activation at an input, with its scale and zero point at the next two."""
    return as_real(node, builder, node.feature(index), node.value(index + 1), node.value(index + 2))


def _weight(node: Node, index: int, axis: int) -> Constant:
    return dequantized_constant(
        node, node.constant(index, "weight"), node.value(index + 1), node.value(index + 2), axis
    )


def _bias(node: Node, index: int, source: Constant, weight: Constant) -> Constant | None:
    """A bias of int32, in steps of the product of both scales."""
    if node.value(index) is None:
        return None
    bias = node.constant(index, "bias")
    codes = bias.array.astype(np.int64)
    assert weight.codes is not None
    scale = weight.codes.scale * float(np.asarray(source.array, dtype=np.float64).reshape(()))
    if bias.array.dtype.kind not in "iu" or codes.ndim > 2 or scale.size not in (1, codes.size):
        raise node.refuse(f"has a bias of shape {codes.shape} and type {bias.array.dtype.name}")
    real = codes.reshape(-1) * scale
    return Constant(real, bias.name, ConstantCodes(codes.reshape(-1), scale, 0))


def _result(node: Node, builder: Builder, result: Feature, index: int) -> Feature:
    """The result as codes, with its scale and zero point at two inputs."""
    kind = code_format(node, node.value(index), node.value(index + 1))
    return quantized(node, builder, result, kind)


def _conv(node: Node, builder: Builder) -> Feature:
    source, weight = _real(node, builder, 0), _weight(node, 3, 0)
    bias = _bias(node, 8, node.constant(1, "scale"), weight)
    return _result(node, builder, products.convolution(node, builder, source, weight, bias), 6)


def _matmul(node: Node, builder: Builder) -> Feature:
    source, weight = _real(node, builder, 0), _weight(node, 3, 1)
    return _result(node, builder, products.matmul(node, builder, source, weight), 6)


def _gemm(node: Node, builder: Builder) -> Feature:
    source = _real(node, builder, 0)
    if node.number("alpha", 1.0) != 1:
        raise node.refuse("has an alpha that is not 1, which is not supported")
    weight = _weight(node, 3, 0 if node.integer("transB", 0) else 1)
    bias = _bias(node, 6, node.constant(1, "scale"), weight)
    result = products.gemm(node, builder, source, weight, bias)
    return result if node.value(7) is None else _result(node, builder, result, 7)


def _constant_or_real(node: Node, builder: Builder, index: int) -> Value:
    if isinstance(node.value(index), Constant):
        return _weight(node, index, 0)
    return _real(node, builder, index)


def _add(node: Node, builder: Builder) -> Feature:
    first, second = (_constant_or_real(node, builder, index) for index in (0, 3))
    plain = replace(node, inputs=(first, second))
    return _result(node, builder, arithmetic.HANDLERS["Add"](plain, builder), 6)


def _multiply(node: Node, builder: Builder) -> Feature:
    first, second = (_constant_or_real(node, builder, index) for index in (0, 3))
    plain = replace(node, inputs=(first, second))
    return _result(node, builder, arithmetic.HANDLERS["Mul"](plain, builder), 6)


def _channels_last(node: Node) -> None:
    if node.integer("channels_last", 0):
        raise node.refuse("reads channels as the last axis (channels_last), which is not supported")


def _global_average(node: Node, builder: Builder) -> Feature:
    _channels_last(node)
    source = _real(node, builder, 0)
    return _result(node, builder, pooling.global_average(node, builder, source), 3)


def _average(node: Node, builder: Builder) -> Feature:
    _channels_last(node)
    source = _real(node, builder, 0)
    return _result(node, builder, pooling.average_pool(node, builder, source), 3)


def _concat(node: Node, builder: Builder) -> Feature:
    if len(node.inputs) < 5 or len(node.inputs) % 3 != 2:
        raise node.refuse("must have a tensor, a scale and a zero point for each part")
    sources = [_real(node, builder, index) for index in range(2, len(node.inputs), 3)]
    return _result(node, builder, arithmetic.concatenation(node, builder, sources), 0)


def _sigmoid(node: Node, builder: Builder) -> Feature:
    source = _real(node, builder, 0)
    return _result(node, builder, pointwise.activation(node, builder, source, "sigmoid"), 3)


def _leaky_relu(node: Node, builder: Builder) -> Feature:
    source, slope = _real(node, builder, 0), node.number("alpha", 0.01)
    result = pointwise.activation(node, builder, source, "leaky_relu", slope)
    return _result(node, builder, result, 3)


#: Of ONNX itself.
HANDLERS: dict[str, Callable[[Node, Builder], Feature]] = {
    "QLinearConv": _conv,
    "QLinearMatMul": _matmul,
}

#: Of onnxruntime's domain, com.microsoft.
RUNTIME_HANDLERS: dict[str, Callable[[Node, Builder], Feature]] = {
    "QGemm": _gemm,
    "QLinearAdd": _add,
    "QLinearAveragePool": _average,
    "QLinearConcat": _concat,
    "QLinearGlobalAveragePool": _global_average,
    "QLinearLeakyRelu": _leaky_relu,
    "QLinearMul": _multiply,
    "QLinearSigmoid": _sigmoid,
}
