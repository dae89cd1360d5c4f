"""Operators of one value after the other: functions, sums, changes by constants and of scale."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import (
    INPUT,
    FloatActivation,
    FloatAdd,
    FloatClamp,
    FloatNorm,
)
from hawx_hw.importing.tflite_files.numbers import encoding_of, real
from hawx_hw.importing.tflite_files.site import Site, Step
from hawx_hw.importing.tflite_files.values import Value

__all__ = ["CLAMPS", "FUNCTIONS", "activation", "add", "arithmetic", "clamp", "dequantize",
           "quantize"]  # fmt: skip

#: By kind of operator: the ends of the clamp.
CLAMPS: Mapping[str, tuple[float, float]] = {
    "RELU": (0.0, np.inf),
    "RELU6": (0.0, 6.0),
    "RELU_0_TO_1": (0.0, 1.0),
    "RELU_N1_TO_1": (-1.0, 1.0),
}
#: By kind of operator: the function and its parameters.
FUNCTIONS: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "ABS": ("abs", ()),
    "ELU": ("elu", (1.0,)),
    "GELU": ("gelu", ()),
    "HARD_SWISH": ("hardswish", ()),
    "LEAKY_RELU": ("leaky_relu", ()),
    "LOGISTIC": ("sigmoid", ()),
    "NEG": ("neg", ()),
    "TANH": ("tanh", ()),
}


def clamp(site: Site) -> Value:
    """RELU and its relatives, as an operator of their own."""
    source = site.value(0)
    low, high = CLAMPS[site.kind]
    layer = FloatClamp(**site.common([source], source.shape), low=low, high=high)
    return _like(source, site, site.add(layer, site.encoding))


def activation(site: Site) -> Value:
    """A function of each value."""
    source = site.value(0)
    function, parameters = FUNCTIONS[site.kind]
    if site.kind == "LEAKY_RELU":
        parameters = (float(site.options["alpha"]),)
    elif site.kind == "GELU" and site.options["approximate"]:
        function = "gelu_tanh"
    if not np.isfinite(parameters).all():
        raise site.refuse(f"has the slope {parameters[0]}, which must be finite")
    layer = FloatActivation(
        **site.common([source], source.shape), function=function, parameters=parameters
    )
    return _like(source, site, site.add(layer, site.encoding))


def _like(source: Value, site: Site, result: Value) -> Value:
    """The result in the layout of its source."""
    _one_form(site, source)
    return replace(result, positions=source.positions)


def _one_form(site: Site, source: Value) -> None:
    """Refuse where only one of input and output is in integers."""
    if (source.encoding is None) != (site.encoding is None):
        raise site.refuse("has an input and an output of which one is in integers")


def add(site: Site) -> Value:
    """ADD of two tensors, or of one and a constant."""
    if site.is_constant(0) or site.is_constant(1):
        return arithmetic(site)
    first, second = site.value(0), site.value(1)
    if first.dims != second.dims:
        raise site.refuse(f"adds {first.dims} and {second.dims}, which must be one shape")
    if first.shape != second.shape or not np.array_equal(first.order, second.order):
        raise site.refuse("adds two tensors in different layouts")
    _one_form(site, first)
    _one_form(site, second)
    low, high = site.clamp
    layer = FloatAdd(**site.common([first, second], first.shape), low=low, high=high)
    return replace(site.add(layer, site.encoding), positions=first.positions)


def arithmetic(site: Site) -> Value:
    """ADD, SUB, MUL and DIV by a constant: at the input preprocessing, elsewhere a gain."""
    constants = [site.is_constant(position) for position in (0, 1)]
    if all(constants) or not any(constants):
        raise site.refuse("works on two computed tensors, or on none, which is not supported")
    source = site.value(constants.index(False))
    gain, offset = _affine(site, constants.index(True), source)
    encoding = site.encoding
    _one_form(site, source)
    first = source.layer == INPUT and not source.shared
    if first and (gain > 0).all() and site.clamp == (-np.inf, np.inf):
        site.network.steps.append(Step(site.label, gain, offset, encoding))
        _encode(site, INPUT, encoding)
        return replace(source, encoding=encoding)
    if source.encoding is not None:
        raise site.refuse(
            "changes integers by a constant, which is supported at the input only",
            "Convert the network so that the constant is a part of a convolution.",
        )
    if source.positions is not None:
        raise site.refuse("changes a tensor by constants in a layout other than channels last")
    channels = source.shape[0]
    layer = FloatNorm(
        **site.common([source], source.shape),
        gain=np.broadcast_to(gain, (channels,)).copy(),
        offset=np.broadcast_to(offset, (channels,)).copy(),
    )
    return site.clamped(site.add(layer, None))


def _encode(site: Site, name: str, encoding: Encoding | None) -> None:
    """Prescribe another encoding for a tensor, or none."""
    site.network.graph.encodings.pop(name, None)
    if encoding is not None:
        site.network.graph.encodings[name] = encoding


def _affine(site: Site, position: int, source: Value) -> tuple[np.ndarray, np.ndarray]:
    """Gain and offset of an operation with a constant, one or one a channel."""
    try:
        values = real(site.constant(position))
    except ValueError as error:
        raise site.refuse(str(error)) from error
    channels = source.dims[-1] if source.dims else 1
    if values.size not in (1, channels) or (values.size > 1 and values.shape[-1] != channels):
        raise site.refuse(
            f"has a constant of the shape {values.shape}; one number, or one a channel, is "
            "supported"
        )
    values = values.reshape(-1)
    if len(values) > 1 and not (source.is_map or len(source.shape) == 1):
        raise site.refuse("has a number a channel for a layout other than channels last")
    one, zero = np.ones_like(values), np.zeros_like(values)
    match site.kind, position:
        case "ADD", _:
            return one, values
        case "SUB", 1:
            return one, -values
        case "SUB", _:
            return -one, values
        case "MUL", _:
            return values, zero
        case "DIV", 1 if values.all():
            return 1 / values, zero
    raise site.refuse("divides by what is computed, or by zero")


def quantize(site: Site) -> Value:
    """QUANTIZE: from floating point to integers, or from one scale to another."""
    source = site.value(0)
    encoding = site.encoding
    if encoding is None:
        raise site.refuse("has an output in floating point")
    if source.encoding == encoding:
        return source  # only int8 for uint8
    layer = site.network.graph.layer(source.layer)
    free = source.layer not in site.network.graph.encodings and not source.shared
    if free and (layer is None or layer.requantizes):
        # The layer before it, or the image, is in floating point: its result is rounded here.
        _encode(site, source.layer, encoding)
        return replace(source, encoding=encoding)
    changed = FloatClamp(**site.common([source], source.shape))
    return replace(site.add(changed, encoding), positions=source.positions)


def dequantize(site: Site) -> Value | None:
    """DEQUANTIZE: of a constant, or back to floating point in between."""
    if site.is_constant(0):
        site.network.constants[site.operator.outputs[0]] = site.constant(0)
        return None
    source = site.value(0)
    if encoding_of(site.output) is not None:
        raise site.refuse("has an output in integers")
    site.network.note(
        f"What follows {site.label!r} is computed in floating point in the file; its ranges are "
        "set by the calibration images."
    )
    return replace(source, encoding=None)
