"""Operators with weights: convolutions and matrix products."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import FloatConv, FloatLinear
from hawx_hw.importing.tflite_files.numbers import Parameters, parameters
from hawx_hw.importing.tflite_files.site import Site
from hawx_hw.importing.tflite_files.values import Value
from hawx_hw.importing.tflite_files.windows import padding_of, pair, spatial

__all__ = ["convolution", "depthwise", "fully_connected"]


def convolution(site: Site) -> Value:
    """CONV_2D, whose weight is ``(filters, height, width, channels / groups)``."""
    source = site.map(0, padded=True)
    read = _parameters(site, source, 4, 0)
    channels = read.weight.shape[3]
    if source.shape[0] % channels:
        raise site.refuse(f"has weights for {channels} channels, not {source.shape[0]}")
    arranged = read.arranged(lambda weight: weight.transpose(0, 3, 1, 2))
    return _convolved(site, source, arranged, source.shape[0] // channels)


def depthwise(site: Site) -> Value:
    """DEPTHWISE_CONV_2D, whose weight is ``(1, height, width, channels * multiplier)``."""
    source = site.map(0, padded=True)
    read = _parameters(site, source, 4, 3)  # (filters, 1, height, width)
    filters, channels = len(read.weight), source.shape[0]
    if read.weight.shape[1] != 1 or filters % channels:
        raise site.refuse(
            f"has weights for {filters} filters, which is no multiple of {channels} channels"
        )
    if site.options["multiplier"] not in (0, filters // channels):
        raise site.refuse(
            f"has the multiplier {site.options['multiplier']}, and weights for "
            f"{filters // channels}"
        )
    return _convolved(site, source, read, channels)


def fully_connected(site: Site) -> Value:
    """FULLY_CONNECTED, whose weight is ``(outputs, inputs)``; inputs stand channels last."""
    if site.options["weights_format"]:
        raise site.refuse("has weights in a shuffled format, which is not supported")
    source = site.value(0)
    read = _parameters(site, source, 2, 0)
    outputs, inputs = read.weight.shape
    if inputs != source.size:
        if site.options["keep_dims"] and source.is_map and inputs == source.shape[0]:
            # The same product at every place of a map.
            return _convolved(site, source, read.arranged(lambda w: w[:, :, None, None]), 1)
        raise site.refuse(f"has weights for {inputs} inputs, not {source.dims}")
    vector, order = site.vector(0)
    inverse = np.argsort(order)
    arranged = read.arranged(lambda weight: weight[:, inverse])
    low, high = site.clamp
    layer = FloatLinear(
        **site.common([vector], (outputs,)),
        weight=arranged.weight,
        bias=arranged.bias,
        codes=arranged.codes,
        low=low,
        high=high,
    )
    result = site.add(layer, site.encoding)
    if site.options["keep_dims"] and len(source.dims) > 1:
        return result.reshaped((*(1,) * (len(source.dims) - 1), outputs))
    return result


def _parameters(site: Site, source: Value, axes: int, filters_axis: int) -> Parameters:
    weight = site.constant(1)
    bias = site.constant(2) if site.given(2) else None
    if len(weight.shape) != axes:
        raise site.refuse(f"has weights of the shape {weight.shape}, which needs {axes} axes")
    try:
        read = parameters(weight, bias, filters_axis, source.encoding, site.encoding)
    except ValueError as error:
        raise site.refuse(str(error), _hint(error)) from error
    if source.encoding is None and weight.kind not in ("float32", "float64"):
        site.network.note(
            f"The weights of {site.label!r} are stored as {weight.kind} and computed with in "
            "floating point: they are quantized anew."
        )
    return read


def _hint(error: ValueError) -> str | None:
    if "zero point lie in" not in str(error):
        return None
    return "Take the network in floating point, or convert it with int8 weights about zero."


def _convolved(site: Site, source: Value, read: Parameters, groups: int) -> Value:
    options = site.options
    dilation = (options.get("dilation_h", 1), options.get("dilation_w", 1))
    stride = pair(site, "stride") if "stride_h" in options else (1, 1)
    if min(dilation) < 1:
        raise site.refuse(f"has the dilation {dilation}")
    extent = tuple(
        (size - 1) * step + 1 for size, step in zip(read.weight.shape[2:], dilation, strict=True)
    )
    padding = padding_of(site, source, (extent[0], extent[1]), stride)
    if any(padding) and source.fill != 0:
        raise site.refuse(f"follows a PAD with {source.fill:g}; zero is supported")
    low, high = site.clamp
    encoding: Encoding | None = site.encoding
    shape = (len(read.weight), *spatial(site, source, (extent[0], extent[1]), stride, padding))
    layer = FloatConv(
        **site.common([source], shape),
        weight=read.weight,
        bias=read.bias,
        codes=read.codes,
        stride=stride,
        padding=padding,
        groups=groups,
        dilation=dilation,
        low=low,
        high=high,
    )
    return replace(site.add(layer, encoding), padding=(0, 0, 0, 0))
