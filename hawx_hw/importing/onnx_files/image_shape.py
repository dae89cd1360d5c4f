"""The images that an ONNX file declares as its input."""

from __future__ import annotations

from pathlib import Path

from hawx_hw.importing.onnx_files.files import open_onnx

__all__ = ["image_shape"]


def image_shape(path: Path) -> tuple[int, int, int] | None:
    """Channels, height and width of the images; None where the file does not declare all.

    Raises
    ------
    UserError
        The file is missing, damaged or of another version.
    """
    graph = open_onnx(path).graph
    constants = {tensor.name for tensor in graph.initializer}
    inputs = [each for each in graph.input if each.name not in constants]
    if len(inputs) != 1:
        return None
    dims = [dim.dim_value for dim in inputs[0].type.tensor_type.shape.dim][1:]
    if len(dims) == 2:
        dims = [1, *dims]
    if len(dims) != 3 or min(dims) < 1:
        return None
    last = dims[2] in (1, 3) and dims[0] not in (1, 3)
    return (dims[2], dims[0], dims[1]) if last else (dims[0], dims[1], dims[2])
