"""Computes what does not depend on the image: nodes whose inputs are all constants."""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from hawx_hw.importing.onnx_files.files import OnnxFile
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.tensors import array
from hawx_hw.importing.onnx_files.values import Constant, ConstantCodes

__all__ = ["Folding"]

#: Operators that onnx's reference evaluates here: arithmetic of shapes, and of small tensors.
_EVALUATED = frozenset(
    [
        "Abs",
        "Add",
        "And",
        "Cast",
        "Ceil",
        "Clip",
        "Concat",
        "Div",
        "Equal",
        "Exp",
        "Expand",
        "Flatten",
        "Floor",
        "Gather",
        "GatherND",
        "Greater",
        "GreaterOrEqual",
        "Identity",
        "Less",
        "LessOrEqual",
        "Log",
        "Max",
        "Min",
        "Mod",
        "Mul",
        "Neg",
        "Not",
        "Or",
        "Pow",
        "Range",
        "Reciprocal",
        "ReduceMax",
        "ReduceMin",
        "ReduceProd",
        "ReduceSum",
        "Reshape",
        "Round",
        "Sign",
        "Slice",
        "Split",
        "Sqrt",
        "Squeeze",
        "Sub",
        "Tile",
        "Transpose",
        "Unsqueeze",
        "Where",
    ]
)
#: Numbers of a result that is larger than the inputs together.
_LARGEST_NEW = 2**20
#: Bytes of all results of a file.
_LARGEST_SUM = 2**31
_MIB = 2**20


class Folding:
    """Evaluates nodes of one file.

    Parameters
    ----------
    file : OnnxFile
    """

    def __init__(self, file: OnnxFile):
        self._file = file
        self._bytes = 0

    def evaluate(self, node: Node, proto: Any) -> list[Constant]:
        """The outputs of a node of constants.

        Parameters
        ----------
        node : Node
            All of its inputs are constants or left out.
        proto : onnx.NodeProto

        Raises
        ------
        UserError
            Its operator cannot be evaluated, its inputs do not fit it, or the result is too large.
        """
        results = self._results(node, proto)
        self._bytes += sum(each.array.nbytes for each in results)
        if self._bytes > _LARGEST_SUM:
            raise self._file.refuse(
                f"The constants that the file computes take more than {_LARGEST_SUM // _MIB:,} MiB"
            )
        return results

    def _results(self, node: Node, proto: Any) -> list[Constant]:
        if node.domain == "" and node.op in ("Identity", "Dropout"):
            return [node.constant(0, "input")]
        if node.op == "Constant":
            return [Constant(_constant(node, self._file))]
        if node.op == "ConstantOfShape":
            return [Constant(_filled(node, self._file))]
        if node.op == "Shape":
            shape = np.array(node.constant(0, "input").array.shape, dtype=np.int64)
            start, end = node.integer("start", 0), node.integer("end", len(shape))
            return [Constant(shape[start:end])]
        if node.op == "Size":
            return [Constant(np.array(node.constant(0, "input").array.size, dtype=np.int64))]
        if node.op == "Transpose":
            return [_transposed(node)]
        if node.domain != "" or node.op not in _EVALUATED:
            raise node.refuse("computes a constant by an operator that is not supported there")
        return [Constant(result) for result in self._reference(node, proto)]

    def _reference(self, node: Node, proto: Any) -> list[np.ndarray]:
        import onnx
        from onnx.reference import ReferenceEvaluator

        arrays = [None if each is None else each.array for each in node.inputs]  # type: ignore[union-attr]
        _check_size(node, [each for each in arrays if each is not None])
        single = onnx.NodeProto()
        single.CopyFrom(proto)
        names = [f"i{place}" if each is not None else "" for place, each in enumerate(arrays)]
        del single.input[:]
        single.input.extend(names)
        graph = onnx.helper.make_graph(
            [single],
            "folded",
            [onnx.ValueInfoProto(name=name) for name in names if name],
            [onnx.ValueInfoProto(name=name) for name in single.output if name],
        )
        model = onnx.helper.make_model(
            graph, opset_imports=[onnx.helper.make_opsetid("", self._file.opset)]
        )
        feeds = {name: each for name, each in zip(names, arrays, strict=True) if each is not None}
        try:
            with np.errstate(all="ignore"):
                results = ReferenceEvaluator(model).run(None, feeds)
        except Exception as error:  # whatever numpy raises on inputs that do not fit
            raise node.refuse("cannot be computed: its constants do not fit it") from error
        if not all(isinstance(result, np.ndarray | np.generic) for result in results):
            raise node.refuse("computes constants that are not numbers")
        return [np.asarray(result) for result in results]


def _constant(node: Node, file: OnnxFile) -> np.ndarray:
    if len(node.attributes) != 1:
        raise node.refuse("must have one value")
    ((name, value),) = node.attributes.items()
    if name == "value":
        return array(value, file.path)
    if name in ("value_int", "value_ints"):
        return np.array(value, dtype=np.int64)
    if name in ("value_float", "value_floats"):
        return np.array(value, dtype=np.float32)
    raise node.refuse(f"has a {name}, which is not supported")


def _filled(node: Node, file: OnnxFile) -> np.ndarray:
    shape = node.whole(0, "shape")
    if any(length < 0 for length in shape) or math.prod(shape) > _LARGEST_NEW:
        raise node.refuse(f"makes a constant of shape {shape}, which is too large")
    value = node.attributes.get("value")
    fill = np.zeros(1, dtype=np.float32) if value is None else array(value, file.path)
    if fill.size != 1:
        raise node.refuse("must have one value")
    return np.full(shape, fill.reshape(()))


def _transposed(node: Node) -> Constant:
    source = node.constant(0, "input")
    rank = source.array.ndim
    order = node.integers("perm", tuple(range(rank))[::-1])
    if sorted(order) != list(range(rank)):
        raise node.refuse(f"orders {rank} axes as {order}")
    codes: ConstantCodes | None = source.codes and source.codes.transposed(order)
    return Constant(source.array.transpose(order), source.name, codes)


def _check_size(node: Node, arrays: list[np.ndarray]) -> None:
    """Refuse what would become much larger than its inputs, before it does."""
    limit = max(_LARGEST_NEW, sum(each.size for each in arrays))
    if _size_of_result(node, arrays) > limit:
        raise node.refuse("computes a constant that is too large")


def _size_of_result(node: Node, arrays: list[np.ndarray]) -> float:
    def product(numbers: np.ndarray) -> float:
        return math.prod(max(int(number), 1) for number in numbers.reshape(-1)[:64])

    numeric = len(arrays) > 1 and arrays[1].dtype.kind in "iu"
    match node.op:
        case "Expand" if numeric:
            return product(arrays[1]) * max(arrays[0].size, 1)
        case "Tile" if numeric:
            return product(arrays[1]) * max(arrays[0].size, 1)
        case "Range" if len(arrays) == 3 and all(each.size == 1 for each in arrays):
            start, end, step = (float(each.reshape(())) for each in arrays)
            return abs((end - start) / step) if step else math.inf
        case "Gather" | "GatherND" if len(arrays) == 2:
            return float(max(arrays[0].size, 1) * max(arrays[1].size, 1))
        case "Expand" | "Tile" | "Range":
            return math.inf
        case "Concat" | "Slice" | "Reshape" | "Split":
            return 0.0
    try:
        return float(math.prod(np.broadcast_shapes(*(each.shape for each in arrays))))
    except ValueError:
        return 0.0
