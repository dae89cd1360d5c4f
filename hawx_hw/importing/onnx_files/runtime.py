"""What ONNX Runtime computes, tensor by tensor."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.util.damage import first_line

__all__ = ["Runtime"]

_TYPES: dict[str, Any] = {
    "tensor(float)": np.float32,
    "tensor(double)": np.float64,
    "tensor(float16)": np.float16,
    "tensor(uint8)": np.uint8,
    "tensor(int8)": np.int8,
}


class Runtime:
    """Runs a file image by image.

    Parameters
    ----------
    path : Path
        A file that :func:`hawx_hw.importing.onnx_files.reading.read` has read.
    tensors : sequence of str
        Names of the tensors whose values are to be seen.

    Raises
    ------
    UserError
        The package is missing, or the runtime refuses the file.
    """

    def __init__(self, path: Path, tensors: Sequence[str]):
        runtime = _package()
        import onnx

        try:
            self._path = shown(str(path))
            model = onnx.load(str(path))
            known = {output.name for output in model.graph.output}
            names = dict.fromkeys(tensors)
            model.graph.output.extend(
                onnx.ValueInfoProto(name=name) for name in names if name not in known
            )
            options = runtime.SessionOptions()
            options.log_severity_level = 3
            # Fused operators have no tensors in between.
            options.graph_optimization_level = runtime.GraphOptimizationLevel.ORT_DISABLE_ALL
            self._session = runtime.InferenceSession(
                model.SerializeToString(), options, providers=["CPUExecutionProvider"]
            )
        except Exception as error:  # the runtime raises types of its own
            raise self._refused(error) from error
        self._names = list(names)

    def _refused(self, error: Exception) -> UserError:
        return UserError(
            f"ONNX Runtime refuses {self._path}: {first_line(error)}.", where="network.model"
        )

    def run(
        self, images: np.ndarray, preprocessing: Preprocessing
    ) -> Iterator[dict[str, np.ndarray]]:
        """Yield the values of the tensors, an image after the other.

        Parameters
        ----------
        images : ndarray of uint8
            ``(n, C, H, W)``.
        preprocessing : Preprocessing
            What pixels become for the file's input.

        Yields
        ------
        dict of str to ndarray of float64
            Without the batch.
        """
        (source,) = self._session.get_inputs()
        dtype = _TYPES[source.type]
        for image in images:
            values = _arranged(preprocessing.real(image[None]), source.shape)
            if np.issubdtype(dtype, np.integer):
                limits = np.iinfo(dtype)
                values = np.clip(np.floor(values + 0.5), limits.min, limits.max)
            if isinstance(batch := source.shape[0], int):
                values = np.repeat(values, batch, axis=0)  # a file for so many images at once
            try:
                results = self._session.run(self._names, {source.name: values.astype(dtype)})
            except Exception as error:  # the runtime raises types of its own
                raise self._refused(error) from error
            yield {
                name: np.asarray(result[0], dtype=np.float64)
                for name, result in zip(self._names, results, strict=True)
            }


def _arranged(values: np.ndarray, shape: Sequence[Any]) -> np.ndarray:
    """An image in the shape that the file declares: channels first, channels last, or a vector."""
    if len(shape) != 4:
        return values.reshape(1, *(size if isinstance(size, int) else -1 for size in shape[1:]))
    first = all(
        size == given for size, given in zip(values.shape[1:], shape[1:], strict=True)
        if isinstance(given, int)
    )  # fmt: skip
    return values if first else values.transpose(0, 2, 3, 1)


def _package() -> Any:
    try:
        import onnxruntime
    except ImportError as error:
        raise UserError(
            "The runtime of ONNX files, the Python package onnxruntime, is missing.",
            hint="Install it: python -m pip install onnxruntime",
        ) from error
    return onnxruntime
