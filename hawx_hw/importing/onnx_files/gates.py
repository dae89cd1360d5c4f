"""Products of a tensor and a function of it: the activations that exporters write in parts.

Sigmoid-weighted units, gelu, mish and hardswish are often written as the product of a tensor and
its gate. Such a gate is no layer of the network: the product is one function of one tensor.
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from hawx_hw.importing.float_graph import FloatActivation, FloatClamp, FloatLayer, FloatNorm
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import Feature

__all__ = ["ERF", "gated"]

#: Stands for the error function in layers while nodes are read: a part of a decomposed gelu.
ERF = "erf"
#: Of constants that a file rounds to 24 bits.
_SAME = 1e-6


def gated(node: Node, builder: Builder, x: Feature, gate: Feature) -> Feature | None:
    """``x * gate`` as one function of x.

    Returns
    -------
    Feature or None
        None where the gate is none of those that are known.
    """
    if x.axes != gate.axes or x.shape != gate.shape:
        return None
    gain, offset, layer = _scalar_affine(builder, gate.layer)
    outer, base = 1.0, x.layer
    if isinstance(layer, FloatActivation) and layer.function == ERF:
        outer, base = _gelu_base(builder, layer, x.layer)
        if not math.isclose(gain, offset, rel_tol=_SAME) or not base:
            return None
        # outer x * gain (1 + erf(x / sqrt 2)) = 2 outer gain gelu(x)
        function, outer, offset = "gelu", 2 * outer, 0.0
    elif isinstance(layer, FloatActivation):
        function = _function(builder, layer, base)
    else:
        function, outer = _hardswish(builder, layer, base), 6.0
    if not function or offset:
        return None
    if layer is not None and layer.name in builder.encodings:
        builder.note(
            f"{node.label!r} and its factor {layer.label!r} are one function, {function}: the "
            "scale that the file gives for the factor is not used."
        )
    source = replace(x, layer=base)
    result = builder.pointwise(node, source, FloatActivation, function=function)
    both = np.full(x.shape[0], outer * gain)
    return builder.affine(node, result, both, np.zeros(len(both)))


def _function(builder: Builder, layer: FloatActivation, base: str) -> str:
    """The product of ``base`` and an activation of it; empty: none that is known."""
    (source,) = layer.inputs
    before = builder.layers.get(source)
    if (
        layer.function == "tanh"
        and isinstance(before, FloatActivation)
        and before.function == "softplus"
        and before.inputs == [base]
        and source not in builder.encodings
    ):
        return "mish"
    if source != base:
        return ""
    if layer.function == "hardsigmoid":
        usual = np.allclose(layer.parameters, (1 / 6, 0.5), rtol=_SAME)
        return "hardswish" if usual else ""
    return "silu" if layer.function == "sigmoid" else ""


def _hardswish(builder: Builder, layer: FloatLayer | None, base: str) -> str:
    """Recognize ``clamp(x + 3, 0, 6)``, of which ``x`` times a sixth is the hardswish."""
    if not isinstance(layer, FloatClamp) or (layer.low, layer.high) != (0.0, 6.0):
        return ""
    gain, offset, source = _scalar_affine(builder, layer.inputs[0], any_layer=True)
    name = base if source is None else source.name
    shifted = isinstance(builder.layers.get(layer.inputs[0]), FloatNorm)
    return "hardswish" if shifted and name == base and (gain, offset) == (1.0, 3.0) else ""


def _gelu_base(builder: Builder, layer: FloatActivation, name: str) -> tuple[float, str]:
    """Split ``erf(b / sqrt 2)`` and ``x = outer * b``: outer, and b or an empty name."""
    (source,) = layer.inputs
    factor, inner = _scale_of(builder, source)
    outer, base = _scale_of(builder, name)
    if inner != base and inner == name:
        outer, base = 1.0, name
    same = inner == base and math.isclose(factor, math.sqrt(0.5), rel_tol=_SAME)
    return outer, base if same else ""


def _scalar_affine(
    builder: Builder, name: str, *, any_layer: bool = False
) -> tuple[float, float, FloatLayer | None]:
    """A tensor as ``gain * layer + offset``, where both are one number for all channels.

    The layer is None where it is the input, or one that a scale is prescribed for; the scale of a
    function does not matter, as the product is another function.
    """
    layer, gain, offset = builder.layers.get(name), 1.0, 0.0
    if isinstance(layer, FloatNorm) and name not in builder.encodings:
        if np.ptp(layer.gain) or np.ptp(layer.offset):
            return 1.0, 0.0, None
        gain, offset = float(layer.gain[0]), float(layer.offset[0])
        layer = builder.layers.get(layer.inputs[0])
    function = isinstance(layer, FloatActivation)
    if layer is not None and (any_layer or function or layer.name not in builder.encodings):
        return gain, offset, layer
    return (gain, offset, None) if any_layer else (1.0, 0.0, None)


def _scale_of(builder: Builder, name: str) -> tuple[float, str]:
    """A tensor as a number times another; 1 and itself where it is none."""
    layer = builder.layers.get(name)
    if (
        isinstance(layer, FloatNorm)
        and name not in builder.encodings
        and not (np.ptp(layer.gain) or layer.offset.any())
    ):
        return float(layer.gain[0]), layer.inputs[0]
    return 1.0, name
