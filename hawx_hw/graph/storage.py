"""An integer graph on disk: the arrays in one ``.npz``, everything else in a ``.json`` beside it.

The same graph gives the same bytes: the archive's members are stored in a fixed order with a fixed
time. The ``.json`` holds the checksums of the ``.npz`` and of itself: files of two graphs are
never combined, and an altered file is refused.
"""

from __future__ import annotations

import hashlib
import io
import json
import zipfile
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any, get_type_hints

import numpy as np
from pydantic import TypeAdapter

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Concat,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    Lookup,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
)
from hawx_hw.util.damage import DAMAGED, first_line
from hawx_hw.util.files import read_bytes, read_text, write_bytes, write_json
from hawx_hw.util.json_text import read_json

__all__ = ["SCHEMA", "graph_digest", "graph_files", "load_graph", "save_graph"]

SCHEMA = 2

_KINDS: dict[str, type[Node]] = {
    kind.__name__: kind
    for kind in (
        Add,
        AveragePool2d,
        Clamp,
        Concat,
        Conv2d,
        Flatten,
        Linear,
        Lookup,
        MaxPool2d,
    )
}
_ARRAYS = {"weight": np.int8, "bias": np.int32, "table": np.int8}
#: The array that belongs to no node: a name with a space is no node's.
_PIXELS = "pixel codes"
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the earliest time of a zip member
#: Larger than any number of a graph: what is larger overflows where sums are computed.
_LARGEST = 2**31
_HINT = "Remove the file and run the quantize stage again."


def graph_files(path: Path) -> tuple[Path, Path]:
    """The ``.npz`` and the ``.json`` of the graph at ``path``, which has no suffix."""
    return path.with_name(f"{path.name}.npz"), path.with_name(f"{path.name}.json")


def save_graph(graph: Graph, path: Path) -> None:
    """Write ``<path>.npz`` and ``<path>.json``, each atomically.

    Parameters
    ----------
    graph : Graph
    path : Path
        Without suffix, in a folder that exists.
    """
    packed, document = _packed(graph)
    archive, description = graph_files(path)
    write_bytes(archive, packed)
    write_json(description, document | {"sha256": _digest(document)})


def graph_digest(graph: Graph) -> str:
    """SHA-256 of all that a graph is: equal for equal graphs alone, as hexadecimal digits."""
    return _digest(_packed(graph)[1])


def _packed(graph: Graph) -> tuple[bytes, dict[str, Any]]:
    """The archive of a graph's arrays, and what describes the rest."""
    arrays: dict[str, np.ndarray] = {}
    nodes = [_described(node, arrays) for node in graph.nodes]
    arrays[_PIXELS] = graph.pixels
    packed = _archive(arrays)
    document = {
        "schema": SCHEMA,
        "name": graph.name,
        "input": graph.input,
        "nodes": nodes,
        "tensors": [
            {
                "name": name,
                "shape": list(tensor.shape),
                "scale": tensor.scale,
                "zero_point": tensor.zero_point,
            }
            for name, tensor in graph.tensors.items()
        ],
        "arrays_sha256": hashlib.sha256(packed).hexdigest(),
    }
    return packed, document


def load_graph(path: Path) -> Graph:
    """Read the files that :func:`save_graph` wrote, to the same bits.

    Raises
    ------
    UserError
        A file is missing, damaged, of another version, or the two do not belong together.
    """
    archive, description = graph_files(path)
    try:
        content = read_bytes(archive)
        document = read_json(read_text(description))
    except FileNotFoundError as error:
        raise UserError(
            "The file of the integer graph is missing.",
            where=str(error.filename),
            hint="Run the quantize stage.",
        ) from None
    except (OSError, ValueError) as error:
        raise UserError(
            f"The integer graph cannot be read: {error}.", where=str(description), hint=_HINT
        ) from error
    if not isinstance(document, dict) or document.get("schema") != SCHEMA:
        version = document.get("schema") if isinstance(document, dict) else None
        raise UserError(
            f"The integer graph is of schema {version!r}; this program reads {SCHEMA}.",
            where=str(description),
            hint=_HINT,
        )
    if document.pop("sha256", None) != _digest(document):
        raise UserError(
            "The description of the integer graph was altered: its SHA-256 differs.",
            where=str(description),
            hint=_HINT,
        )
    if document.get("arrays_sha256") != hashlib.sha256(content).hexdigest():
        raise UserError(
            f"The file is not the one that {description.name} describes: its SHA-256 differs.",
            where=str(archive),
            hint=_HINT,
        )
    try:
        with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
            return _graph(document, arrays)
    except DAMAGED as error:
        raise UserError(
            f"The integer graph is no graph: {first_line(error)}.",
            where=str(description),
            hint=_HINT,
        ) from error


def _digest(document: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(document, sort_keys=True).encode()).hexdigest()


def _described(node: Node, arrays: dict[str, np.ndarray]) -> dict[str, Any]:
    """The node as JSON values; arrays go to ``arrays`` under ``node.field``."""
    entry: dict[str, Any] = {"kind": type(node).__name__}
    for field in fields(node):
        value = getattr(node, field.name)
        if isinstance(value, np.ndarray):
            arrays[f"{node.name}.{field.name}"] = value.astype(_ARRAYS[field.name])
        elif isinstance(value, Requantization):
            arrays[f"{node.name}.multiplier"] = value.multiplier
            entry["requantization"] = {
                "shift": value.shift,
                "zero_point": value.zero_point,
                "low": value.low,
                "high": value.high,
                "step": value.step,
            }
        else:
            entry[field.name] = list(value) if isinstance(value, tuple) else value
    return entry


def _graph(document: dict[str, Any], arrays: Any) -> Graph:
    tensors = {entry.pop("name"): Tensor(**_typed(Tensor, entry)) for entry in document["tensors"]}
    nodes = tuple(_node(entry, arrays) for entry in document["nodes"])
    texts = {name: document[name] for name in ("name", "input")}
    return Graph(**_typed(Graph, texts), nodes=nodes, tensors=tensors, pixels=arrays[_PIXELS])


def _node(entry: dict[str, Any], arrays: Any) -> Node:
    kind = _KINDS[entry.pop("kind")]
    rule = entry.pop("requantization", None)
    values = _typed(kind, entry)
    for field in fields(kind):
        if field.name == "requantization":
            multiplier = arrays[f"{entry['name']}.multiplier"]
            values["requantization"] = Requantization(multiplier, **_typed(Requantization, rule))
        elif field.name not in entry:
            values[field.name] = arrays[f"{entry['name']}.{field.name}"]
    return kind(**values)


def _typed(kind: type, entry: dict[str, Any]) -> dict[str, Any]:
    """The values of ``entry``, which have the types of the fields of ``kind``."""
    hints = _hints(kind)
    return {name: _value(name, hints[name], value) for name, value in entry.items()}


def _value(name: str, hint: Any, value: Any) -> Any:
    value = tuple(value) if isinstance(value, list) else value
    TypeAdapter(hint).validate_python(value, strict=True)
    numbers = value if isinstance(value, tuple) else (value,)
    if any(isinstance(each, int) and abs(each) > _LARGEST for each in numbers):
        raise ValueError(f"{name!r} must be at most {_LARGEST}, not {value!r:.100}")
    return value


@cache
def _hints(kind: type) -> dict[str, Any]:
    return get_type_hints(kind)


def _archive(arrays: dict[str, np.ndarray]) -> bytes:
    """An ``.npz`` whose bytes depend on the arrays only.

    Members are stored, not deflated: deflated bytes vary between versions of zlib.
    """
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name in sorted(arrays):
            member = io.BytesIO()
            np.lib.format.write_array(
                member, np.ascontiguousarray(arrays[name]), version=(1, 0), allow_pickle=False
            )
            info = zipfile.ZipInfo(f"{name}.npy", _EPOCH)
            info.create_system = 3  # the value of Unix, on every system
            archive.writestr(info, member.getvalue())
    return packed.getvalue()
