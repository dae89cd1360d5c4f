"""Handlers of sums of products: convolutions, matrix products and batch normalization."""

from __future__ import annotations

import numpy as np

from hawx_hw.importing.float_graph import FloatConv, FloatLinear, OutputStatistics
from hawx_hw.importing.onnx_files.builder import Builder, stem
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import BATCH, Constant, ConstantCodes, Feature
from hawx_hw.importing.onnx_files.weights import weight_codes
from hawx_hw.importing.onnx_files.windows import joined, window

__all__ = ["HANDLERS", "convolution", "linear"]


def convolution(
    node: Node, builder: Builder, source: Feature, weight: Constant, bias: Constant | None
) -> Feature:
    """The convolution of a map with constant weights ``(filters, channels / groups, kh, kw)``.

    Parameters
    ----------
    node : Node
        Its attributes are those of Conv.
    builder : Builder
    source : Feature
        Real values.
    weight : Constant
    bias : Constant or None
    """
    numbers = node.real(weight.array, "weight")
    if numbers.ndim != 4:
        raise node.refuse(f"has weights of shape {numbers.shape}; images need 4 axes")
    source, groups = builder.map_of(node, source), node.integer("group", 1)
    channels = source.shape[0]
    if groups < 1 or numbers.shape[1] * groups != channels or len(numbers) % groups:
        raise node.refuse(
            f"has {groups} groups and weights of shape {numbers.shape} for {channels} channels"
        )
    kernel = tuple(numbers.shape[2:])
    if tuple(node.integers("kernel_shape", kernel)) != kernel:
        raise node.refuse(f"has weights of shape {numbers.shape}, not of its kernel_shape")
    windows = window(node, source, kernel)
    layer = FloatConv(
        **builder.common(
            node, (len(numbers), *windows.size), source, name=stem(node.label, weight)
        ),
        weight=numbers,
        bias=_bias(node, bias, len(numbers)),
        stride=windows.stride,
        padding=joined(node, source, windows.padding, windows.extent),
        groups=groups,
        dilation=windows.dilation,
    )
    weight_codes(node, builder, layer, weight.codes, bias)
    return builder.add(layer, source.batch)


def _bias(node: Node, bias: Constant | None, count: int) -> np.ndarray:
    if bias is None:
        return np.zeros(count)
    values = node.real(bias.array, "bias")
    if (
        values.size not in (1, count)
        or values.ndim > 2
        or values.shape[-1:] not in ((1,), (count,), ())
    ):
        raise node.refuse(f"has a bias of shape {values.shape} for {count} outputs")
    return np.broadcast_to(values.reshape(-1), (count,)).copy()


def linear(
    node: Node, builder: Builder, source: Feature, weight: Constant, bias: Constant | None
) -> Feature:
    """The product of a vector with constant weights ``(outputs, inputs)``; see :func:`convolution`.

    A product along the channels of a map in channels-last order is a 1 x 1 convolution.
    """
    numbers = node.real(weight.array, "weight")
    if numbers.ndim != 2:
        raise node.refuse(f"has weights of shape {numbers.shape}, which must have two axes")
    if len(source.axes) == 4 and source.transposed((0, 3, 1, 2), "").is_map:
        if bias is not None:
            raise node.refuse("multiplies a map by a matrix with a bias")
        return _pointwise(node, builder, source, weight)
    vector, order = builder.vector_of(node, source)
    if numbers.shape[1] != vector.shape[0]:
        raise node.refuse(f"has weights for {numbers.shape[1]} inputs, and reads {vector.shape[0]}")
    codes = weight.codes
    if order is not None:
        numbers = _reordered(numbers, order)
        codes = codes and ConstantCodes(_reordered(codes.codes, order), codes.scale, codes.axis)
    layer = FloatLinear(
        **builder.common(node, (len(numbers),), vector, name=stem(node.label, weight)),
        weight=numbers,
        bias=_bias(node, bias, len(numbers)),
    )
    weight_codes(node, builder, layer, codes, bias)
    return builder.add(layer, source.batch)


def _reordered(numbers: np.ndarray, order: np.ndarray) -> np.ndarray:
    result = np.empty_like(numbers)
    result[:, order] = numbers
    return result


def _pointwise(node: Node, builder: Builder, source: Feature, weight: Constant) -> Feature:
    filters = Constant(
        weight.array[:, :, None, None],
        weight.name,
        weight.codes
        and ConstantCodes(
            weight.codes.codes[:, :, None, None], weight.codes.scale, weight.codes.axis
        ),
    )
    plain = Node(node.path, node.label, node.domain, node.op, node.inputs, {}, node.outputs)
    first = source.transposed((0, 3, 1, 2), node.label)
    return convolution(plain, builder, first, filters, None).transposed((0, 2, 3, 1), node.label)


def _conv(node: Node, builder: Builder) -> Feature:
    bias = None if node.value(2) is None else node.constant(2, "bias")
    return convolution(node, builder, node.feature(), node.constant(1, "weight"), bias)


def _transposed(constant: Constant) -> Constant:
    codes = constant.codes and constant.codes.transposed((1, 0))
    return Constant(constant.array.T, constant.name, codes)


def _gemm(node: Node, builder: Builder) -> Feature:
    weight = node.constant(1, "weight")
    bias = None if node.value(2) is None else node.constant(2, "bias")
    return gemm(node, builder, node.feature(), weight, bias)


def gemm(
    node: Node, builder: Builder, source: Feature, weight: Constant, bias: Constant | None
) -> Feature:
    """A Gemm, by its attributes, of real values."""
    if node.integer("transA", 0):
        raise node.refuse("transposes its input (transA), which is not supported")
    if weight.array.ndim != 2:
        raise node.refuse(f"has weights of shape {weight.array.shape}, which must have two axes")
    if not node.integer("transB", 0):
        weight = _transposed(weight)
    alpha, beta = node.number("alpha", 1.0), node.number("beta", 1.0)
    if bias is not None and bias.array.ndim == 2 and bias.array.shape[0] != 1:
        raise node.refuse(f"has a bias of shape {bias.array.shape}, which must be one vector")
    if alpha != 1:
        weight = Constant(alpha * node.real(weight.array, "weight"), weight.name)
    if beta != 1 and bias is not None:
        bias = Constant(beta * node.real(bias.array, "bias"), bias.name)
    return linear(node, builder, source, weight, bias)


def _matmul(node: Node, builder: Builder) -> Feature:
    return matmul(node, builder, node.feature(), node.constant(1, "second factor"))


def matmul(node: Node, builder: Builder, source: Feature, weight: Constant) -> Feature:
    """The product of vectors with a constant matrix ``(inputs, outputs)``."""
    if weight.array.ndim != 2:
        raise node.refuse(f"multiplies by a constant of shape {weight.array.shape}, not a matrix")
    return linear(node, builder, source, _transposed(weight), None)


def _norm(node: Node, builder: Builder) -> Feature:
    if node.integer("training_mode", 0):
        raise node.refuse("normalizes by the statistics of a batch (training_mode)")
    source = builder.settled(node, node.feature())
    if len(source.axes) not in (2, 4) or source.axes[0] != BATCH:
        raise node.refuse(f"must read images or vectors, not {source.file_shape}")
    names = ("scale", "bias", "mean", "variance")
    scale, bias, mean, variance = (
        node.numbers(index, name).reshape(-1) for index, name in enumerate(names, 1)
    )
    count = source.shape[0]
    if {len(each) for each in (scale, bias, mean, variance)} != {count}:
        raise node.refuse(f"must have {count} numbers for {count} channels")
    if source.channel_axis() not in ((1,) if count > 1 else (None, 1)):
        raise node.refuse("must read channels as the second axis")
    spread = variance + node.number("epsilon", 1e-5)
    if (spread <= 0).any():
        raise node.refuse("has a variance that is not positive")
    gain = scale / np.sqrt(spread)
    offset = bias - mean * gain
    statistics = OutputStatistics.of_norm(gain, offset, mean, np.maximum(variance, 0))
    return builder.affine(node, source, gain, offset, statistics)


HANDLERS = {
    "BatchNormalization": _norm,
    "Conv": _conv,
    "Gemm": _gemm,
    "MatMul": _matmul,
}
