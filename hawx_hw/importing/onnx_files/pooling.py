"""Handlers of poolings: windows, whole maps, and reductions over height and width."""

from __future__ import annotations

from dataclasses import replace

from hawx_hw.graph.graph import CODE_MIN
from hawx_hw.importing.float_graph import (
    FloatActivation,
    FloatAveragePool,
    FloatClamp,
    FloatLayer,
    FloatMaxPool,
)
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import BATCH, Feature
from hawx_hw.importing.onnx_files.windows import joined, window

__all__ = ["HANDLERS", "average_pool", "global_average"]

_NOT_NEGATIVE = ("sigmoid", "hardsigmoid", "abs", "softplus")


def _max_pool(node: Node, builder: Builder) -> Feature:
    source = builder.map_of(node, node.feature())
    if node.outputs > 1:
        raise node.refuse("gives the places of the largest values, which is not supported")
    if "kernel_shape" not in node.attributes:
        raise node.refuse("has no kernel_shape")
    windows = window(node, source, tuple(node.integers("kernel_shape", (0, 0))))
    if windows.dilation != (1, 1):
        raise node.refuse("is a dilated pooling, which is not supported")
    if any(source.padding) and not _not_negative(builder, source):
        raise node.refuse(
            f"reads the zeros of {source.padding_label!r} around values that may be negative; a "
            "pooling pads with the lowest value"
        )
    down, right = windows.beyond
    top, left, bottom, behind = windows.padding
    padding = (top, left, bottom + down, behind + right)
    layer = FloatMaxPool(
        **builder.common(node, (source.shape[0], *windows.size), source),
        kernel=windows.kernel,
        stride=windows.stride,
        padding=joined(node, source, padding, windows.kernel),
    )
    result = builder.add(layer, source.batch)
    return _with_codes(result, source)


def _with_codes(result: Feature, source: Feature) -> Feature:
    return replace(result, codes=source.codes)


def _not_negative(builder: Builder, source: Feature) -> bool:
    encoding = builder.encoding(source.layer)
    if encoding is not None and encoding.zero_point == CODE_MIN:
        return True  # no code stands for less than zero
    layer: FloatLayer | None = builder.layers.get(source.layer)
    while isinstance(layer, FloatMaxPool):
        layer = builder.layers.get(layer.inputs[0])
    if isinstance(layer, FloatActivation):
        return layer.function in _NOT_NEGATIVE
    return isinstance(layer, FloatClamp) and layer.low >= 0


def _average_pool(node: Node, builder: Builder) -> Feature:
    return average_pool(node, builder, node.feature())


def average_pool(node: Node, builder: Builder, source: Feature) -> Feature:
    """An AveragePool, by its attributes, of real values."""
    source = builder.map_of(node, source)
    if "kernel_shape" not in node.attributes:
        raise node.refuse("has no kernel_shape")
    windows = window(node, source, tuple(node.integers("kernel_shape", (0, 0))))
    if windows.dilation != (1, 1):
        raise node.refuse("is a dilated pooling, which is not supported")
    if any(windows.beyond):
        raise node.refuse("averages with ceil_mode windows that leave its map: not supported")
    if any(windows.padding) and not node.integer("count_include_pad", 0):
        raise node.refuse(
            "averages without counting its padding (count_include_pad = 0), which is not supported"
        )
    layer = FloatAveragePool(
        **builder.common(node, (source.shape[0], *windows.size), source),
        kernel=windows.kernel,
        stride=windows.stride,
        padding=joined(node, source, windows.padding, windows.kernel),
        divisor=float(windows.kernel[0] * windows.kernel[1]),
    )
    return builder.add(layer, source.batch)


def _global_average(node: Node, builder: Builder) -> Feature:
    return global_average(node, builder, node.feature())


def global_average(node: Node, builder: Builder, source: Feature) -> Feature:
    """The average of each map."""
    source = builder.map_of(node, source)
    return builder.add(_whole_average(node, builder, source, _area(source)), source.batch)


def _area(source: Feature) -> float:
    return float(source.shape[1] * source.shape[2])


def _whole_average(
    node: Node, builder: Builder, source: Feature, divisor: float
) -> FloatAveragePool:
    kernel = (source.shape[1], source.shape[2])
    return FloatAveragePool(
        **builder.common(node, (source.shape[0], 1, 1), source),
        kernel=kernel,
        stride=kernel,
        padding=(0, 0, 0, 0),
        divisor=divisor,
    )


def _whole_maximum(node: Node, builder: Builder, source: Feature) -> FloatMaxPool:
    kernel = (source.shape[1], source.shape[2])
    return FloatMaxPool(
        **builder.common(node, (source.shape[0], 1, 1), source),
        kernel=kernel,
        stride=kernel,
        padding=(0, 0, 0, 0),
    )


def _global_maximum(node: Node, builder: Builder) -> Feature:
    source = builder.map_of(node, node.feature())
    return _with_codes(builder.add(_whole_maximum(node, builder, source), source.batch), source)


def _reduction(node: Node, builder: Builder) -> Feature:
    """Lower a mean, sum or maximum over height and width."""
    source = node.feature()
    rank = len(source.axes)
    axes = node.axes(rank)
    if len(source.shape) != 3 or axes is None or len(set(axes)) != len(axes):
        raise node.refuse("must reduce the height and width of a feature map")
    atoms = {atom for axis in axes for atom in source.axes[axis]}
    if atoms != {atom for atom in "hw" if source.sizes[atom] > 1} or BATCH not in source.axes:
        raise node.refuse(
            f"reduces the axes {axes} of a tensor of shape {source.file_shape}; only a whole "
            "height and width can be"
        )
    layer: FloatLayer
    if node.op == "ReduceMax":
        layer = _whole_maximum(node, builder, source)
    else:
        divisor = _area(source) if node.op == "ReduceMean" else 1.0
        layer = _whole_average(node, builder, source, divisor)
    left = [() if axis in axes else atoms for axis, atoms in enumerate(source.axes)]
    if not node.integer("keepdims", 1):
        left = [atoms for axis, atoms in enumerate(source.axes) if axis not in axes]
    result = builder.add(layer, source.batch)
    return Feature(result.layer, result.shape, tuple(left), source.batch, node.label)


HANDLERS = {
    "AveragePool": _average_pool,
    "GlobalAveragePool": _global_average,
    "GlobalMaxPool": _global_maximum,
    "MaxPool": _max_pool,
    "ReduceMax": _reduction,
    "ReduceMean": _reduction,
    "ReduceSum": _reduction,
}
