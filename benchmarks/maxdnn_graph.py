"""The frozen ResNet-8 of ALWANN and TFApprox: a TensorFlow 1 graph, read without TensorFlow.

The file is a GraphDef of protobuf. Of its messages this module describes the few fields that a
frozen network has (github.com/tensorflow/tensorflow, tensorflow/core/framework/graph.proto and the
messages it names), and the protobuf library reads them. Nothing in the file is executed.

The graph normalizes every convolution's output by the mean and variance of the images that are run
together: its batch normalizations are in training mode, and have no stored statistics. So accuracy
depends on which images are in one batch.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from google.protobuf import descriptor_pb2, descriptor_pool, message_factory
from google.protobuf.message import DecodeError

from hawx_hw.errors import UserError

__all__ = ["CLASSES", "Convolution", "FrozenResNet8", "load"]

#: The last of the graph's eleven outputs is of no image's class.
CLASSES = 10
_TYPES = {"float": 2, "int": 5, "bool": 8, "string": 9, "message": 11, "bytes": 12, "long": 3}
#: Fields by message: name, number, type, message of the field; ``*``: repeated.
_MESSAGES: dict[str, tuple[tuple[str, int, str, str], ...]] = {
    "Dim": (("size", 1, "long", ""),),
    "Shape": (("*dim", 2, "message", "Dim"),),
    "Tensor": (
        ("dtype", 1, "int", ""),
        ("shape", 2, "message", "Shape"),
        ("content", 4, "bytes", ""),
        ("*float_val", 5, "float", ""),
    ),
    "List": (("*i", 3, "long", ""),),
    "Value": (
        ("list", 1, "message", "List"),
        ("s", 2, "bytes", ""),
        ("f", 4, "float", ""),
        ("b", 5, "bool", ""),
        ("tensor", 8, "message", "Tensor"),
    ),
    "Attribute": (("key", 1, "string", ""), ("value", 2, "message", "Value")),
    "Node": (
        ("name", 1, "string", ""),
        ("op", 2, "string", ""),
        ("*input", 3, "string", ""),
        ("*attr", 5, "message", "Attribute"),
    ),
    "Graph": (("*node", 1, "message", "Node"),),
}
_FLOAT = 1
_HINT = "Give resnet_8.pb of github.com/ehw-fit/tf-approximate."


@dataclass(frozen=True, eq=False)
class Convolution:
    """A convolution and the normalization behind it.

    Parameters
    ----------
    kernel : ndarray of float32
        ``(filters, channels, height, width)``.
    stride : int
    gamma, beta : ndarray of float32
        ``(filters,)``: gain and offset of the normalized output.
    epsilon : float
        Added to the variance.
    """

    kernel: np.ndarray
    stride: int
    gamma: np.ndarray
    beta: np.ndarray
    epsilon: float


@dataclass(frozen=True, eq=False)
class FrozenResNet8:
    """The weights; the structure is that of :mod:`maxdnn_theirs`.

    Parameters
    ----------
    convolutions : tuple of Convolution
        Seven, in the order of computation; all have padding 1.
    dense, bias : ndarray of float32
        ``(11, 64)`` and ``(11,)``.
    """

    convolutions: tuple[Convolution, ...]
    dense: np.ndarray
    bias: np.ndarray


def load(path: Path) -> FrozenResNet8:
    """Read the graph's weights.

    Raises
    ------
    UserError
        The file cannot be read, or is another network.
    """
    try:
        graph = _message("Graph")()
        graph.ParseFromString(path.read_bytes())
    except (OSError, DecodeError) as error:
        raise UserError(f"No graph can be read: {error}", where=str(path), hint=_HINT) from error
    nodes = {node.name: node for node in graph.node}
    try:
        return _network(nodes)
    except (KeyError, ValueError, IndexError) as error:
        raise UserError(
            f"This is not ALWANN's ResNet-8: {error}", where=str(path), hint=_HINT
        ) from error


def _message(name: str) -> Any:
    """The class of a message."""
    pool = descriptor_pool.DescriptorPool()
    file = descriptor_pb2.FileDescriptorProto(
        name="frozen.proto", package="frozen", syntax="proto3"
    )
    for message, fields in _MESSAGES.items():
        described = file.message_type.add(name=message)
        for field, number, kind, of in fields:
            one = described.field.add(name=field.lstrip("*"), number=number, type=_TYPES[kind])
            one.label = one.LABEL_REPEATED if field.startswith("*") else one.LABEL_OPTIONAL
            if of:
                one.type_name = f".frozen.{of}"
    pool.AddSerializedFile(file.SerializeToString())
    return message_factory.GetMessageClass(pool.FindMessageTypeByName(f"frozen.{name}"))


def _network(nodes: dict[str, Any]) -> FrozenResNet8:
    convolutions = tuple(_convolution(nodes, norm) for norm in _of(nodes, "FusedBatchNorm"))
    expected = [(16, 3), (16, 16), (16, 16), (32, 16), (32, 32), (64, 32), (64, 64)]
    shapes = [layer.kernel.shape for layer in convolutions]
    if shapes != [(*pair, 3, 3) for pair in expected]:
        raise ValueError(f"its kernels are of shapes {shapes}")
    if [layer.stride for layer in convolutions] != [1, 1, 1, 2, 1, 2, 1]:
        raise ValueError("its strides differ")
    (product,), (bias,) = _of(nodes, "MatMul"), _of(nodes, "BiasAdd")
    dense, offset = _weights(nodes, product.input[1]), _weights(nodes, bias.input[1])
    if dense.shape != (64, CLASSES + 1) or offset.shape != (CLASSES + 1,):
        raise ValueError(f"its last layer is of shape {dense.shape}")
    return FrozenResNet8(convolutions, np.ascontiguousarray(dense.T), offset)


def _of(nodes: dict[str, Any], operation: str) -> list[Any]:
    """Nodes of one operation, in the file's order, which is that of computation."""
    return [node for node in nodes.values() if node.op == operation]


def _convolution(nodes: dict[str, Any], norm: Any) -> Convolution:
    node = nodes[norm.input[0]]
    if node.op != "Conv2D":
        raise ValueError(f"{norm.name} normalizes a {node.op}")
    if not _attribute(norm, "is_training").b:
        raise ValueError(f"{norm.name} has stored statistics")
    kernel = _weights(nodes, node.input[1])
    strides = _attribute(node, "strides").list.i
    return Convolution(
        np.ascontiguousarray(kernel.transpose(3, 2, 0, 1)),
        int(strides[1]),
        _weights(nodes, norm.input[1]),
        _weights(nodes, norm.input[2]),
        float(_attribute(norm, "epsilon").f),
    )


def _weights(nodes: dict[str, Any], name: str) -> np.ndarray:
    """The constant behind a name, float32."""
    for node in _read(nodes, name):
        if node.op == "Const":
            return _array(_attribute(node, "value").tensor)
    raise ValueError(f"{name} is no constant")


def _read(nodes: dict[str, Any], name: str) -> Iterator[Any]:
    """The node of a name and, behind identities, what it copies."""
    node = nodes[name]
    yield node
    while node.op == "Identity":
        node = nodes[node.input[0]]
        yield node


def _array(tensor: Any) -> np.ndarray:
    if tensor.dtype != _FLOAT:
        raise ValueError(f"a constant is of type {tensor.dtype}, not float32")
    shape: Sequence[int] = [dim.size for dim in tensor.shape.dim]
    values = np.frombuffer(tensor.content, dtype="<f4") if tensor.content else tensor.float_val
    return np.array(values, dtype=np.float32).reshape(shape)


def _attribute(node: Any, key: str) -> Any:
    for attribute in node.attr:
        if attribute.key == key:
            return attribute.value
    raise KeyError(f"{node.name} has no {key}")
