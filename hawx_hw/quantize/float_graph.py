"""The float network as a list of layers: the result of tracing and the input of calibration.

It corresponds to the integer graph, in real numbers and before any scale is chosen. Its
evaluation is in float64, so that ranges, and with them the integer graph, do not depend on the
order of additions in one machine's float32 kernels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional

__all__ = [
    "INPUT",
    "FloatAdd",
    "FloatAveragePool",
    "FloatClamp",
    "FloatConv",
    "FloatFlatten",
    "FloatGraph",
    "FloatLayer",
    "FloatLinear",
    "FloatMaxPool",
    "FloatNorm",
]

INPUT = "input"
"""Name of the network's input tensor."""


@dataclass(kw_only=True)
class FloatLayer:
    """One layer.

    Parameters
    ----------
    name : str
        Identifier; also the name of its output.
    label : str
        The layer's name in the user's network, for errors.
    inputs : list of str
        Names of the layers that it reads, or :data:`INPUT`.
    shape : tuple of int
        Shape of the output, without the batch.
    low, high : float
        The fused clamp; minus and plus infinity where there is none.
    """

    name: str
    label: str
    inputs: list[str]
    shape: tuple[int, ...]
    low: float = -np.inf
    high: float = np.inf

    requantizes = True
    """Whether the integer layer requantizes: only then can a clamp be fused."""


@dataclass(kw_only=True)
class FloatConv(FloatLayer):
    """Convolution; weight float64 ``(F, C, KH, KW)``, bias float64 ``(F,)``."""

    weight: np.ndarray
    bias: np.ndarray
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]


@dataclass(kw_only=True)
class FloatLinear(FloatLayer):
    """Matrix product; weight float64 ``(outputs, inputs)``, bias float64 ``(outputs,)``."""

    weight: np.ndarray
    bias: np.ndarray


@dataclass(kw_only=True)
class FloatNorm(FloatLayer):
    """Batch normalization as ``x * gain + offset`` per channel; fusion removes all of them."""

    gain: np.ndarray
    offset: np.ndarray

    requantizes = False


@dataclass(kw_only=True)
class FloatMaxPool(FloatLayer):
    """Largest value of each window; padding counts as minus infinity."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]

    requantizes = False


@dataclass(kw_only=True)
class FloatAveragePool(FloatLayer):
    """Sum of each window, padding counted as zero, over ``divisor``."""

    kernel: tuple[int, int]
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    divisor: float


@dataclass(kw_only=True)
class FloatAdd(FloatLayer):
    """Sum of two tensors of one shape."""


@dataclass(kw_only=True)
class FloatClamp(FloatLayer):
    """The clamp to ``low`` and ``high`` only."""


@dataclass(kw_only=True)
class FloatFlatten(FloatLayer):
    """A feature map read as a vector."""

    requantizes = False


@dataclass
class FloatGraph:
    """Layers in an order of computation; the last one's output is the network's."""

    shape: tuple[int, ...]
    layers: list[FloatLayer] = field(default_factory=list)

    def users(self, name: str) -> list[FloatLayer]:
        """The layers that read ``name``."""
        return [layer for layer in self.layers if name in layer.inputs]

    def layer(self, name: str) -> FloatLayer | None:
        """The layer of that name; None for the input."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def evaluate(self, pixels: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield each layer's name and output; an output is dropped after its last reader.

        Parameters
        ----------
        pixels : Tensor of float64
            ``(batch, *shape)``, ``pixel / 255``.
        """
        last_reader = {name: layer.name for layer in self.layers for name in layer.inputs}
        values = {INPUT: pixels}
        with torch.inference_mode():
            for layer in self.layers:
                value = _evaluate(layer, [values[name] for name in layer.inputs])
                if np.isfinite(layer.low) or np.isfinite(layer.high):
                    value = value.clamp(layer.low, layer.high)
                values[layer.name] = value
                yield layer.name, value
                for name in set(layer.inputs):
                    if last_reader[name] == layer.name:
                        del values[name]


def _evaluate(layer: FloatLayer, inputs: list[torch.Tensor]) -> torch.Tensor:
    x = inputs[0]
    match layer:
        case FloatConv():
            padded = _padded(x, layer.padding, 0.0)
            weight, bias = torch.from_numpy(layer.weight), torch.from_numpy(layer.bias)
            return functional.conv2d(padded, weight, bias, layer.stride)
        case FloatLinear():
            return functional.linear(
                x, torch.from_numpy(layer.weight), torch.from_numpy(layer.bias)
            )
        case FloatNorm():
            shape = (-1,) + (1,) * (x.ndim - 2)
            gain, offset = torch.from_numpy(layer.gain), torch.from_numpy(layer.offset)
            return x * gain.reshape(shape) + offset.reshape(shape)
        case FloatMaxPool():
            padded = _padded(x, layer.padding, -np.inf)
            return functional.max_pool2d(padded, layer.kernel, layer.stride)
        case FloatAveragePool():
            padded = _padded(x, layer.padding, 0.0)
            mean = functional.avg_pool2d(padded, layer.kernel, layer.stride)
            return mean * (layer.kernel[0] * layer.kernel[1] / layer.divisor)
        case FloatAdd():
            return x + inputs[1]
        case FloatClamp():
            return x
        case FloatFlatten():
            return x.flatten(1)
        case _:
            raise TypeError(f"Float layers of type {type(layer).__name__} cannot be evaluated")


def _padded(x: torch.Tensor, padding: tuple[int, int, int, int], value: float) -> torch.Tensor:
    top, left, bottom, right = padding
    return functional.pad(x, (left, right, top, bottom), value=value) if any(padding) else x
