"""From an ONNX file to layers in real numbers, with the integers of a quantized file."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

from hawx_hw.errors import shown
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.float_graph import INPUT, FloatActivation, FloatGraph, FloatLayer
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.ending import Ending, check_dropped, ending
from hawx_hw.importing.onnx_files.files import OnnxFile, open_onnx
from hawx_hw.importing.onnx_files.folding import Folding
from hawx_hw.importing.onnx_files.gates import ERF
from hawx_hw.importing.onnx_files.inputs import (
    chosen_preprocessing,
    file_input,
    initial_preprocessing,
    input_view,
)
from hawx_hw.importing.onnx_files.node import Node, node_label
from hawx_hw.importing.onnx_files.operators import attributes, check_flow, check_schema, handle
from hawx_hw.importing.onnx_files.tensor_names import fused_tensors
from hawx_hw.importing.onnx_files.tensors import array
from hawx_hw.importing.onnx_files.values import Constant, Feature, Value, natural

__all__ = ["read"]

_ON_CONSTANTS = ("DequantizeLinear", "QuantizeLinear")


def read(
    path: Path, shape: tuple[int, ...], preprocessing: Preprocessing | None = None
) -> ImportedNetwork:
    """The network of an ONNX file, float or quantized.

    Parameters
    ----------
    path : Path
        The file. Weights in other files are read from its folder only.
    shape : tuple of int
        Of the images, ``(channels, height, width)``.
    preprocessing : Preprocessing or None
        How pixels become the values of the file's input. None: by the scale of a quantized input;
        pixels themselves where the input is uint8; else ``pixel / 255``.

    Raises
    ------
    UserError
        The file is missing, damaged, hostile or of another version; it takes other images; or a
        node of it has no counterpart, which the message names.
    """
    file = open_onnx(path)
    end = ending(file)
    reader = _Reader(file, end, shape, preprocessing)
    result = reader.result()
    builder = reader.builder
    layers = builder.without_unread(result.layer)
    _check_layers(file, builder, layers)
    names = {INPUT, *(layer.name for layer in layers)}
    encodings = {name: each for name, each in builder.encodings.items() if name in names}
    notes = [*end.notes, *builder.notes]
    chosen, first = chosen_preprocessing(
        preprocessing, reader.initial, builder.preprocessing, encodings.get(INPUT), reader.view
    )
    notes += first
    graph = FloatGraph(shape, layers, chosen, encodings)
    tensors = fused_tensors(graph, builder.tensors)
    if not graph.layers:
        raise file.refuse("The network has no layer that computes anything")
    source = file_input(chosen, reader.initial, builder.preprocessing, reader.view)
    return ImportedNetwork(graph, tuple(notes), tensors, None if source == chosen else source)


def _check_layers(file: OnnxFile, builder: Builder, layers: list[FloatLayer]) -> None:
    for layer in layers:
        if isinstance(layer, FloatActivation) and layer.function == ERF:
            raise file.refuse(
                f"The node {layer.label!r} (Erf) has no integer counterpart but in a gelu"
            )
        given = builder.assumed.get(layer.name)
        if given is not None and builder.encoding(layer.inputs[0]) != given:
            raise file.refuse(
                f"The node {layer.label!r} reads a tensor that is quantized in two ways"
            )


class _Reader:
    """Reads the nodes that the output depends on, one after the other."""

    def __init__(
        self,
        file: OnnxFile,
        end: Ending,
        shape: tuple[int, ...],
        preprocessing: Preprocessing | None,
    ):
        self._file, self._end = file, end
        self._nodes = end.nodes
        check_flow(self._nodes, file)
        self._readers = Counter(name for proto in self._nodes for name in set(proto.input))
        self._readers[end.output] += 1
        self._left = Counter(self._readers)
        self._folding = Folding(file)
        self._initializers = {tensor.name: tensor for tensor in file.graph.initializer}
        self._values: dict[str, Value] = {}
        declared = self._declared()
        readers = [proto for proto in self._nodes if declared.name in proto.input]
        view = input_view(file, declared, shape, all(map(_channels_first, readers)))
        shared = self._readers[declared.name] > 1
        self._values[declared.name] = replace(view, shared=shared)
        self.view = view
        self.initial = initial_preprocessing(view, preprocessing)
        self.builder = Builder(file.path, self.initial)

    def _declared(self) -> Any:
        """The one input that is no initializer and that the output depends on."""
        inputs = [
            each
            for each in self._file.graph.input
            if each.name not in self._initializers and self._readers[each.name]
        ]
        if len(inputs) != 1:
            names = ", ".join(shown(each.name) for each in inputs[:5]) or "none"
            raise self._file.refuse(f"The network must have one input, not {len(inputs)} ({names})")
        return inputs[0]

    def result(self) -> Feature:
        """The output of the network."""
        for proto in self._nodes:
            self._read(proto)
        value = self._values.get(self._end.output)
        if not isinstance(value, Feature) or value.layer == INPUT:
            raise self._file.refuse(f"The output {shown(self._end.output)} does not use the input")
        order = tuple(atom for axis in value.axes for atom in axis if atom != "n")
        if order != tuple(a for axis in natural(value.shape)[1:] for a in axis) or any(
            value.padding
        ):
            raise self._file.refuse(
                f"The output {shown(self._end.output)} of shape {value.file_shape} is a map in "
                "another order of axes, which is not supported"
            )
        check_dropped(self._file, self._end, value.file_shape)
        return value

    def _read(self, proto: Any) -> None:
        label = node_label(proto)
        node = Node(
            self._file.path,
            label,
            "" if proto.domain == "ai.onnx" else proto.domain,
            proto.op_type,
            tuple(self._value(name, label) if name else None for name in proto.input),
            attributes(proto, self._file),
            sum(1 for name in proto.output if self._readers[name]),
        )
        check_schema(node, self._file)
        features = any(isinstance(value, Feature) for value in node.inputs)
        if features or node.op in _ON_CONSTANTS:
            results: list[Value] = [handle(node, self.builder)]
        else:
            results = list(self._folding.evaluate(node, proto))
        for name, value in zip(proto.output, results, strict=False):
            if isinstance(value, Feature):
                value = replace(value, shared=value.shared or self._readers[name] > 1)
                self.builder.record(value, name, anew=node.op == "DequantizeLinear")
            self._values[name] = value
        for name in set(proto.input):
            self._left[name] -= 1
            if not self._left[name]:
                self._values.pop(name, None)

    def _value(self, name: str, reader: str) -> Value:
        if name not in self._values:
            tensor = self._initializers.get(name)
            if tensor is None:
                raise self._file.refuse(
                    f"The node {reader!r} reads {shown(name)}, which is not computed before it"
                )
            self._values[name] = Constant(array(tensor, self._file.path), name)
        return self._values[name]


def _channels_first(proto: Any) -> bool:
    """Whether a node moves the last of four axes to the second place."""
    return proto.op_type == "Transpose" and any(
        attribute.name == "perm" and list(attribute.ints) == [0, 3, 1, 2]
        for attribute in proto.attribute
    )
