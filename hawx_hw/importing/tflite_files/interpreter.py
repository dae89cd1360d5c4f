"""What the interpreter of TFLite (the package ai-edge-litert) computes, tensor by tensor."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.util.damage import DAMAGED, first_line

__all__ = ["Interpreter"]


@dataclass(frozen=True)
class _Encoding:
    scale: float
    zero_point: int


class Interpreter:
    """Runs a file image by image.

    Parameters
    ----------
    path : Path
        A file that :func:`hawx_hw.importing.tflite_files.reading.read` has read: the interpreter
        itself does not check all of a damaged one.
    exact : bool
        Whether to take its reference kernels, which are slow; else the fastest for this machine,
        whose integers differ from those in the last place.

    Raises
    ------
    UserError
        The package is missing, or the interpreter refuses the file.
    """

    def __init__(self, path: Path, *, exact: bool = False):
        runtime = _package()
        resolver = runtime.OpResolverType
        try:
            with warnings.catch_warnings():
                # It warns of the memory that all tensors take.
                warnings.simplefilter("ignore")
                self._interpreter = runtime.Interpreter(
                    str(path),
                    experimental_op_resolver_type=(
                        resolver.BUILTIN_REF if exact else resolver.AUTO
                    ),
                    experimental_preserve_all_tensors=True,
                )
                self._interpreter.allocate_tensors()
        except DAMAGED as error:
            raise UserError(
                f"The TFLite interpreter refuses {shown(str(path))}: {first_line(error)}.",
                where="network.model",
            ) from error
        self._encodings = {
            int(each["index"]): _encoding(each) for each in self._interpreter.get_tensor_details()
        }

    def run(
        self, images: np.ndarray, preprocessing: Preprocessing, tensors: Sequence[str]
    ) -> Iterator[dict[str, np.ndarray]]:
        """Yield the real values of tensors, an image after the other.

        Parameters
        ----------
        images : ndarray of uint8
            ``(n, C, H, W)``.
        preprocessing : Preprocessing
            What pixels become for the file's input.
        tensors : sequence of str
            Their numbers in the file.

        Yields
        ------
        dict of str to ndarray of float64
            Without the batch, maps channels first.
        """
        source = self._interpreter.get_input_details()[0]
        shape, dtype = tuple(source["shape"]), source["dtype"]
        encoding = self._encodings[int(source["index"])]
        for image in images:
            values = preprocessing.real(image[None])
            if values.shape[1:] != shape[1:]:
                values = values.transpose(0, 2, 3, 1)
            if encoding is not None:
                codes = np.floor(values / encoding.scale + 0.5) + encoding.zero_point
                limits = np.iinfo(dtype)
                values = np.clip(codes, limits.min, limits.max)
            # A file may be for several images at once.
            values = np.repeat(values, shape[0], axis=0).reshape(shape)
            self._interpreter.set_tensor(source["index"], values.astype(dtype))
            self._interpreter.invoke()
            yield {index: self._real(int(index)) for index in tensors}

    def _real(self, index: int) -> np.ndarray:
        values: np.ndarray = self._interpreter.get_tensor(index)[0].astype(np.float64)
        if (encoding := self._encodings[index]) is not None:
            values = (values - encoding.zero_point) * encoding.scale
        return values.transpose(2, 0, 1) if values.ndim == 3 else values


def _package() -> Any:
    try:
        from ai_edge_litert import interpreter
    except ImportError as error:
        raise UserError(
            "The interpreter of TFLite files, the Python package ai-edge-litert, is missing.",
            hint="Install it: python -m pip install ai-edge-litert",
        ) from error
    return interpreter


def _encoding(details: dict[str, Any]) -> _Encoding | None:
    """The encoding of a computed tensor; None in floating point."""
    scale, zero_point = details["quantization"]
    return _Encoding(float(scale), int(zero_point)) if scale else None
