"""Reads a TFLite file as layers in real numbers.

Operators stand in the order in which they are computed. Those that the output depends on are read
one after the other; what only changes the form of the result at the end, but not which class is the
largest, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.correspondence import Correspondence
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT, FloatGraph
from hawx_hw.importing.fusion import fuse
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.importing.tflite_files import elementwise, layout, weighted, windows
from hawx_hw.importing.tflite_files.numbers import encoding_of
from hawx_hw.importing.tflite_files.parsing import Model, Operator, read_model
from hawx_hw.importing.tflite_files.pixels import pixels_of
from hawx_hw.importing.tflite_files.site import Network, Site
from hawx_hw.importing.tflite_files.values import ELEMENTS_MAX, Value

__all__ = ["image_shape", "read"]

_KEY = "network.model"

_OPERATORS: Mapping[str, Callable[[Site], Value | None]] = {
    "ADD": elementwise.add,
    "AVERAGE_POOL_2D": windows.average_pool,
    "CONCATENATION": layout.concatenation,
    "CONV_2D": weighted.convolution,
    "DEPTHWISE_CONV_2D": weighted.depthwise,
    "DEQUANTIZE": elementwise.dequantize,
    "DIV": elementwise.arithmetic,
    "EXPAND_DIMS": layout.reshape,
    "FULLY_CONNECTED": weighted.fully_connected,
    "MAX_POOL_2D": windows.max_pool,
    "MEAN": windows.mean,
    "MUL": elementwise.arithmetic,
    "PAD": windows.pad,
    "PADV2": windows.pad,
    "QUANTIZE": elementwise.quantize,
    "RESHAPE": layout.reshape,
    "SQUEEZE": layout.reshape,
    "SUB": elementwise.arithmetic,
    "TRANSPOSE": layout.transpose,
    **dict.fromkeys(elementwise.CLAMPS, elementwise.clamp),
    **dict.fromkeys(elementwise.FUNCTIONS, elementwise.activation),
}
#: At the end, what does not change which class is the largest, and what may stand after that.
_ENDS = ("SOFTMAX", "LOG_SOFTMAX", "ARG_MAX")
_AFTER_ENDS = ("CAST", "DEQUANTIZE", "QUANTIZE", "RESHAPE", "SQUEEZE")
#: Operators that read numbers of data from their first inputs, and shapes from the others.
_SHAPED = ("RESHAPE", "SQUEEZE", "EXPAND_DIMS")


def read(
    path: Path, shape: tuple[int, int, int], preprocessing: Preprocessing | None = None
) -> ImportedNetwork:
    """Read a network.

    Parameters
    ----------
    path : Path
    shape : tuple of int
        Channels, height and width of the images.
    preprocessing : Preprocessing or None
        What the values are that the file's input takes; None: what the file states.

    Returns
    -------
    ImportedNetwork
        Of a quantized file with its integers, which quantization takes as they are.

    Raises
    ------
    UserError
        The file is missing, damaged, or has an operator that the integer graph lacks: the message
        names it. Or it does not take such images, or contradicts ``preprocessing``.
    """
    # Numbers of a forged file overflow; what comes of it is checked.
    with np.errstate(all="ignore"):
        return _read(read_model(path), shape, preprocessing)


def image_shape(path: Path) -> tuple[int, int, int] | None:
    """Channels, height and width of the images that a file declares; None where it does not.

    Raises
    ------
    UserError
        The file is missing, damaged or has several inputs.
    """
    model = read_model(path)
    dims = model.tensors[model.input].shape[1:]
    if len(dims) == 2:
        dims = (*dims, 1)
    if len(dims) != 3 or min(dims) < 1:
        return None
    first = dims[0] in (1, 3) and dims[2] not in (1, 3)
    return (dims[0], dims[1], dims[2]) if first else (dims[2], dims[0], dims[1])


def _read(
    model: Model, shape: tuple[int, int, int], preprocessing: Preprocessing | None
) -> ImportedNetwork:
    producers = {index: each for each in model.operators for index in each.outputs if index >= 0}
    end, last, notes = _end(model, producers)
    needed = _needed(model, end)
    network = _start(model, shape, needed)
    network.notes += notes
    for operator in needed:
        _lower(network, operator)
    _check_last(network, end, last)
    return _finished(network, end, preprocessing)


def _check_last(network: Network, end: int, last: Operator | None) -> None:
    """Refuse where what is left out at the end is not over all outputs of an image."""
    result = network.values.get(end)
    if last is not None and result is not None and result.dims[-1] != result.size:
        raise Site(network, last).refuse(
            f"at the end is along one axis of {result.dims}; it must be over all outputs of an "
            "image"
        )


def _end(model: Model, producers: Mapping[int, Operator]) -> tuple[int, Operator | None, list[str]]:
    """The tensor of the results proper, the first operator of _ENDS that reads it, and notes."""
    index = end = model.output
    last: Operator | None = None
    notes: list[str] = []
    passed: list[str] = []
    for _ in model.operators:
        operator = producers.get(index)
        if operator is None or not operator.inputs or operator.inputs[0] < 0:
            break
        passed.append(operator.kind)
        if operator.kind in _ENDS:
            if operator.kind == "SOFTMAX" and not operator.options["beta"] > 0:
                break
            notes.append(
                f"{' and '.join(reversed(passed))} at the end: left out, since no largest class "
                "depends on it."
            )
            passed, end, last = [], operator.inputs[0], operator
        elif operator.kind not in _AFTER_ENDS:
            break
        index = operator.inputs[0]
    operator = producers.get(end)
    if operator is not None and operator.kind == "DEQUANTIZE" and operator.inputs:
        notes.append("DEQUANTIZE at the end: left out, since the result is taken in integers.")
        end = operator.inputs[0]
    return end, last, notes


def _needed(model: Model, end: int) -> list[Operator]:
    """The operators that a tensor depends on, in their order; not those that compute shapes."""
    needed = {end}
    result = []
    for operator in reversed(model.operators):
        if needed.isdisjoint(operator.outputs):
            continue
        result.append(operator)
        data = operator.inputs[:1] if operator.kind in _SHAPED else operator.inputs
        needed.update(index for index in data if index >= 0)
    return result[::-1]


def _start(model: Model, shape: tuple[int, int, int], needed: list[Operator]) -> Network:
    readers = [0] * len(model.tensors)
    for operator in needed:
        for index in operator.inputs:
            if index >= 0:
                readers[index] += 1
    tensor = model.tensors[model.input]
    batch, *dims = tensor.shape or (0,)
    if batch < 1:
        batch = 1  # any
    network = Network(model, batch, FloatGraph(shape), readers)
    try:
        encoding = encoding_of(tensor)
    except ValueError as error:
        raise UserError(f"The input {shown(tensor.name)} {error}.", where=_KEY) from error
    network.values[model.input] = _input(tuple(dims), shape, encoding)
    if encoding is not None:
        network.graph.encodings[INPUT] = encoding
    return network


def _input(dims: tuple[int, ...], shape: tuple[int, int, int], encoding: Encoding | None) -> Value:
    """The images as the file's input: channels last, channels first, or one channel as a vector."""
    if math.prod(shape) > ELEMENTS_MAX:
        raise UserError(f"Images of {shape} are too large for a network.", where=_KEY)
    value = Value(INPUT, shape, encoding)
    if dims == value.dims:
        return value
    if dims == shape:
        return value.viewed(np.arange(value.size, dtype=np.int32).reshape(shape))
    if shape[0] == 1 and math.prod(dims) == value.size:
        sizes = tuple(size for size in dims if size > 1)
        if sizes in (tuple(size for size in shape if size > 1), (value.size,)):
            return value.reshaped(dims)
    raise UserError(
        f"The network takes images of {dims} (height, width, channels), and those of the data set "
        f"have {shape[0]} channels and {shape[1]} x {shape[2]} pixels.",
        where=_KEY,
        hint="State network.preprocess.resize and network.preprocess.channels.",
    )


def _lower(network: Network, operator: Operator) -> None:
    site = Site(network, operator)
    index = site.output_index
    handler = _OPERATORS.get(operator.kind)
    if handler is None:
        raise site.refuse(
            "is an operator without an integer counterpart",
            f"Supported are: {', '.join(sorted(_OPERATORS))}; at the end {', '.join(_ENDS)}.",
        )
    try:
        value = handler(site)
    except ValueError as error:
        # What the constants of an operator lack; others are raised with its name already.
        raise site.refuse(f"has an input that {error}") from error
    if value is None:
        return
    if not any(value.padding):
        site.check_shape(value)
    network.values[index] = value


def _finished(network: Network, end: int, given: Preprocessing | None) -> ImportedNetwork:
    result = network.values.get(end)
    graph = network.graph
    if result is None or not graph.layers or any(result.padding):
        raise UserError("The file has no layer that computes its output.", where=_KEY)
    if not np.array_equal(result.order, np.arange(result.size)):
        raise UserError(
            f"The output is a feature map of {result.dims}; a number a class is needed.",
            where=_KEY,
        )
    source = encoding_of(network.model.tensors[network.model.input])
    pixels = pixels_of(given, source, network.steps, graph.encodings.get(INPUT))
    graph.preprocessing = pixels.preprocessing
    before = Correspondence(graph)
    fuse(graph)
    return ImportedNetwork(
        graph,
        (*pixels.notes, *network.notes),
        before.after(graph, _tensors(network)),
        None if pixels.source == pixels.preprocessing else pixels.source,
    )


def _tensors(network: Network) -> Iterator[tuple[str, str]]:
    """Layers and the numbers of the file's tensors that are their outputs, channels last."""
    for index, value in network.values.items():
        if value.layer != INPUT and value.positions is None and not any(value.padding):
            yield value.layer, str(index)
