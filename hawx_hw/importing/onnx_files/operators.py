"""The operators of ONNX files that have a handler, and what a node must be before it gets there."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from hawx_hw.errors import shown
from hawx_hw.importing.onnx_files import (
    arithmetic,
    integer_operators,
    pointwise,
    pooling,
    products,
    quantized,
    shapes,
)
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.files import OnnxFile, refusal
from hawx_hw.importing.onnx_files.node import Node, node_label
from hawx_hw.importing.onnx_files.values import Feature, Value

__all__ = ["RUNTIME", "attributes", "check_flow", "check_schema", "handle"]

RUNTIME = "com.microsoft"

Handler = Callable[[Node, Builder], Any]

_HANDLERS: dict[str, dict[str, Handler]] = {
    "": {
        **arithmetic.HANDLERS,
        **integer_operators.HANDLERS,
        **pointwise.HANDLERS,
        **pooling.HANDLERS,
        **products.HANDLERS,
        **quantized.HANDLERS,
        **shapes.HANDLERS,
    },
    RUNTIME: {**integer_operators.RUNTIME_HANDLERS, **quantized.HANDLERS},
}
_VIEWS = frozenset({"Dropout", "Identity", "Transpose", "Shape", "Size"})
#: Operators that may read codes; all others would take them for real values.
_ON_CODES = _VIEWS | frozenset(
    [
        "Cast",
        "Clip",
        "Concat",
        "DequantizeLinear",
        "Flatten",
        "MaxPool",
        "Pad",
        "QLinearConv",
        "QLinearMatMul",
        "Reshape",
        "Squeeze",
        "Unsqueeze",
    ]
)
#: Operators that take zeros around a map as their own padding, or pass them on.
_ON_PADDED = _VIEWS | frozenset(
    ["AveragePool", "Conv", "DequantizeLinear", "MaxPool", "Pad", "QLinearConv", "QuantizeLinear"]
)
_DYNAMIC = frozenset(["ConvInteger", "DynamicQuantizeLinear", "MatMulInteger"])
_FLOW = frozenset(["If", "Loop", "Scan", "SequenceMap"])


def handle(node: Node, builder: Builder) -> Value:
    """What a node that depends on the image computes: layers are added to the builder.

    Raises
    ------
    UserError
        The operator, or a setting of it, has no counterpart; the message names the node.
    """
    handler = _HANDLERS.get(node.domain, {}).get(node.op)
    if handler is None:
        raise _unsupported(node)
    for value in node.inputs:
        if not isinstance(value, Feature):
            continue
        if value.codes is not None and node.op not in _ON_CODES and node.domain != RUNTIME:
            raise node.refuse("reads codes, of which only their real values can be used")
        if any(value.padding) and node.op not in _ON_PADDED:
            raise node.refuse(
                f"reads the padded map of {value.padding_label!r}; zeros around a map can be the "
                "padding of a convolution or pooling only"
            )
    result: Value = handler(node, builder)
    return result


def _unsupported(node: Node) -> Exception:
    if node.op in _DYNAMIC:
        return node.refuse(
            "quantizes by the values of each image (dynamic quantization), which is not supported",
            "Quantize the network statically, with calibration images.",
        )
    if node.domain not in _HANDLERS:
        return node.refuse(f"is of the domain {shown(node.domain)}, which is not supported")
    return node.refuse(
        "has no integer counterpart", f"Supported are: {', '.join(sorted(_HANDLERS['']))}."
    )


def check_flow(nodes: Iterable[Any], file: OnnxFile) -> None:
    """Refuse nodes that run parts of a graph, which may read tensors that they do not name.

    Raises
    ------
    UserError
    """
    for proto in nodes:
        if proto.op_type in _FLOW:
            raise file.refuse(
                f"The node {node_label(proto)!r} ({proto.op_type}) is control flow, which no "
                "accelerator has"
            )


def attributes(proto: Any, file: OnnxFile) -> dict[str, Any]:
    """The attributes of a node by name.

    Raises
    ------
    UserError
        Types that no operator here has: graphs, sparse tensors.
    """
    from onnx import AttributeProto

    types = AttributeProto
    plain = {
        types.FLOAT: lambda a: a.f,
        types.INT: lambda a: a.i,
        types.STRING: lambda a: a.s,
        types.TENSOR: lambda a: a.t,
        types.FLOATS: lambda a: list(a.floats),
        types.INTS: lambda a: list(a.ints),
        types.STRINGS: lambda a: list(a.strings),
    }
    result: dict[str, Any] = {}
    for attribute in proto.attribute:
        if attribute.ref_attr_name or attribute.type not in plain:
            raise refusal(
                file.path,
                f"The node {node_label(proto)!r} ({proto.op_type}) has an attribute "
                f"{shown(attribute.name)} of a type that is not supported",
            )
        result[attribute.name] = plain[attribute.type](attribute)
    return result


def check_schema(node: Node, file: OnnxFile) -> None:
    """Refuse a node that is none of ONNX's operators in the file's version of them.

    Raises
    ------
    UserError
        An unknown operator or attribute, or too few or too many inputs.
    """
    from onnx import defs

    if node.domain != "":
        return
    try:
        schema = defs.get_schema(node.op, file.opset, "")
    except defs.SchemaError as error:
        raise node.refuse(f"is no operator of opset {file.opset}") from error
    if schema.deprecated:
        raise node.refuse(f"is an operator that opset {file.opset} has no more")
    for name in node.attributes:
        if name not in schema.attributes:
            raise node.refuse(f"has an attribute {shown(name)} that opset {file.opset} lacks")
    if not schema.min_input <= len(node.inputs) <= schema.max_input:
        raise node.refuse(f"has {len(node.inputs)} inputs, which do not fit it")
