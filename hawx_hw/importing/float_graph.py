"""The network in real numbers as a list of layers: the result of importing, from any source.

It corresponds to the integer graph, before any scale is chosen, or with the scales that a quantized
file prescribes. Calibration evaluates it in float64, so that ranges, and with them the integer
graph, do not depend on the order of additions in one machine's float32 kernels.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np
import torch
from torch.nn import functional

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.activations import apply
from hawx_hw.importing.encoding import Encoding

__all__ = [
    "INPUT",
    "FloatActivation",
    "FloatAdd",
    "FloatAveragePool",
    "FloatClamp",
    "FloatConcat",
    "FloatConv",
    "FloatFlatten",
    "FloatGraph",
    "FloatLayer",
    "FloatLinear",
    "FloatMaxPool",
    "FloatNorm",
    "OutputStatistics",
    "WeightCodes",
    "evaluate_layer",
]

INPUT = "input"
"""Name of the network's input tensor."""


@dataclass(frozen=True)
class OutputStatistics:
    """What the training of a network recorded of a batch normalization's output.

    Parameters
    ----------
    mean, deviation : ndarray of float64
        ``(channels,)``: over the training images and all positions, before any clamp.
    """

    mean: np.ndarray
    deviation: np.ndarray

    @classmethod
    def of_norm(
        cls, gain: np.ndarray, offset: np.ndarray, mean: np.ndarray, variance: np.ndarray
    ) -> OutputStatistics:
        """The statistics behind ``x * gain + offset`` of inputs with ``mean`` and ``variance``.

        Parameters
        ----------
        gain, offset, mean, variance : ndarray of float
            ``(channels,)``.
        """
        numbers = [np.asarray(each, dtype=np.float64) for each in (gain, offset, mean, variance)]
        return cls(numbers[2] * numbers[0] + numbers[1], np.abs(numbers[0]) * np.sqrt(numbers[3]))


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
    statistics : OutputStatistics or None
        What its output before the clamp was in training, where that is known: from a batch
        normalization. No result depends on it.
    """

    name: str
    label: str
    inputs: list[str]
    shape: tuple[int, ...]
    low: float = -np.inf
    high: float = np.inf
    statistics: OutputStatistics | None = None

    requantizes = True
    """Whether the integer layer requantizes: only then can a clamp be fused."""


@dataclass(frozen=True)
class WeightCodes:
    """The integers of a layer that was quantized before; its real values are products of these.

    Parameters
    ----------
    weight : ndarray of int8
        Of the shape of the layer's weight, in [-127, 127]; real: ``weight * scale`` of the filter.
    scale : ndarray of float64
        ``(filters,)``, each > 0.
    bias : ndarray of int32
        ``(filters,)``; real: ``bias * scale * input scale``. The sum over ``code - zero_point`` of
        the input is added to it, without the zero point.
    """

    weight: np.ndarray
    scale: np.ndarray
    bias: np.ndarray


@dataclass(kw_only=True)
class FloatConv(FloatLayer):
    """Convolution.

    Parameters
    ----------
    weight : ndarray of float64
        ``(filters, channels / groups, kernel height, kernel width)``.
    bias : ndarray of float64
        ``(filters,)``.
    stride, dilation : tuple of int
        (vertical, horizontal), >= 1.
    padding : tuple of int
        (top, left, bottom, right), each smaller than the window.
    groups : int
    codes : WeightCodes or None
        The integers of a quantized file, which are taken as they are.
    """

    weight: np.ndarray
    bias: np.ndarray
    stride: tuple[int, int]
    padding: tuple[int, int, int, int]
    groups: int = 1
    dilation: tuple[int, int] = (1, 1)
    codes: WeightCodes | None = None


@dataclass(kw_only=True)
class FloatLinear(FloatLayer):
    """Matrix product; weight float64 ``(outputs, inputs)``, bias float64 ``(outputs,)``."""

    weight: np.ndarray
    bias: np.ndarray
    codes: WeightCodes | None = None


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
class FloatActivation(FloatLayer):
    """A function of each value, see :mod:`hawx_hw.importing.activations`, then the clamp.

    Parameters
    ----------
    function : str
        One of :data:`~hawx_hw.importing.activations.FUNCTIONS`.
    parameters : tuple of float
        Of the function.
    """

    function: str
    parameters: tuple[float, ...] = ()


@dataclass(kw_only=True)
class FloatConcat(FloatLayer):
    """Tensors one after the other along their channels or features."""

    requantizes = False


@dataclass(kw_only=True)
class FloatFlatten(FloatLayer):
    """A feature map read as a vector."""

    requantizes = False


@dataclass
class FloatGraph:
    """Layers in an order of computation; the last one's output is the network's.

    Parameters
    ----------
    shape : tuple of int
        Of the input, ``(channels, height, width)``.
    layers : list of FloatLayer
    preprocessing : Preprocessing
        How pixels become the values of the input.
    encodings : dict of str to Encoding
        What a quantized file prescribes, by the tensor's name; the input's is :data:`INPUT`.
    """

    shape: tuple[int, ...]
    layers: list[FloatLayer] = field(default_factory=list)
    preprocessing: Preprocessing = field(default_factory=Preprocessing)
    encodings: dict[str, Encoding] = field(default_factory=dict)

    @property
    def shapes(self) -> list[tuple[int, ...]]:
        """The shapes of the input and of all outputs, without the batch."""
        return [self.shape, *(layer.shape for layer in self.layers)]

    def users(self, name: str) -> list[FloatLayer]:
        """The layers that read ``name``."""
        return [layer for layer in self.layers if name in layer.inputs]

    def layer(self, name: str) -> FloatLayer | None:
        """The layer of that name; None for the input."""
        return next((layer for layer in self.layers if layer.name == name), None)

    def inputs(self, images: np.ndarray, dtype: type[np.floating] = np.float64) -> torch.Tensor:
        """What the network takes for images.

        Parameters
        ----------
        images : ndarray of uint8
            ``(batch, *shape)``.
        dtype : numpy type
            In which the network is to be computed.
        """
        return torch.from_numpy(self.preprocessing.real(images, dtype))

    def evaluate(self, inputs: torch.Tensor) -> Iterator[tuple[str, torch.Tensor]]:
        """Yield each layer's name and output; an output is dropped after its last reader.

        Parameters
        ----------
        inputs : Tensor of float64 or float32
            ``(batch, *shape)``, see :meth:`inputs`; all is computed in their type.
        """
        last_reader = {name: layer.name for layer in self.layers for name in layer.inputs}
        values = {INPUT: inputs}
        with torch.inference_mode():
            for layer in self.layers:
                value = evaluate_layer(layer, [values[name] for name in layer.inputs])
                values[layer.name] = value
                yield layer.name, value
                for name in set(layer.inputs):
                    if last_reader[name] == layer.name:
                        del values[name]


def evaluate_layer(
    layer: FloatLayer, inputs: list[torch.Tensor], *, clamped: bool = True
) -> torch.Tensor:
    """The output of one layer.

    Parameters
    ----------
    layer : FloatLayer
    inputs : list of Tensor
        What it reads, each ``(batch, *shape)`` of float64 or float32.
    clamped : bool
        False: before the fused clamp.
    """
    value = _evaluate(layer, inputs)
    if clamped and (np.isfinite(layer.low) or np.isfinite(layer.high)):
        return value.clamp(layer.low, layer.high)
    return value


def _evaluate(layer: FloatLayer, inputs: list[torch.Tensor]) -> torch.Tensor:
    x = inputs[0]

    def number(values: np.ndarray) -> torch.Tensor:
        return torch.from_numpy(values).to(x.dtype)

    match layer:
        case FloatConv():
            padded = _padded(x, layer.padding, 0.0)
            weight, bias = number(layer.weight), number(layer.bias)
            return functional.conv2d(
                padded, weight, bias, layer.stride, 0, layer.dilation, layer.groups
            )
        case FloatLinear():
            return functional.linear(x, number(layer.weight), number(layer.bias))
        case FloatNorm():
            shape = (-1,) + (1,) * (x.ndim - 2)
            return x * number(layer.gain).reshape(shape) + number(layer.offset).reshape(shape)
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
        case FloatActivation():
            return apply(layer.function, x, layer.parameters)
        case FloatConcat():
            return torch.cat(inputs, dim=1)
        case FloatFlatten():
            return x.flatten(1)
        case _:
            raise TypeError(f"Float layers of type {type(layer).__name__} cannot be evaluated")


def _padded(x: torch.Tensor, padding: tuple[int, int, int, int], value: float) -> torch.Tensor:
    top, left, bottom, right = padding
    return functional.pad(x, (left, right, top, bottom), value=value) if any(padding) else x
