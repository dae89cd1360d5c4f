"""The numbers of an ONNX file: initializers and the values of attributes, as arrays."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.errors import UserError, of_system, shown
from hawx_hw.importing.onnx_files.files import LARGEST_FILE, refusal
from hawx_hw.util.files import open_file

__all__ = ["array", "external_path", "type_name"]

#: The types that are read, as ONNX names them; all but these are refused.
_TYPES = (
    "FLOAT", "DOUBLE", "FLOAT16", "BFLOAT16", "INT8", "UINT8", "INT16", "UINT16", "INT32", "UINT32",
    "INT64", "UINT64", "BOOL",
)  # fmt: skip


def type_name(number: int) -> str:
    """What ONNX calls a type of elements, such as FLOAT."""
    import onnx

    try:
        return str(onnx.TensorProto.DataType.Name(number))
    except ValueError:
        return f"number {number}"


def array(tensor: Any, path: Path) -> np.ndarray:
    """The numbers of a tensor.

    Parameters
    ----------
    tensor : onnx.TensorProto
    path : Path
        The ONNX file.

    Returns
    -------
    ndarray
        Of the tensor's shape; half precision as float32.

    Raises
    ------
    UserError
        Strings, types of fewer than 8 bits; fewer or more numbers than the shape has; a file
        outside the folder of the ONNX file.
    """
    from onnx import numpy_helper

    label = shown(tensor.name)
    kind = type_name(tensor.data_type)
    if kind not in _TYPES:
        raise refusal(path, f"The tensor {label} is of type {kind}, which is not supported")
    if any(length < 0 for length in tensor.dims):
        raise refusal(path, f"The tensor {label} has the shape {shown(list(tensor.dims))}")
    if math.prod(tensor.dims) > LARGEST_FILE:
        raise refusal(path, f"The tensor {label} of shape {list(tensor.dims)} is too large")
    if tensor.data_location:
        tensor = _with_external(tensor, path)
    try:
        values = np.asarray(numpy_helper.to_array(tensor))
    except (ValueError, TypeError, OverflowError) as error:
        raise refusal(
            path, f"The tensor {label} lacks numbers of its shape {list(tensor.dims)}"
        ) from error
    if kind in ("FLOAT16", "BFLOAT16"):
        values = values.astype(np.float32)
    return values


def external_path(tensor: Any, path: Path) -> Path:
    """The file that holds a tensor's numbers: one in the folder of the ONNX file.

    Raises
    ------
    UserError
        It lies elsewhere, by its name or by a link.
    """
    place = _entries(tensor).get("location", "")
    folder = path.parent.resolve()
    if not place or "\0" in place or Path(place).is_absolute():
        inside = False
    else:
        try:
            target = (folder / place).resolve()
            inside = target.is_relative_to(folder) and target != folder
        except (OSError, RuntimeError):
            inside = False
    if not inside:
        raise refusal(
            path,
            f"The numbers of {shown(tensor.name)} lie in {shown(place)}, outside the folder of the "
            "ONNX file, where nothing is read",
        )
    return target


def _entries(tensor: Any) -> dict[str, str]:
    return {entry.key: entry.value for entry in tensor.external_data}


def _with_external(tensor: Any, path: Path) -> Any:
    """The tensor with the bytes of the file that it names."""
    import onnx

    target, entries = external_path(tensor, path), _entries(tensor)
    item = np.dtype(onnx.helper.tensor_dtype_to_np_dtype(tensor.data_type)).itemsize
    size = math.prod(tensor.dims) * item
    try:
        offset = int(entries.get("offset") or 0)
        length = int(entries.get("length") or size)
    except ValueError as error:
        raise refusal(
            path, f"The tensor {shown(tensor.name)} lies at no place of a file"
        ) from error
    if length != size or offset < 0:
        raise refusal(
            path,
            f"The tensor {shown(tensor.name)} has {size:,} bytes, and the file names {length:,}",
        )
    whole = onnx.TensorProto(name=tensor.name, data_type=tensor.data_type, dims=tensor.dims)
    whole.raw_data = _part(target, offset, length, path)
    return whole


def _part(target: Path, offset: int, length: int, path: Path) -> bytes:
    try:
        with open_file(target) as file:
            there = os.fstat(file.fileno()).st_size
            if there > LARGEST_FILE or offset + length > there:
                raise refusal(
                    path,
                    f"The file {shown(target.name)} of weights has {there:,} bytes, and "
                    f"{offset + length:,} are expected",
                )
            file.seek(offset)
            return file.read(length)
    except OSError as error:
        problem = of_system(error)
        raise UserError(
            problem.what, where=f"network.model: {problem.where}", hint=problem.hint
        ) from error
