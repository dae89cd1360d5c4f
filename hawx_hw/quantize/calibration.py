"""Post-training quantization: from a network in real numbers and images to the integer graph.

Weights get one scale a filter, symmetric about zero. Activations get one scale and zero point a
tensor, from the range with the least mean squared error on the calibration images
(:mod:`.ranges`). What a quantized file prescribes is taken as it is.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import CODE_MIN, Graph, Tensor
from hawx_hw.graph.pixels import Preprocessing, codes
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT, FloatClamp, FloatGraph, FloatLayer
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.quantize.nodes import node_of
from hawx_hw.quantize.ranges import Histogram, encoding
from hawx_hw.quantize.shared_scales import SharedScales
from hawx_hw.util.batches import images_at_once

__all__ = ["codes", "quantize", "quantize_layers"]

_BATCH = 64
#: The largest number of 32 bits; calibration computes in 64.
_FLOAT_MAX = float(np.finfo(np.float32).max)


def quantize(
    network: nn.Module,
    images: np.ndarray,
    *,
    name: str,
    preprocessing: Preprocessing | None = None,
) -> Graph:
    """The integer graph of a torch network.

    Parameters
    ----------
    network : torch.nn.Module
        Takes ``(batch, C, H, W)``; it is not changed.
    images : ndarray of uint8
        Calibration images ``(n, C, H, W)``, n >= 1. The same images in the same order give the same
        graph.
    name : str
        Name of the graph.
    preprocessing : Preprocessing or None
        How pixels become the values that the network takes; None: ``pixel / 255``.

    Returns
    -------
    Graph
        Its input codes are ``graph.codes(images)``.

    Raises
    ------
    UserError
        The network has an operation without an integer counterpart, or see
        :func:`quantize_layers`.
    """
    _check_images(images)
    return quantize_layers(trace(network, images, preprocessing), images, name=name)


def quantize_layers(layers: FloatGraph, images: np.ndarray, *, name: str) -> Graph:
    """The integer graph of layers in real numbers.

    Parameters
    ----------
    layers : FloatGraph
    images : ndarray of uint8
        Calibration images ``(n, C, H, W)``, n >= 1.
    name : str
        Name of the graph.

    Raises
    ------
    UserError
        The network computes values that are not finite, or would not be in 32 bits, or has sums
        that do not fit 32 bits. The message names the layer.
    """
    _check_images(images)
    encodings = _calibrate(layers, images)
    fitted = _rescaled(layers, encodings)
    shapes = {INPUT: layers.shape} | {layer.name: layer.shape for layer in fitted}
    source = encodings[INPUT]
    return Graph(
        name,
        INPUT,
        tuple(node_of(layer, encodings) for layer in fitted),
        {
            key: Tensor(shape, encodings[key].scale, encodings[key].zero_point)
            for key, shape in shapes.items()
        },
        layers.preprocessing.table(source.scale, source.zero_point),
    )


def _check_images(images: np.ndarray) -> None:
    if images.dtype != np.uint8 or images.ndim != 4 or len(images) == 0:
        raise ValueError(
            "Images must be uint8 of shape (n, C, H, W) with n >= 1, "
            f"not {images.dtype} of shape {images.shape}"
        )


def _calibrate(graph: FloatGraph, images: np.ndarray) -> dict[str, Encoding]:
    """The encoding of every tensor."""
    encodings = {INPUT: _input_encoding(graph.preprocessing)} | graph.encodings
    scales = SharedScales(graph, encodings)
    labels = {layer.name: layer.label for layer in graph.layers}
    lows = dict.fromkeys(scales.free, 0.0)
    highs = dict.fromkeys(scales.free, 0.0)
    for name, values in _activations(graph, images):
        low, high = (float(end) for end in torch.aminmax(values))
        if not (-low <= _FLOAT_MAX and high <= _FLOAT_MAX):
            raise UserError(
                f"The layer {labels[name]!r} computes values that are not finite in 32 bits.",
                where="network.model",
            )
        if (scale := scales.measured.get(name)) is not None:
            lows[scale], highs[scale] = min(lows[scale], low), max(highs[scale], high)
    histograms = {scale: Histogram(lows[scale], highs[scale]) for scale in scales.free}
    for name, values in _activations(graph, images) if histograms else ():
        if (scale := scales.measured.get(name)) is not None:
            histograms[scale].add(values.numpy())
    best = {scale: histogram.best() for scale, histogram in histograms.items()}
    return {
        name: encodings[scale] if scale in encodings else best[scale]
        for name, scale in scales.of_tensor.items()
    }


def _input_encoding(preprocessing: Preprocessing) -> Encoding:
    """The encoding of the input, which pixels of 8 bits fill."""
    with np.errstate(over="ignore"):
        values = preprocessing.values()
    if not (np.abs(values) <= _FLOAT_MAX).all():
        raise UserError(
            "Pixels become values that are not finite in 32 bits.", where="network.preprocess"
        )
    if len(values) > 1:
        return encoding(float(values.min()), float(values.max()))
    # A step a pixel value: no pixel is rounded.
    scale = preprocessing.scale / preprocessing.std[0]
    zero_point = np.floor(preprocessing.mean[0] / preprocessing.scale + 0.5) + CODE_MIN
    if CODE_MIN <= zero_point <= -CODE_MIN - 1:
        return Encoding(scale, int(zero_point))
    return encoding(float(values.min()), float(values.max()))


def _activations(graph: FloatGraph, images: np.ndarray) -> Iterator[tuple[str, torch.Tensor]]:
    step = images_at_once(_BATCH, graph.shapes, 8)
    for start in range(0, len(images), step):
        yield from graph.evaluate(graph.inputs(images[start : start + step]))


def _rescaled(graph: FloatGraph, encodings: dict[str, Encoding]) -> list[FloatLayer]:
    """The layers, with a change of scale before each that cannot change scales but would have to.

    Parameters
    ----------
    graph : FloatGraph
    encodings : dict of str to Encoding
        Of every tensor; those of new layers are added.
    """
    shapes = {INPUT: graph.shape} | {layer.name: layer.shape for layer in graph.layers}
    layers: list[FloatLayer] = []
    for layer in graph.layers:
        inputs = list(layer.inputs)
        for position, name in enumerate(layer.inputs):
            if layer.requantizes or encodings[name] == encodings[layer.name]:
                continue
            changed = f"{layer.name}_scale{position}"
            encodings[changed] = encodings[layer.name]
            layers.append(
                FloatClamp(name=changed, label=layer.label, inputs=[name], shape=shapes[name])
            )
            inputs[position] = changed
        layers.append(layer if inputs == layer.inputs else replace(layer, inputs=inputs))
    return layers
