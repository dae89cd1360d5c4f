"""The end of an ONNX graph: which tensor is the network's result, and which nodes compute it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hawx_hw.errors import shown
from hawx_hw.importing.onnx_files.files import OnnxFile
from hawx_hw.importing.onnx_files.node import node_label

__all__ = ["Ending", "check_dropped", "ending"]

#: Operators at the end that do not change which output is the largest, or that only name it; the
#: input that is followed back.
_DROPPED = {
    "ArgMax": 0,
    "ArrayFeatureExtractor": 1,
    "LabelEncoder": 0,
    "LogSoftmax": 0,
    "QLinearSoftmax": 0,
    "Softmax": 0,
    "ZipMap": 0,
}
_ALONG_AN_AXIS = ("ArgMax", "LogSoftmax", "Softmax")
_SOFTMAX_OF_ONE_AXIS = 13
#: Operators between these, or behind them.
_PASSED = frozenset(
    [
        "Cast",
        "DequantizeLinear",
        "Flatten",
        "Identity",
        "QuantizeLinear",
        "Reshape",
        "Squeeze",
        "Unsqueeze",
    ]
)


@dataclass(frozen=True)
class Ending:
    """What of a graph is read.

    Parameters
    ----------
    output : str
        The tensor that is the network's result.
    nodes : tuple of onnx.NodeProto
        Those that it depends on, in the file's order.
    notes : tuple of str
        What was dropped.
    dropped : tuple of onnx.NodeProto
        The same nodes.
    """

    output: str
    nodes: tuple[Any, ...]
    notes: tuple[str, ...]
    dropped: tuple[Any, ...] = ()


def ending(file: OnnxFile) -> Ending:
    """Follow the outputs back, past what does not change the answer.

    Raises
    ------
    UserError
        Outputs of several tensors; a tensor that two nodes compute; nodes in a cycle.
    """
    producers = _producers(file)
    ends, dropped = [], []
    for each in file.graph.output:
        name, nodes = _followed(each.name, producers)
        ends.append(name)
        dropped += [node for node in nodes if node not in dropped]
    if len(set(ends)) != 1:
        names = ", ".join(shown(each.name) for each in file.graph.output[:5]) or "none"
        raise file.refuse(
            f"The network must have one output, not {len(set(ends))} ({names})",
            "Keep one of them: onnx.utils.extract_model writes the part of a network.",
        )
    notes = tuple(
        f"{node.op_type} {node_label(node)!r} at the end is left out: it does not change which "
        "output is the largest."
        for node in dropped
    )
    needed = _needed(ends[0], producers)
    _check_order(file, needed)
    return Ending(ends[0], tuple(needed), notes, tuple(dropped))


def check_dropped(file: OnnxFile, end: Ending, shape: tuple[int, ...]) -> None:
    """Refuse a softmax or maximum that is not over all values of an image.

    Parameters
    ----------
    file : OnnxFile
    end : Ending
    shape : tuple of int
        Of its output, with the batch.

    Raises
    ------
    UserError
        Without it, another output would be the largest.
    """
    axes = [axis for axis, length in enumerate(shape) if axis > 0 and length > 1]
    for node in end.dropped:
        if end.output not in node.input or node.op_type not in _ALONG_AN_AXIS or not axes:
            continue
        # Before opset 13 a softmax is over its axis and all behind it.
        old = node.op_type != "ArgMax" and file.opset < _SOFTMAX_OF_ONE_AXIS
        default = 0 if node.op_type == "ArgMax" else 1 if old else -1
        given = [each.i for each in node.attribute if each.name == "axis"]
        axis = (given or [default])[0]
        axis += len(shape) if axis < 0 else 0
        if not (0 < axis <= axes[0] if old else axes == [axis]):
            raise file.refuse(
                f"The node {node_label(node)!r} ({node.op_type}) at the end is along the axis "
                f"{axis} of a tensor of shape {shape}; it must be over all outputs of an image"
            )


def _producers(file: OnnxFile) -> dict[str, tuple[int, Any]]:
    """The node that computes each tensor, with its place in the file."""
    producers: dict[str, tuple[int, Any]] = {}
    given = {tensor.name for tensor in file.graph.initializer}
    given |= {each.name for each in file.graph.input}
    for place, node in enumerate(file.graph.node):
        for name in filter(None, node.output):
            if name in producers or name in given:
                raise file.refuse(f"Two nodes or inputs are called {shown(name)}")
            producers[name] = place, node
    return producers


def _followed(name: str, producers: dict[str, tuple[int, Any]]) -> tuple[str, list[Any]]:
    result, dropped, seen = name, [], set()
    while name in producers and name not in seen:
        seen.add(name)
        node = producers[name][1]
        place = _DROPPED.get(node.op_type, 0)
        if node.op_type not in _PASSED and node.op_type not in _DROPPED:
            break
        if place >= len(node.input):
            break
        name = node.input[place]
        if node.op_type in _DROPPED:
            result = name
            dropped.append(node)
    return result, dropped


def _needed(output: str, producers: dict[str, tuple[int, Any]]) -> list[Any]:
    places, open_names, seen = {}, [output], set()
    while open_names:
        name = open_names.pop()
        if name in seen or name not in producers:
            continue
        seen.add(name)
        place, node = producers[name]
        places[place] = node
        open_names += filter(None, node.input)
    return [places[place] for place in sorted(places)]


def _check_order(file: OnnxFile, nodes: list[Any]) -> None:
    later = {name for node in nodes for name in node.output if name}
    for node in nodes:
        for name in node.input:
            if name in later:
                raise file.refuse(
                    f"The node {node_label(node)!r} reads {shown(name)} before it is computed: the "
                    "nodes are in a cycle or out of order"
                )
        later -= set(node.output)
