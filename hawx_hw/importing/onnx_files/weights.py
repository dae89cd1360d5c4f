"""The integers that a quantized file gives for the weights and the bias of a layer."""

from __future__ import annotations

import numpy as np

from hawx_hw.graph.graph import SUM_MAX, WEIGHT_MAX
from hawx_hw.importing.float_graph import FloatConv, FloatLinear, WeightCodes
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import Constant, ConstantCodes

__all__ = ["steps", "weight_codes"]

#: Scales of 24 bits that were multiplied in 24 bits.
_SAME_SCALE = 1e-5


def weight_codes(
    node: Node,
    builder: Builder,
    layer: FloatConv | FloatLinear,
    weight: ConstantCodes | None,
    bias: Constant | None,
) -> None:
    """Give a layer the integers of the file, with the real values that these stand for.

    Without integers, or where the file gives no scale for the layer's input, the real values stay,
    and are quantized as those of a float file.

    Parameters
    ----------
    node : Node
    builder : Builder
    layer : FloatConv or FloatLinear
        With the real values; it gets the integers.
    weight : ConstantCodes or None
        Of the shape of the layer's weight.
    bias : Constant or None

    Raises
    ------
    UserError
        Weights beyond 8 bits from their zero point, or scales that are not one a filter.
    """
    source = builder.encoding(layer.inputs[0])
    if weight is None:
        return
    if source is None:
        builder.note(
            f"{node.label!r} has integer weights and an input without a scale: its weights are "
            "quantized again from their real values."
        )
        return
    codes, count = weight.codes, len(layer.weight)
    if weight.scale.size > 1 and (weight.axis != 0 or weight.scale.size != count):
        raise node.refuse("has scales of its weights that are not one for each filter")
    if codes.min() < -WEIGHT_MAX - 1 or codes.max() > WEIGHT_MAX:
        raise node.refuse(
            f"has weights from {codes.min()} to {codes.max()} about their zero point; the "
            f"hardware's are [-{WEIGHT_MAX}, {WEIGHT_MAX}]",
            "Quantize its weights symmetrically, to int8 with the zero point 0.",
        )
    if (least := int(np.count_nonzero(codes < -WEIGHT_MAX))) > 0:
        builder.note(
            f"{node.label!r} has {least:,} weights of -128, which became -127: the hardware's "
            f"weights are [-{WEIGHT_MAX}, {WEIGHT_MAX}]."
        )
        codes = np.maximum(codes, -WEIGHT_MAX)
    scale = np.broadcast_to(weight.scale, (count,)).astype(np.float64)
    sums = scale * source.scale
    biases = _bias_codes(node, builder, bias, layer.bias, sums)
    layer.codes = WeightCodes(codes.astype(np.int8), scale, biases)
    layer.weight = codes * scale.reshape((-1,) + (1,) * (codes.ndim - 1))
    layer.bias = biases * sums
    builder.assumed[layer.name] = source


def _bias_codes(
    node: Node, builder: Builder, bias: Constant | None, values: np.ndarray, sums: np.ndarray
) -> np.ndarray:
    """The bias in steps of the sums; the file's integers where these are such steps."""
    codes = np.zeros(len(sums), dtype=np.int64)
    if bias is not None:
        given = bias.codes
        if given is not None and np.allclose(given.scale, sums, rtol=_SAME_SCALE, atol=0):
            codes = np.broadcast_to(given.codes.reshape(-1), (len(sums),))
        else:
            codes = steps(node, builder, values, sums)
    if np.abs(codes).max() > SUM_MAX:
        raise node.refuse("has a bias that does not fit 32 bits in steps of its sums")
    return codes.astype(np.int32)


def steps(node: Node, builder: Builder, values: np.ndarray, sums: np.ndarray) -> np.ndarray:
    """Real values in whole steps of sums, with a note."""
    builder.note(
        f"{node.label!r} has a bias that is no whole number of steps of its sums: it is rounded, "
        "by half a step at most."
    )
    codes = np.floor(np.clip(values / sums, -(2.0**40), 2.0**40) + 0.5)
    return codes.astype(np.int64)
