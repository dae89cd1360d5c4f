"""Opens an ONNX file: its size, its form and its versions, before anything of it is used."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from hawx_hw.errors import UserError, of_system, shown
from hawx_hw.importing.onnx_files.wire import WireError, count_parts
from hawx_hw.util.damage import first_line
from hawx_hw.util.files import open_file

if TYPE_CHECKING:
    import onnx

__all__ = ["LARGEST_FILE", "OnnxFile", "external_files", "open_onnx", "require_onnx"]

#: Bytes of a file, and of all files that it names for its weights: what protobuf can hold.
LARGEST_FILE = 2**31 - 1
#: Nodes, attributes, names, ... of a file; a network of a thousand layers has a tenth of it.
_MOST_PARTS = 500_000
_OLDEST_OPSET = 9
_WHERE = "network.model"


@dataclass(frozen=True)
class OnnxFile:
    """A file that was opened.

    Parameters
    ----------
    path : Path
    graph : onnx.GraphProto
    opsets : dict of str to int
        The version of each set of operators, by its domain; that of ONNX itself is empty.
    """

    path: Path
    graph: Any
    opsets: dict[str, int]

    @property
    def opset(self) -> int:
        """The version of ONNX's own operators."""
        return self.opsets[""]

    def refuse(self, what: str, hint: str | None = None) -> UserError:
        """An error of this file."""
        return refusal(self.path, what, hint)


def refusal(path: Path, what: str, hint: str | None = None) -> UserError:
    """An error of an ONNX file."""
    return UserError(f"{shown(path.name)}: {what}", where=_WHERE, hint=hint)


def require_onnx() -> None:
    """Refuse to read ONNX files without the package that does.

    Raises
    ------
    UserError
    """
    try:
        import onnx  # noqa: F401
    except ImportError as error:
        raise UserError(
            "ONNX files need the package onnx, which is missing.",
            where=_WHERE,
            hint="Install it with: python -m pip install onnx",
        ) from error


def open_onnx(path: Path) -> OnnxFile:
    """Read a file; its weights in other files are not read yet.

    Parameters
    ----------
    path : Path

    Raises
    ------
    UserError
        There is no such file; it is too large, damaged or no ONNX file; it needs a newer package;
        or its operators are older or newer than those that are supported.
    """
    require_onnx()
    model = _parsed(path)
    opsets = _opsets(path, model)
    if not model.graph.node:
        raise refusal(path, "The file has no network: a graph without nodes")
    if model.functions:
        raise refusal(
            path,
            f"The file defines {len(model.functions)} functions of its own",
            "Write it without: onnx.inliner.inline_local_functions.",
        )
    _check_texts(path, model.graph)
    return OnnxFile(path, model.graph, opsets)


def _parsed(path: Path) -> onnx.ModelProto:
    import onnx
    from google.protobuf.message import DecodeError

    data = _content(path)
    if not data:
        raise refusal(path, "The file is empty")
    try:
        count_parts(data, onnx.ModelProto.DESCRIPTOR, _MOST_PARTS)
        model = onnx.ModelProto.FromString(data)
    except (WireError, DecodeError, ValueError) as error:
        what = f"This is no ONNX file, or a damaged one ({first_line(error)})"
        raise refusal(path, what) from error
    except MemoryError as error:
        raise refusal(path, "The file needs more memory than there is") from error
    if not model.HasField("graph"):
        raise refusal(path, "This is no ONNX file: it has no graph")
    return model


def _check_texts(path: Path, graph: onnx.GraphProto) -> None:
    """Refuse names that are no text in UTF-8, which protobuf gives as bytes."""
    names = [
        each.name for group in (graph.input, graph.output, graph.initializer) for each in group
    ]
    names += [entry.value for tensor in graph.initializer for entry in tensor.external_data]
    for node in graph.node:
        names += [node.name, node.op_type, node.domain, *node.input, *node.output]
        names += [attribute.name for attribute in node.attribute]
    for name in names:
        if not isinstance(name, str):
            raise refusal(path, f"The file has a name that is no text in UTF-8: {shown(name)}")


def _content(path: Path) -> bytes:
    try:
        with open_file(path) as file:
            size = os.fstat(file.fileno()).st_size
            if size > LARGEST_FILE:
                raise refusal(path, f"The file has {size:,} bytes, more than {LARGEST_FILE:,}")
            return file.read()
    except OSError as error:
        problem = of_system(error)
        raise UserError(
            problem.what, where=f"{_WHERE}: {problem.where}", hint=problem.hint
        ) from error


def _opsets(path: Path, model: onnx.ModelProto) -> dict[str, int]:
    import onnx

    if model.ir_version > onnx.IR_VERSION:
        raise refusal(
            path,
            f"The file is of IR version {model.ir_version}, and onnx {onnx.__version__} reads "
            f"{onnx.IR_VERSION} and older",
            "Install a newer one with: python -m pip install --upgrade onnx",
        )
    opsets: dict[str, int] = {}
    for entry in model.opset_import:
        domain = "" if entry.domain == "ai.onnx" else str(entry.domain)
        if opsets.setdefault(domain, entry.version) != entry.version:
            raise refusal(path, f"The file gives two versions of the operators {shown(domain)}")
    newest = onnx.defs.onnx_opset_version()
    if "" not in opsets:
        raise refusal(path, "The file gives no version of ONNX's operators (opset)")
    if not _OLDEST_OPSET <= opsets[""] <= newest:
        raise refusal(
            path,
            f"The file uses opset {opsets['']}, and those from {_OLDEST_OPSET} to {newest} are "
            "supported",
            "Export the network again with an opset of that range, or convert it with "
            "onnx.version_converter.",
        )
    return opsets


def external_files(path: Path) -> list[Path]:
    """The files beside an ONNX file that hold its weights, in order of their names.

    Parameters
    ----------
    path : Path
        The ONNX file. Where it cannot be read there are none: reading it gives the reason.
    """
    from hawx_hw.importing.onnx_files.tensors import external_path

    try:
        graph = open_onnx(path).graph
        constants = (each.t for node in graph.node for each in node.attribute if each.HasField("t"))
        tensors = (*graph.initializer, *constants)
        return sorted({external_path(each, path) for each in tensors if each.data_location})
    except UserError:
        return []
