"""Handlers of what changes the order of axes, the shape or the padding of tensors."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import BATCH, Constant, Feature, ViewError, natural

__all__ = ["HANDLERS"]


def _viewed(node: Node, make: Callable[[], Feature]) -> Feature:
    try:
        return make()
    except ViewError as error:
        raise node.refuse(f"{error}, which is not supported") from error


def _transpose(node: Node, builder: Builder) -> Feature:
    source = node.feature()
    order = node.integers("perm", tuple(range(len(source.axes)))[::-1])
    return _viewed(node, lambda: source.transposed(order, source.label or node.label))


def _reshape(node: Node, builder: Builder) -> Feature:
    source = node.feature()
    dims = node.whole(1, "shape")
    return _reshaped(node, source, _resolved(node, source.file_shape, dims))


def _reshaped(node: Node, source: Feature, dims: Sequence[int]) -> Feature:
    return _viewed(node, lambda: source.reshaped(dims, node.label))


def _resolved(node: Node, shape: tuple[int, ...], dims: list[int]) -> list[int]:
    """The target of a Reshape with 0 (as before) and -1 (the rest) replaced."""
    if not node.integer("allowzero", 0):
        if any(dim == 0 and place >= len(shape) for place, dim in enumerate(dims)):
            raise node.refuse(f"reshapes {shape} to {tuple(dims)}")
        dims = [shape[place] if dim == 0 else dim for place, dim in enumerate(dims)]
    if dims.count(-1) == 1:
        rest = -math.prod(dims)
        if rest <= 0 or math.prod(shape) % rest:
            raise node.refuse(f"reshapes {shape} to {tuple(dims)}")
        dims = [math.prod(shape) // rest if dim == -1 else dim for dim in dims]
    if min(dims, default=1) < 1:
        raise node.refuse(f"reshapes {shape} to {tuple(dims)}")
    return dims


def _flatten(node: Node, builder: Builder) -> Feature:
    source = node.feature()
    shape, rank = source.file_shape, len(source.axes)
    axis = node.integer("axis", 1)
    if axis != rank:
        axis = node.axis(axis, rank)
    return _reshaped(node, source, [math.prod(shape[:axis]), math.prod(shape[axis:])])


def _squeeze(node: Node, builder: Builder) -> Feature:
    source = node.feature()
    shape, rank = source.file_shape, len(source.axes)
    axes = node.axes(rank)
    if axes is None:
        axes = [axis for axis in range(rank) if shape[axis] == 1 and source.axes[axis] != BATCH]
    if any(shape[axis] != 1 for axis in axes):
        raise node.refuse(f"removes the axes {axes} of a tensor of shape {shape}")
    left = tuple(atoms for axis, atoms in enumerate(source.axes) if axis not in axes)
    return replace(source, axes=left, label=node.label)


def _unsqueeze(node: Node, builder: Builder) -> Feature:
    source = node.feature()
    given = node.axes(1 << 30)
    if given is None:
        raise node.refuse("has no axes")
    rank = len(source.axes) + len(given)
    negative = 1 << 30
    axes = {axis if axis < negative // 2 else axis - negative + rank for axis in given}
    if len(axes) != len(given) or min(axes) < 0 or max(axes) >= rank:
        raise node.refuse(f"has axes that a tensor of {rank} axes lacks")
    rest = iter(source.axes)
    view = tuple(() if axis in axes else next(rest) for axis in range(rank))
    return replace(source, axes=view, label=source.label or node.label)


def _shape(node: Node, builder: Builder) -> Constant:
    shape = np.array(node.feature().file_shape, dtype=np.int64)
    start = node.integer("start", 0)
    return Constant(shape[start : node.integer("end", len(shape))])


def _size(node: Node, builder: Builder) -> Constant:
    return Constant(np.array(math.prod(node.feature().file_shape), dtype=np.int64))


def _pad(node: Node, builder: Builder) -> Feature:
    source, rank = node.feature(), len(node.feature().axes)
    if node.text("mode", "constant") != "constant":
        raise node.refuse("pads with copies of the map's edge; only zeros are supported")
    pads = _pads(node, rank)
    if not any(pads):
        return source
    if _pad_value(node) != _zero(node, source):
        raise node.refuse("pads with values that are not zero")
    if min(pads) < 0 or len(source.shape) != 3:
        raise node.refuse("must pad a feature map, by zeros around it")
    height, width = _map_axes(node, source)
    if any(pads[axis] or pads[axis + rank] for axis in range(rank) if axis not in (height, width)):
        raise node.refuse("pads channels, which is not supported")
    top, left, bottom, right = source.padding
    padding = (
        top + pads[height],
        left + pads[width],
        bottom + pads[height + rank],
        right + pads[width + rank],
    )
    return replace(source, padding=padding, padding_label=node.label)


def _zero(node: Node, source: Feature) -> int:
    """What the file's tensor has for the real value zero."""
    if source.codes is None:
        return 0
    if source.codes.encoding is None:
        raise node.refuse("pads codes whose zero point is unknown")
    return source.codes.encoding.zero_point + source.codes.offset


def _pads(node: Node, rank: int) -> list[int]:
    if "pads" in node.attributes:
        pads = node.integers("pads", (0,) * (2 * rank))
    else:
        pads = node.whole(1, "pads")
        if node.value(3) is not None:
            axes = [node.axis(axis, rank) for axis in node.whole(3, "axes")]
            if len(pads) != 2 * len(axes):
                raise node.refuse(f"has {len(pads)} paddings for {len(axes)} axes")
            full = [0] * (2 * rank)
            for place, axis in enumerate(axes):
                full[axis], full[axis + rank] = pads[place], pads[place + len(axes)]
            pads = full
    if len(pads) != 2 * rank:
        raise node.refuse(f"has {len(pads)} paddings for {rank} axes")
    return pads


def _pad_value(node: Node) -> float:
    if node.value(2) is not None:
        values = node.constant(2, "padding").array
        return float(values.reshape(())) if values.size == 1 else math.nan
    return node.number("value", 0.0)


def _map_axes(node: Node, source: Feature) -> tuple[int, int]:
    """The axes of the file's tensor that are height and width."""
    for order, places in (((0, 1, 2, 3), (2, 3)), ((0, 3, 1, 2), (1, 2))):
        if len(source.axes) == 4 and source.transposed(order, "").axes == natural(source.shape):
            return places
    raise node.refuse(f"pads a tensor of shape {source.file_shape}, which is no feature map")


HANDLERS: dict[str, Callable[[Node, Builder], Any]] = {
    "Flatten": _flatten,
    "Pad": _pad,
    "Reshape": _reshape,
    "Shape": _shape,
    "Size": _size,
    "Squeeze": _squeeze,
    "Transpose": _transpose,
    "Unsqueeze": _unsqueeze,
}
