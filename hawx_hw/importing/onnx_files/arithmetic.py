"""Handlers of sums, differences, products and quotients of tensors and constants."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.importing.float_graph import (
    FloatAdd,
    FloatConcat,
    FloatConv,
    FloatLinear,
    WeightCodes,
)
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.gates import gated
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import Feature, natural
from hawx_hw.importing.onnx_files.weights import steps

__all__ = ["HANDLERS", "add", "concatenation"]


def _add(node: Node, builder: Builder) -> Feature:
    if len(node.inputs) == 1:  # a Sum of one
        return node.feature()
    if len(node.inputs) != 2:
        raise node.refuse(f"adds {len(node.inputs)} tensors; two are supported")
    first, second = node.inputs
    if isinstance(first, Feature) and isinstance(second, Feature):
        return add(node, builder, first, second)
    source, values, _ = _operands(node, builder)
    return offset_by(node, builder, source, values)


def add(node: Node, builder: Builder, first: Feature, second: Feature) -> Feature:
    """The sum of two tensors of real values."""
    if first.shape == second.shape and first.axes == second.axes:
        layer = FloatAdd(**builder.common(node, first.shape, first, second))
        result = builder.add(layer, first.batch)
        return replace(result, axes=first.axes, label=first.label)
    # A map and a vector of the same features: both as vectors.
    if len(first.axes) == 2 and first.file_shape == second.file_shape:
        (one, order), (other, second_order) = (
            builder.vector_of(node, each) for each in (first, second)
        )
        if order is None and second_order is None:
            return builder.add(FloatAdd(**builder.common(node, one.shape, one, other)), first.batch)
    raise node.refuse(
        f"adds tensors of shape {first.file_shape} and {second.file_shape}, which must be one "
        "shape in one order of axes"
    )


def offset_by(node: Node, builder: Builder, source: Feature, values: np.ndarray) -> Feature:
    """Constants, one a channel, added to a tensor: to the bias before it, if there is one."""
    layer = builder.layers.get(source.layer)
    if (
        isinstance(layer, FloatConv | FloatLinear)
        and layer.codes is not None
        and layer.name not in builder.encodings
        and not source.shared
    ):
        sums = layer.codes.scale * builder.assumed[layer.name].scale
        codes = layer.codes.bias + steps(node, builder, values, sums)
        if np.abs(codes).max() >= 2**31:
            raise node.refuse("adds numbers that do not fit 32 bits in steps of the sums before it")
        layer.codes = WeightCodes(layer.codes.weight, layer.codes.scale, codes.astype(np.int32))
        layer.bias = codes * sums
        return source
    return builder.affine(node, source, np.ones(len(values)), values)


def _operands(node: Node, builder: Builder) -> tuple[Feature, np.ndarray, bool]:
    """The tensor, the constants for each of its channels, and whether the tensor comes first."""
    if len(node.inputs) != 2:
        raise node.refuse("must have two inputs")
    first = isinstance(node.value(0), Feature)
    if first and isinstance(node.value(1), Feature):
        raise node.refuse("combines two computed tensors, which no layer of the hardware does")
    source = builder.settled(node, node.feature(0 if first else 1))
    constant = node.numbers(1 if first else 0, "constant")
    return source, builder.channels(node, source, constant, "constant"), first


def _subtract(node: Node, builder: Builder) -> Feature:
    source, values, first = _operands(node, builder)
    if first:
        return offset_by(node, builder, source, -values)
    return builder.affine(node, source, -np.ones(len(values)), values)


def _divide(node: Node, builder: Builder) -> Feature:
    source, values, first = _operands(node, builder)
    if not first or (values == 0).any():
        raise node.refuse("divides by a computed tensor, or by zero")
    return _scaled(node, builder, source, 1 / values)


def _multiply(node: Node, builder: Builder) -> Feature:
    first, second = (node.value(0), node.value(1)) if len(node.inputs) == 2 else (None, None)
    if isinstance(first, Feature) and isinstance(second, Feature):
        result = gated(node, builder, first, second) or gated(node, builder, second, first)
        if result is None:
            raise node.refuse(
                "multiplies two computed tensors, which no layer of the hardware does"
            )
        return result
    source, values, _ = _operands(node, builder)
    return _scaled(node, builder, source, values)


def _scaled(node: Node, builder: Builder, source: Feature, gain: np.ndarray) -> Feature:
    return builder.affine(node, source, gain, np.zeros(len(gain)))


def _concat(node: Node, builder: Builder) -> Feature:
    if not node.inputs or not all(isinstance(value, Feature) for value in node.inputs):
        raise node.refuse("must concatenate computed tensors only")
    return concatenation(node, builder, [node.feature(i) for i in range(len(node.inputs))])


def concatenation(node: Node, builder: Builder, sources: list[Feature]) -> Feature:
    """Tensors one after the other along their channels or features."""
    if len(sources) == 1:
        return sources[0]
    rank = len(sources[0].axes)
    axis = node.axis(node.integer("axis", 1), rank)
    if rank == 2:
        vectors = [builder.vector_of(node, source) for source in sources]
        if any(order is not None for _, order in vectors):
            raise node.refuse("concatenates flattened maps in channels-last order")
        sources = [vector for vector, _ in vectors]
    views = [_channels_first(node, source, axis) for source in sources]
    if len({view.codes for view in views}) > 1:
        raise node.refuse("concatenates codes of different scales or zero points")
    shape = (sum(view.shape[0] for view in views), *views[0].shape[1:])
    if any(view.shape[1:] != views[0].shape[1:] for view in views):
        raise node.refuse("concatenates maps of different sizes")
    layer = FloatConcat(**builder.common(node, shape, *views))
    result = replace(builder.add(layer, views[0].batch), codes=views[0].codes)
    if result.codes is not None and result.codes.encoding is not None:
        builder.encodings[result.layer] = result.codes.encoding
    if rank == 4 and axis == 3:
        return result.transposed((0, 2, 3, 1), node.label)
    return result


def _channels_first(node: Node, source: Feature, axis: int) -> Feature:
    rank = len(source.axes)
    if rank == 4 and axis == 3:
        source = source.transposed((0, 3, 1, 2), source.label)
    if source.axes != natural(source.shape) or (rank, axis) not in ((2, 1), (4, 1), (4, 3)):
        raise node.refuse(
            f"concatenates tensors of shape {source.file_shape} along axis {axis}; only channels "
            "or features can be"
        )
    return source


HANDLERS = {
    "Add": _add,
    "Concat": _concat,
    "Div": _divide,
    "Mul": _multiply,
    "Sub": _subtract,
    "Sum": _add,
}
