"""Handlers of QuantizeLinear and DequantizeLinear: scales and zero points, taken as they are."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np

from hawx_hw.errors import shown
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT, FloatClamp
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import (
    CodeFormat,
    Constant,
    ConstantCodes,
    Feature,
    Value,
)

__all__ = ["HANDLERS", "as_real", "code_format", "dequantized_constant", "quantized"]

_KINDS = {"i": "int8", "u": "uint8"}
#: Of scales that are the same number in a file of 32 or of 16 bits.
_SAME = 1e-6


def code_format(node: Node, scale: Value | None, zero_point: Value | None) -> CodeFormat:
    """The codes of an activation.

    Parameters
    ----------
    node : Node
    scale, zero_point : Value or None
        A zero point that is left out is 0 of uint8, unless the node states another type.

    Raises
    ------
    UserError
        More than one scale; a scale that is not above 0; a type that is not of 8 bits.
    """
    if not isinstance(scale, Constant) or scale.array.size != 1:
        raise node.refuse("must have one scale, a constant, for a whole activation")
    step = float(node.real(scale.array, "scale").reshape(()))
    if step <= 0:
        raise node.refuse(f"has the scale {step}, which must be above 0")
    kind, code = _zero_point(node, zero_point)
    return CodeFormat(kind, Encoding(step, code - (128 if kind == "uint8" else 0)))


def _zero_point(node: Node, zero_point: Value | None) -> tuple[str, int]:
    if zero_point is None:
        from hawx_hw.importing.onnx_files.tensors import type_name

        kind = type_name(node.integer("output_dtype", 0) or 2).lower()
        _check_kind(node, kind)
        return kind, 0
    if not isinstance(zero_point, Constant) or zero_point.array.size != 1:
        raise node.refuse("must have one zero point, a constant, for a whole activation")
    kind = zero_point.array.dtype.name
    _check_kind(node, kind)
    return kind, int(zero_point.array.reshape(()))


def _check_kind(node: Node, kind: str) -> None:
    if kind not in _KINDS.values():
        raise node.refuse(f"quantizes to {kind}; the hardware's codes have 8 bits (int8 and uint8)")


def _check_plain(node: Node) -> None:
    if node.integer("block_size", 0):
        raise node.refuse("has scales of blocks, which are not supported")


def _quantize(node: Node, builder: Builder) -> Value:
    _check_plain(node)
    value = node.value(0)
    if isinstance(value, Constant):
        return Constant(_codes_of(node, value))
    return quantized(node, builder, node.feature(), code_format(node, node.value(1), node.value(2)))


def quantized(node: Node, builder: Builder, source: Feature, kind: CodeFormat) -> Feature:
    """A tensor of real values as codes: its layer's encoding, or a layer that changes scales."""
    if source.codes is not None:
        raise node.refuse("quantizes codes")
    encoding = kind.encoding
    assert encoding is not None
    prescribed = builder.encodings.get(source.layer)
    if prescribed is None:
        builder.encodings[source.layer] = encoding
    elif not _same(prescribed, encoding):
        source = builder.pointwise(node, source, FloatClamp)
        builder.encodings[source.layer] = encoding
    return replace(source, codes=kind)


def _same(one: Encoding, other: Encoding) -> bool:
    return one.zero_point == other.zero_point and math.isclose(
        one.scale, other.scale, rel_tol=_SAME
    )


def _dequantize(node: Node, builder: Builder) -> Value:
    _check_plain(node)
    value = node.value(0)
    if isinstance(value, Constant):
        axis = node.integer("axis", 1)
        return dequantized_constant(node, value, node.value(1), node.value(2), axis)
    return as_real(node, builder, node.feature(), node.value(1), node.value(2))


def as_real(
    node: Node,
    builder: Builder,
    source: Feature,
    scale: Value | None,
    zero_point: Value | None,
) -> Feature:
    """A tensor of codes as real values, by the scale and zero point with which it was quantized.

    Raises
    ------
    UserError
        By others: the codes would mean something else.
    """
    if source.codes is None:
        raise node.refuse("reads real values where it expects codes")
    kind = source.codes.kind
    if zero_point is None:
        typed = np.zeros((), dtype=kind)
        zero_point = Constant(typed)
    given = code_format(node, scale, zero_point)
    assert given.encoding is not None
    if source.codes.encoding is None:  # the input of the network
        builder.encodings[INPUT] = given.encoding
        source = replace(source, codes=given)
    expected = source.codes.encoding if source.codes else None
    if expected is None or given.kind != kind or not _same(expected, given.encoding):
        raise node.refuse("reads codes by another scale or zero point than they were made with")
    return replace(source, codes=None)


def dequantized_constant(
    node: Node, value: Constant, scale: Value | None, zero_point: Value | None, axis: int
) -> Constant:
    """Integers of the file as the real values that they stand for; both are remembered.

    Raises
    ------
    UserError
        Scales that are not one, or one for each place along an axis; types of real values.
    """
    if not isinstance(scale, Constant) or not isinstance(zero_point, Constant | None):
        raise node.refuse("must have constants as its scale and zero point")
    codes = value.array
    if codes.dtype.kind not in "iu":
        raise node.refuse(f"must read integers, not {codes.dtype.name}")
    steps = node.real(scale.array, "scale").reshape(-1)
    zeros = np.zeros(1, dtype=np.int64)
    if zero_point is not None:
        zeros = zero_point.array.astype(np.int64).reshape(-1)
    if (steps <= 0).any() or steps.size == 0:
        raise node.refuse("has a scale that is not above 0")
    if steps.size == 1:
        axis = 0
    elif scale.array.ndim != 1 or codes.ndim == 0:
        raise node.refuse(f"has scales of shape {shown(scale.array.shape)}, which must be a vector")
    else:
        axis = node.axis(axis, codes.ndim)
    if not {steps.size, zeros.size} <= {1, codes.shape[axis] if codes.ndim else 1}:
        raise node.refuse(
            f"has {steps.size} scales and {zeros.size} zero points for integers of shape "
            f"{codes.shape}"
        )
    along = tuple(-1 if place == axis else 1 for place in range(codes.ndim))
    shifted = codes.astype(np.int64) - zeros.reshape(along if zeros.size > 1 else ())
    real = shifted * steps.reshape(along if steps.size > 1 else ())
    return Constant(real, value.name, ConstantCodes(shifted, steps, axis))


def _codes_of(node: Node, value: Constant) -> np.ndarray:
    """A constant of real values, quantized as ONNX defines it: to the nearest, halves to even."""
    scale = node.numbers(1, "scale")
    zero_point = node.value(2)
    if zero_point is not None and not isinstance(zero_point, Constant):
        raise node.refuse("must have a constant as its zero point")
    zeros = np.zeros((), dtype=np.uint8) if zero_point is None else zero_point.array
    if zeros.dtype.kind not in "iu" or zeros.dtype.itemsize > 4 or (scale <= 0).any():
        raise node.refuse(f"quantizes a constant to {zeros.dtype.name} with a scale of no use")
    real = node.real(value.array, "constant")
    along: tuple[int, ...] = ()
    if scale.size > 1 or zeros.size > 1:
        axis = node.axis(node.integer("axis", 1), max(real.ndim, 1))
        along = tuple(-1 if place == axis else 1 for place in range(real.ndim))
    limits = np.iinfo(zeros.dtype)
    try:
        # In 32 bits, as runtimes divide: a half is a half of the same number.
        quotient = real.astype(np.float32) / scale.astype(np.float32).reshape(
            along if scale.size > 1 else ()
        )
        codes = np.rint(quotient) + zeros.astype(np.float64).reshape(
            along if zeros.size > 1 else ()
        )
    except ValueError as error:
        raise node.refuse("has scales that do not fit its constant") from error
    return np.clip(codes, limits.min, limits.max).astype(zeros.dtype)


HANDLERS: dict[str, Callable[[Node, Builder], Any]] = {
    "DequantizeLinear": _dequantize,
    "QuantizeLinear": _quantize,
}
