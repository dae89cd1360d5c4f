"""Writes layers in real numbers as an ONNX file, so that one network can be read in two forms."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
from onnx import TensorProto, helper, numpy_helper

from hawx_hw.importing.float_graph import (
    INPUT,
    FloatAdd,
    FloatAveragePool,
    FloatClamp,
    FloatConcat,
    FloatConv,
    FloatFlatten,
    FloatGraph,
    FloatLayer,
    FloatLinear,
    FloatMaxPool,
)

__all__ = ["write_onnx"]

_OPSET = 17


class _Writer:
    def __init__(self) -> None:
        self.nodes: list[onnx.NodeProto] = []
        self.constants: list[onnx.TensorProto] = []

    def constant(self, name: str, values: np.ndarray) -> str:
        self.constants.append(numpy_helper.from_array(np.asarray(values, np.float32), name))
        return name

    def layer(self, layer: FloatLayer) -> None:
        """The nodes of a layer; its clamp is a node of its own."""
        low, high = layer.low, layer.high
        clamped = np.isfinite(low) or np.isfinite(high)
        output = f"{layer.name}_sum" if clamped else layer.name
        kind, inputs, attributes = self._operation(layer)
        self.nodes.append(helper.make_node(kind, inputs, [output], layer.name, **attributes))
        if not clamped:
            return
        ends = [
            self.constant(f"{layer.name}_{end}", np.float32(value)) if np.isfinite(value) else ""
            for end, value in (("low", low), ("high", high))
        ]
        self.nodes.append(helper.make_node("Clip", [output, *ends], [layer.name]))

    def _operation(self, layer: FloatLayer) -> tuple[str, list[str], dict[str, object]]:
        inputs = list(layer.inputs)
        match layer:
            case FloatConv():
                parameters = [
                    self.constant(f"{layer.name}_weight", layer.weight),
                    self.constant(f"{layer.name}_bias", layer.bias),
                ]
                window = {
                    "strides": layer.stride,
                    "pads": layer.padding,
                    "dilations": layer.dilation,
                    "group": layer.groups,
                }
                return "Conv", [*inputs, *parameters], window
            case FloatLinear():
                parameters = [
                    self.constant(f"{layer.name}_weight", layer.weight),
                    self.constant(f"{layer.name}_bias", layer.bias),
                ]
                return "Gemm", [*inputs, *parameters], {"transB": 1}
            case FloatMaxPool() | FloatAveragePool():
                window = {
                    "kernel_shape": layer.kernel,
                    "strides": layer.stride,
                    "pads": layer.padding,
                }
                if isinstance(layer, FloatMaxPool):
                    return "MaxPool", inputs, window
                return "AveragePool", inputs, {**window, "count_include_pad": 1}
            case FloatAdd():
                return "Add", inputs, {}
            case FloatConcat():
                return "Concat", inputs, {"axis": 1}
            case FloatFlatten():
                return "Flatten", inputs, {}
            case FloatClamp():
                return "Identity", inputs, {}
        raise TypeError(f"Layers of type {type(layer).__name__} are not written")


def write_onnx(layers: FloatGraph, path: Path) -> None:
    """Write a network whose input is what its first layer reads.

    Parameters
    ----------
    layers : FloatGraph
        Without activations beyond clamps.
    path : Path
    """
    writer = _Writer()
    for layer in layers.layers:
        writer.layer(layer)
    last = layers.layers[-1]
    graph = helper.make_graph(
        writer.nodes,
        "network",
        [helper.make_tensor_value_info(INPUT, TensorProto.FLOAT, ["batch", *layers.shape])],
        [helper.make_tensor_value_info(last.name, TensorProto.FLOAT, ["batch", *last.shape])],
        writer.constants,
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", _OPSET)], ir_version=8)
    onnx.checker.check_model(model)
    onnx.save(model, path)
