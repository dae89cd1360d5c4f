"""The content of a TFLite file as plain objects, read by the classes of the package ``tflite``.

Those classes follow the offsets of a file without a check. Here every count is limited before
anything is made for it, arrays are views into the file, and whatever an offset beyond the file
raises becomes one message. What the numbers mean is checked where they are used.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.errors import UserError, of_system, shown
from hawx_hw.util.damage import DAMAGED, first_line
from hawx_hw.util.files import open_file

__all__ = ["Model", "Operator", "Quantization", "Tensor", "parse", "read_model"]

_KEY = "network.model"
_IDENTIFIER = b"TFL3"
#: Of a file; offsets have 32 bits.
_BYTES_MAX = 2**31 - 1
_TENSORS_MAX = 20_000
_OPERATORS_MAX = 20_000
_INPUTS_MAX = 256
_AXES_MAX = 8
_NAME_MAX = 300
#: What following an offset to nowhere raises.
_BROKEN: tuple[type[Exception], ...] = (struct.error, *DAMAGED)


@dataclass(frozen=True)
class Quantization:
    """How integers stand for real values: ``scale * (code - zero point)``.

    Parameters
    ----------
    scale : ndarray of float32
        One for the tensor, or one a step of ``axis``; any values.
    zero_point : ndarray of int64
        As many, or none.
    axis : int
    """

    scale: np.ndarray
    zero_point: np.ndarray
    axis: int


@dataclass(frozen=True)
class Tensor:
    """A tensor of the file.

    Parameters
    ----------
    name : str
        At most 300 characters of it.
    shape : tuple of int
        With the batch, as declared: any numbers.
    kind : str
        The type of its elements, such as ``int8``.
    data : ndarray of uint8
        The bytes of a constant; empty for what is computed.
    quantization : Quantization or None
    sparse : bool
        Whether the data is stored in a sparse form.
    """

    name: str
    shape: tuple[int, ...]
    kind: str
    data: np.ndarray = field(repr=False)
    quantization: Quantization | None
    sparse: bool = False


@dataclass(frozen=True)
class Operator:
    """An operator.

    Parameters
    ----------
    kind : str
        Such as ``CONV_2D``; of a custom operator with its name.
    inputs, outputs : tuple of int
        Indices of tensors; an input that is left out is -1.
    options : mapping of str to number
        Those of :data:`OPTIONS`, as they are.
    """

    kind: str
    inputs: tuple[int, ...]
    outputs: tuple[int, ...]
    options: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Model:
    """A file.

    Parameters
    ----------
    tensors : tuple of Tensor
    operators : tuple of Operator
        In the order of computation; their tensors exist.
    input, output : int
        Indices of the network's only input and output.
    size : int
        Bytes of the file.
    """

    tensors: tuple[Tensor, ...]
    operators: tuple[Operator, ...]
    input: int
    output: int
    size: int


_ACTIVATION = {"activation": "FusedActivationFunction"}
_WINDOW = {"padding": "Padding", "stride_h": "StrideH", "stride_w": "StrideW"} | _ACTIVATION
_DILATION = {"dilation_h": "DilationHFactor", "dilation_w": "DilationWFactor"}
_POOL = _WINDOW | {"filter_h": "FilterHeight", "filter_w": "FilterWidth"}
#: By kind of operator: the class of its options, and the method that returns each.
OPTIONS: Mapping[str, tuple[str, Mapping[str, str]]] = {
    "ADD": ("AddOptions", _ACTIVATION),
    "AVERAGE_POOL_2D": ("Pool2DOptions", _POOL),
    "CONCATENATION": ("ConcatenationOptions", _ACTIVATION | {"axis": "Axis"}),
    "CONV_2D": ("Conv2DOptions", _WINDOW | _DILATION),
    "DEPTHWISE_CONV_2D": (
        "DepthwiseConv2DOptions",
        _WINDOW | _DILATION | {"multiplier": "DepthMultiplier"},
    ),
    "DIV": ("DivOptions", _ACTIVATION),
    "FULLY_CONNECTED": (
        "FullyConnectedOptions",
        _ACTIVATION | {"weights_format": "WeightsFormat", "keep_dims": "KeepNumDims"},
    ),
    "GELU": ("GeluOptions", {"approximate": "Approximate"}),
    "LEAKY_RELU": ("LeakyReluOptions", {"alpha": "Alpha"}),
    "MAX_POOL_2D": ("Pool2DOptions", _POOL),
    "MEAN": ("ReducerOptions", {"keep_dims": "KeepDims"}),
    "MUL": ("MulOptions", _ACTIVATION),
    "SOFTMAX": ("SoftmaxOptions", {"beta": "Beta"}),
    "SUB": ("SubOptions", _ACTIVATION),
}


def read_model(path: Path) -> Model:
    """Read a file.

    Raises
    ------
    UserError
        It is missing, no TFLite file, damaged, or has several inputs, outputs or subgraphs.
    """
    try:
        with open_file(path) as file:
            content = file.read(_BYTES_MAX + 1)
    except OSError as error:
        raise of_system(error) from error
    return parse(content, path)


def parse(content: bytes, path: Path) -> Model:
    """The content of a file.

    Parameters
    ----------
    content : bytes
    path : Path
        Of the file, for errors.

    Raises
    ------
    UserError
        See :func:`read_model`.
    """
    if content[4:8] != _IDENTIFIER or len(content) > _BYTES_MAX:
        raise UserError(
            f"{shown(str(path))} is no TFLite file: it lacks the mark TFL3, or is over 2 GB.",
            where=_KEY,
        )
    tflite = _package()
    try:
        return _model(tflite, content)
    except UserError:
        raise
    except _BROKEN as error:
        raise _damaged(path, first_line(error)) from error


def _package() -> Any:
    try:
        import tflite
    except ImportError as error:
        raise UserError(
            "TFLite files are read with the Python package tflite, which is missing.",
            where=_KEY,
            hint="Install it: python -m pip install tflite",
        ) from error
    return tflite


def _damaged(path: Path, why: str) -> UserError:
    return UserError(
        f"The TFLite file {shown(str(path))} is damaged: {why}.",
        where=_KEY,
        hint="Copy or convert it again.",
    )


def _unsupported(what: str) -> UserError:
    return UserError(f"The TFLite file {what}.", where=_KEY)


def _model(tflite: Any, content: bytes) -> Model:
    root = tflite.Model.GetRootAs(content, 0)
    if root.Version() != 3:
        raise _unsupported(f"has schema version {root.Version()}; 3 is supported")
    if (subgraphs := root.SubgraphsLength()) != 1:
        raise _unsupported(
            f"has {subgraphs} subgraphs; networks with one, without control flow, are supported"
        )
    graph = root.Subgraphs(0)
    codes = partial(_kind, tflite, root)
    tensors = _all(graph.Tensors, graph.TensorsLength(), _TENSORS_MAX, partial(_tensor, root))
    operators = _all(
        graph.Operators,
        graph.OperatorsLength(),
        _OPERATORS_MAX,
        lambda operator: _operator(tflite, operator, codes, len(tensors)),
    )
    inputs, outputs = (
        _indices(each, len(tensors)) for each in (graph.InputsAsNumpy(), graph.OutputsAsNumpy())
    )
    for each, what in ((inputs, "inputs"), (outputs, "outputs")):
        if len(each) != 1 or each[0] < 0:
            raise _unsupported(f"has {len(each)} {what}; networks with one are supported")
    return Model(tuple(tensors), tuple(operators), inputs[0], outputs[0], len(content))


def _all(item: Callable[[int], Any], count: int, limit: int, make: Callable[[Any], Any]) -> list:
    if count > limit:
        raise ValueError(f"it has {count:,} parts of a kind of which {limit:,} are supported")
    return [make(item(index)) for index in range(count)]


def _numbers(values: Any, limit: int) -> np.ndarray:
    """A vector; where the file has none, the package's classes return 0."""
    array: np.ndarray = np.zeros(0, dtype=np.int32) if isinstance(values, int) else values
    if len(array) > limit:
        raise ValueError(f"a vector has {len(array):,} numbers, of which {limit:,} are supported")
    return array


def _indices(values: Any, tensors: int) -> tuple[int, ...]:
    indices = tuple(int(index) for index in _numbers(values, _INPUTS_MAX))
    if any(not -1 <= index < tensors for index in indices):
        raise ValueError(f"tensor {max(indices, key=abs)} does not exist, of {tensors}")
    return indices


def _text(table: Any, position: int) -> str:
    """A text, of which only the start is copied: many tables may point to one long text."""
    offset = table.Offset(position)
    if not offset:
        return ""
    start = table.Vector(offset)
    length = min(table.VectorLen(offset), _NAME_MAX)
    text = bytes(table.Bytes[start : start + length]).decode("utf-8", "replace")
    return "".join(each if each.isprintable() else "?" for each in text)


def _tensor(root: Any, tensor: Any) -> Tensor:
    buffer = tensor.Buffer()
    if not 0 <= buffer < root.BuffersLength():
        raise ValueError(f"buffer {buffer} does not exist, of {root.BuffersLength()}")
    stored = root.Buffers(buffer)
    if stored.Offset() > 1:
        raise _unsupported("stores weights after its tables, as files over 2 GB do")
    return Tensor(
        name=_text(tensor._tab, 10),
        shape=tuple(int(size) for size in _numbers(tensor.ShapeAsNumpy(), _AXES_MAX)),
        kind=_TYPES.get(tensor.Type(), f"type {tensor.Type()}"),
        data=np.asarray(_numbers(stored.DataAsNumpy(), _BYTES_MAX), dtype=np.uint8),
        quantization=_quantization(tensor.Quantization()),
        sparse=tensor.Sparsity() is not None,
    )


def _quantization(parameters: Any) -> Quantization | None:
    if parameters is None or parameters.ScaleLength() == 0:
        return None
    if parameters.DetailsType():
        raise _unsupported("is quantized in a form of its own (custom quantization)")
    return Quantization(
        parameters.ScaleAsNumpy(),
        _numbers(parameters.ZeroPointAsNumpy(), _BYTES_MAX),
        parameters.QuantizedDimension(),
    )


def _kind(tflite: Any, root: Any, index: int) -> str:
    if not 0 <= index < root.OperatorCodesLength():
        raise ValueError(f"operator code {index} does not exist, of {root.OperatorCodesLength()}")
    entry = root.OperatorCodes(index)
    # Codes below 127 stand in the older field too, in which larger ones have no room.
    code = max(entry.BuiltinCode(), entry.DeprecatedBuiltinCode())
    if code == tflite.BuiltinOperator.CUSTOM:
        return f"CUSTOM {_text(entry._tab, 6)}".strip()
    return tflite.BUILTIN_OPCODE2NAME.get(code, f"operator {code}")


def _operator(tflite: Any, operator: Any, kinds: Callable[[int], str], tensors: int) -> Operator:
    kind = kinds(operator.OpcodeIndex())
    return Operator(
        kind,
        _indices(operator.InputsAsNumpy(), tensors),
        _indices(operator.OutputsAsNumpy(), tensors),
        _options(tflite, operator, kind),
    )


def _options(tflite: Any, operator: Any, kind: str) -> dict[str, Any]:
    if kind not in OPTIONS:
        return {}
    name, methods = OPTIONS[kind]
    options = getattr(tflite, name)()
    form = operator.BuiltinOptionsType()
    table = operator.BuiltinOptions()
    if not form or table is None:
        # All of them have their defaults, as those of an empty table.
        options.Init(b"\4\0\4\0\4\0\0\0", 4)
    elif form == getattr(tflite.BuiltinOptions, name):
        options.Init(table.Bytes, table.Pos)
    else:
        raise ValueError(f"a {kind} has the options of another operator")
    return {key: getattr(options, method)() for key, method in methods.items()}


#: Types of elements, by their number in the file.
_TYPES = {
    0: "float32", 1: "float16", 2: "int32", 3: "uint8", 4: "int64", 5: "string", 6: "bool",
    7: "int16", 8: "complex64", 9: "int8", 10: "float64", 11: "complex128", 12: "uint64",
    13: "resource", 14: "variant", 15: "uint32", 16: "uint16", 17: "int4", 18: "bfloat16",
}  # fmt: skip
