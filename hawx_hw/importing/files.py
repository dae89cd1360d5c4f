"""Files of networks by themselves, without a config: their images, layers and runtimes."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from hawx_hw.errors import UserError, shown
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.network import ImportedNetwork

__all__ = ["read_file", "run_file"]

_KEY = "network.model"


def read_file(
    path: Path,
    shape: tuple[int, int, int] | None = None,
    preprocessing: Preprocessing | None = None,
) -> ImportedNetwork:
    """The network of an ONNX or TFLite file.

    Parameters
    ----------
    path : Path
    shape : tuple of int or None
        Channels, height and width of the images; None: as the file declares.
    preprocessing : Preprocessing or None
        How pixels become the values that the network takes; None: as the file states, else
        ``pixel / 255``.

    Raises
    ------
    UserError
        It is neither, declares no size of images, or is refused by its reader.
    """
    match path.suffix.lower():
        case ".onnx":
            from hawx_hw.importing.onnx_files.image_shape import image_shape
            from hawx_hw.importing.onnx_files.reading import read

            return read(path, shape or _declared(path, image_shape(path)), preprocessing)
        case ".tflite":
            from hawx_hw.importing.tflite_files import reading

            declared = shape or _declared(path, reading.image_shape(path))
            return reading.read(path, declared, preprocessing)
    raise UserError(
        f"{shown(str(path))} is no file of a network that can be read.",
        hint="Use a file .onnx or .tflite.",
    )


def _declared(path: Path, shape: tuple[int, int, int] | None) -> tuple[int, int, int]:
    if shape is None:
        raise UserError(
            f"{shown(str(path))} does not declare the size of its images.",
            where="--shape",
            hint="State it as CHANNELSxHEIGHTxWIDTH, such as 3x32x32.",
        )
    return shape


def run_file(path: Path, network: ImportedNetwork, image: np.ndarray) -> Mapping[str, np.ndarray]:
    """What the file's own runtime computes for an image, by layer.

    Parameters
    ----------
    path : Path
    network : ImportedNetwork
        Of that file.
    image : ndarray of uint8
        ``(C, H, W)``.

    Returns
    -------
    mapping of str to ndarray of float64
        By the layer's name, in the layer's shape; of the layers that compute a tensor of the file.

    Raises
    ------
    UserError
        The runtime is missing, or refuses the file.
    """
    tensors = dict(network.tensors)
    (values,) = _run(path, network, image[None], list(dict.fromkeys(tensors.values())))
    shapes = {layer.name: layer.shape for layer in network.layers.layers}
    return {layer: values[tensor].reshape(shapes[layer]) for layer, tensor in tensors.items()}


def _run(
    path: Path, network: ImportedNetwork, images: np.ndarray, tensors: list[str]
) -> Iterator[dict[str, np.ndarray]]:
    preprocessing = network.source or network.layers.preprocessing
    if path.suffix.lower() == ".onnx":
        from hawx_hw.importing.onnx_files.runtime import Runtime

        return Runtime(path, tensors).run(images, preprocessing)
    from hawx_hw.importing.tflite_files.interpreter import Interpreter

    return Interpreter(path).run(images, preprocessing, tensors)
