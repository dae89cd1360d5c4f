"""A file as read, compared with formulas and, where it is installed, with the interpreter."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph import reference
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.tflite_files.reading import read
from hawx_hw.quantize.calibration import quantize_layers
from tests.importing.tflite_files.building import interpreted

#: Images are the values that the network takes.
AS_THEY_ARE = Preprocessing(1.0)


def images(shape, count=3, seed=0):
    """Images ``(count, channels, height, width)``."""
    return np.random.default_rng(seed).integers(0, 256, (count, *shape)).astype(np.uint8)


def last(pixels):
    """Channels last, in floating point."""
    return pixels.transpose(0, 2, 3, 1).astype(np.float64)


def kinds(network):
    return [type(layer).__name__.removeprefix("Float") for layer in network.layers.layers]


def check_float(path, shape, formula=None, *, preprocessing=AS_THEY_ARE, flat=True):
    """The network of a file in floating point, whose outputs are compared.

    ``formula`` computes them from an image, channels last; the results are read in its order.
    """
    pixels = images(shape)
    network = read(path, shape, preprocessing)
    outputs = np.concatenate(list(network.outputs(pixels)))
    scale = max(1.0, float(np.abs(outputs).max()))
    inputs = last(pixels)
    if formula is not None:
        expected = np.array([np.ravel(formula(image)) for image in inputs])
        np.testing.assert_allclose(outputs / scale, expected / scale, atol=2e-6)
    if find_spec("ai_edge_litert") is not None:
        expected = interpreted(path, inputs).reshape(len(inputs), -1)
        np.testing.assert_allclose(outputs / scale, expected / scale, atol=2e-6)
    return network


def codes_of(path, shape, pixels, preprocessing=None):
    """What the integer graph of a quantized file computes: codes of its output, and the graph."""
    network = read(path, shape, preprocessing)
    graph = quantize_layers(network.layers, pixels, name="file")
    return reference.run(graph, graph.codes(pixels)).reshape(len(pixels), -1), graph, network


def refusal(path, shape=(3, 6, 6), preprocessing=None):
    """The message with which a file is refused, in one line."""
    with pytest.raises(UserError) as caught:
        read(path, shape, preprocessing)
    assert "\n" not in str(caught.value)
    assert len(str(caught.value)) < 1500
    return str(caught.value)
