"""Small float models, quantized by onnxruntime, and the integer graphs read from them."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from pathlib import Path

import numpy as np
from onnxruntime.quantization import (
    CalibrationDataReader,
    QuantFormat,
    QuantType,
    quantize_static,
)

from hawx_hw.graph import fast
from hawx_hw.graph.graph import Graph
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.network import ImportedNetwork
from hawx_hw.importing.onnx_files.reading import read
from hawx_hw.quantize.calibration import quantize_layers
from tests.importing.onnx_files.models import IMAGES, run

FORMATS = {"QDQ": QuantFormat.QDQ, "QOperator": QuantFormat.QOperator}
TYPES = {"S8": QuantType.QInt8, "U8": QuantType.QUInt8}


class _Images(CalibrationDataReader):
    def __init__(self, inputs: np.ndarray):
        self._each = iter([{"x": image[None]} for image in inputs])

    def get_next(self):
        return next(self._each, None)


@contextmanager
def _quiet():
    logging.disable(logging.WARNING)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


def quantized_file(
    path: Path,
    *,
    form: str = "QDQ",
    activations: str = "U8",
    weights: str = "S8",
    symmetric: bool = False,
    images: np.ndarray = IMAGES,
    per_channel: bool = True,
) -> Path:
    """The model at ``path``, quantized; calibrated on pixels / 255."""
    result = path.with_name("quantized.onnx")
    with _quiet():
        quantize_static(
            path,
            result,
            _Images(Preprocessing().real(images, np.float32)),
            quant_format=FORMATS[form],
            activation_type=TYPES[activations],
            weight_type=TYPES[weights],
            per_channel=per_channel,
            extra_options={"ActivationSymmetric": symmetric},
        )
    return result


def integer_graph(
    path: Path, images: np.ndarray = IMAGES, preprocessing: Preprocessing | None = None
) -> tuple[ImportedNetwork, Graph]:
    network = read(path, images.shape[1:], preprocessing)
    return network, quantize_layers(network.layers, images, name="quantized")


def differences(
    path: Path,
    graph: Graph,
    images: np.ndarray = IMAGES,
    *,
    inputs: np.ndarray | None = None,
    code_zero: int | None = None,
) -> tuple[np.ndarray, float]:
    """The integer graph's outputs less onnxruntime's, in codes; and the correlation of both.

    ``inputs`` are those of the runtime, by default pixels / 255; its outputs are real values, or
    codes about ``code_zero``.
    """
    tensor = graph.tensors[graph.output]
    codes = fast.run(graph, graph.codes(images)).reshape(len(images), -1)
    if inputs is None:
        inputs = Preprocessing().real(images, np.float32)
    expected = run(path, inputs, optimized=False)
    if code_zero is None:
        expected = expected / tensor.scale + tensor.zero_point
    else:
        expected = expected.astype(np.int64) - code_zero + tensor.zero_point
    if np.ptp(codes) == 0 or np.ptp(expected) == 0:  # no correlation is defined
        return codes - expected, float(np.abs(codes - expected).max() < 1.01)
    both = np.corrcoef(codes.reshape(-1), expected.reshape(-1))
    return codes - expected, float(both[0, 1])
