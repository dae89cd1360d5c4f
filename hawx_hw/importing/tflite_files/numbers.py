"""Constants of a TFLite file: weights, in floating point or quantized, and other numbers."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass, replace

import numpy as np

from hawx_hw.graph.graph import CODE_MAX, CODE_MIN, WEIGHT_MAX
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import WeightCodes
from hawx_hw.importing.tflite_files.parsing import Quantization, Tensor

__all__ = ["Parameters", "constant", "encoding_of", "parameters", "real"]

_DTYPES = {"float32": "<f4", "float16": "<f2", "int8": "i1", "uint8": "u1", "int32": "<i4",
           "int64": "<i8", "float64": "<f8"}  # fmt: skip
_FLOATS = ("float32", "float16", "float64")
#: By type of the codes: what is subtracted so that they become those of int8.
_SHIFTS = {"int8": 0, "uint8": 128}
#: How far a bias may be from the product of the scales of input and weight, of an output code:
#: the interpreter refuses more.
_BIAS_SHARE = 0.02


@dataclass(frozen=True)
class Parameters:
    """Weight and bias of a layer.

    Parameters
    ----------
    weight : ndarray of float64
        Filters first.
    bias : ndarray of float64
        ``(filters,)``.
    codes : WeightCodes or None
        The integers, where the file computes with them.
    """

    weight: np.ndarray
    bias: np.ndarray
    codes: WeightCodes | None = None

    def arranged(self, change: Callable[[np.ndarray], np.ndarray]) -> Parameters:
        """The same with another layout of the weight; filters remain first."""
        codes = self.codes
        if codes is not None:
            codes = replace(codes, weight=np.ascontiguousarray(change(codes.weight)))
        return Parameters(np.ascontiguousarray(change(self.weight)), self.bias, codes)


def constant(tensor: Tensor) -> np.ndarray:
    """The numbers of a constant, in its shape and type, without a copy.

    Raises
    ------
    ValueError
        It is no constant, has a type that is not supported, or other bytes than its shape needs.
    """
    if tensor.sparse:
        raise ValueError("is stored in a sparse form, which is not supported")
    if tensor.kind not in _DTYPES:
        raise ValueError(f"has the type {tensor.kind}, which is not supported")
    dtype = np.dtype(_DTYPES[tensor.kind])
    if any(size < 1 for size in tensor.shape):
        raise ValueError(f"has the shape {tensor.shape}")
    # Not by numpy, whose product of large numbers wraps around.
    expected = math.prod(tensor.shape) * dtype.itemsize
    if len(tensor.data) != expected:
        raise ValueError(
            f"is not stored as its shape {tensor.shape} of {tensor.kind} needs: {expected:,} "
            f"bytes, not {len(tensor.data):,}"
        )
    return tensor.data.view(dtype).reshape(tensor.shape)


def encoding_of(tensor: Tensor) -> Encoding | None:
    """The encoding of a computed tensor, for codes of int8; None in floating point.

    Raises
    ------
    ValueError
        It has a type that is not supported, or no scale and zero point that fit it.
    """
    if tensor.kind in _FLOATS:
        return None
    if tensor.kind not in _SHIFTS:
        raise ValueError(
            f"has the type {tensor.kind}; floating point and 8-bit integers are supported"
        )
    scale, zero_point = _scales(tensor.quantization, 1)
    code = int(zero_point[0]) - _SHIFTS[tensor.kind]
    if not CODE_MIN <= code <= CODE_MAX:
        raise ValueError(f"has the zero point {zero_point[0]}, beyond its type {tensor.kind}")
    return Encoding(float(scale[0]), code)


def _scales(quantization: Quantization | None, filters: int) -> tuple[np.ndarray, np.ndarray]:
    """Scales and zero points, one or one a filter."""
    if quantization is None:
        raise ValueError("has integers without a scale")
    scale = np.asarray(quantization.scale, dtype=np.float64)
    zero_point = np.asarray(quantization.zero_point, dtype=np.int64)
    if len(zero_point) == 0:
        zero_point = np.zeros(1, dtype=np.int64)
    if len(scale) not in (1, filters) or len(zero_point) not in (1, len(scale)):
        raise ValueError(
            f"has {len(scale)} scales and {len(zero_point)} zero points, where {filters} fit"
        )
    if not (np.isfinite(scale).all() and (scale > 0).all()):
        raise ValueError("has scales that are not finite or not above zero")
    return scale, zero_point


def real(tensor: Tensor, filters: int = 1) -> np.ndarray:
    """The real values of a constant, float64 in its shape.

    Parameters
    ----------
    tensor : Tensor
    filters : int
        How many scales it may have, along its quantized axis.

    Raises
    ------
    ValueError
        See :func:`constant`; or it has integers without scales, or numbers that are not finite.
    """
    values = constant(tensor)
    if tensor.kind in _FLOATS:
        result = values.astype(np.float64)
    else:
        scale, zero_point = _scales(tensor.quantization, filters)
        codes = values.astype(np.float64) - _along(zero_point, tensor)
        result = codes * _along(scale, tensor)
    if not np.isfinite(result).all():
        raise ValueError("has numbers that are not finite")
    return result


def _along(numbers: np.ndarray, tensor: Tensor) -> np.ndarray:
    """One number for all, or numbers along the quantized axis."""
    if len(numbers) == 1:
        return numbers
    axis = 0 if tensor.quantization is None else tensor.quantization.axis
    if not 0 <= axis < len(tensor.shape) or tensor.shape[axis] != len(numbers):
        raise ValueError(f"has {len(numbers)} scales along axis {axis} of {tensor.shape}")
    return numbers.reshape([-1 if each == axis else 1 for each in range(len(tensor.shape))])


def parameters(
    weight: Tensor,
    bias: Tensor | None,
    filters_axis: int,
    source: Encoding | None,
    target: Encoding | None,
) -> Parameters:
    """Weight and bias of a layer, with the axis of its filters moved to the front.

    Parameters
    ----------
    weight : Tensor
        A constant.
    bias : Tensor or None
        A constant with one number a filter; None: zeros.
    filters_axis : int
        Of the weight.
    source, target : Encoding or None
        Of the layer's input and output; None: in floating point.

    Raises
    ------
    ValueError
        See :func:`real`; or they are integers that the hardware lacks.
    """
    filters = weight.shape[filters_axis] if len(weight.shape) > filters_axis else 1
    values = np.moveaxis(real(weight, filters), filters_axis, 0)
    if bias is not None and constant(bias).size != filters:
        raise ValueError(f"has a bias of {bias.shape} for {filters} filters")
    if (source is None) != (target is None) or (source is not None and weight.kind in _FLOATS):
        raise ValueError("has an input, weights and an output of which some are integers")
    if source is None or target is None:
        numbers = np.zeros(filters) if bias is None else real(bias, filters).reshape(-1)
        return Parameters(values, numbers)
    codes = _codes(weight, bias, filters_axis, source, target)
    return Parameters(values, codes.bias * codes.scale * source.scale, codes)


def _codes(
    weight: Tensor, bias: Tensor | None, filters_axis: int, source: Encoding, target: Encoding
) -> WeightCodes:
    filters = weight.shape[filters_axis]
    if len(weight.quantization.scale if weight.quantization else ()) > 1 and (
        weight.quantization is None or weight.quantization.axis != filters_axis
    ):
        raise ValueError("has scales along another axis than its filters'")
    scale, zero_point = _scales(weight.quantization, filters)
    codes = constant(weight).astype(np.int64) - _along(zero_point, weight)
    if np.abs(codes).max() > WEIGHT_MAX:
        raise ValueError(
            f"has weights whose codes less their zero point lie in [{codes.min()}, {codes.max()}]; "
            f"the hardware multiplies codes in [-{WEIGHT_MAX}, {WEIGHT_MAX}]"
        )
    scale = np.broadcast_to(scale, (filters,)).copy()
    numbers = np.zeros(filters, dtype=np.int32)
    if bias is not None:
        if bias.kind != "int32":
            raise ValueError(f"has a bias of type {bias.kind}, where int32 is supported")
        numbers = constant(bias).reshape(-1)
        _check_bias(bias, scale, source, target)
    moved = np.ascontiguousarray(np.moveaxis(codes, filters_axis, 0)).astype(np.int8)
    return WeightCodes(moved, scale, numbers.astype(np.int32))


def _check_bias(bias: Tensor, scale: np.ndarray, source: Encoding, target: Encoding) -> None:
    """Refuse a bias in another scale than that of the sums that it is added to."""
    if bias.quantization is None:
        return
    own, zero_point = _scales(bias.quantization, len(scale))
    if zero_point.any():
        raise ValueError("has a bias with a zero point")
    if (np.abs(own - scale * source.scale) > _BIAS_SHARE * target.scale).any():
        raise ValueError("has a bias in another scale than the product of input's and weights'")
