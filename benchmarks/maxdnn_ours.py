"""Setting *ours*: the same weights as symmetric int8 in this project's integer graph.

The frozen graph normalizes by the images that run together (:mod:`maxdnn_graph`). An accelerator
classifies one image at a time, so that here the statistics are those of training images, and fold
into weights and biases.
"""

from __future__ import annotations

import numpy as np
import torch
from maxdnn_graph import Convolution, FrozenResNet8
from torch import nn

from hawx_hw.graph.graph import Graph
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.quantize.calibration import quantize

__all__ = ["LAYERS", "integer_graph", "network"]

#: The seven convolutions of the integer graph.
LAYERS = (
    "conv1",
    *(f"{stage}_conv{number}" for stage in ("layer1", "layer2", "layer3") for number in (1, 2)),
)
_PREPROCESSING = Preprocessing(scale=1.0, mean=(128.0,), std=(128.0,))


class _Network(nn.Module):
    def __init__(self, frozen: FrozenResNet8):
        super().__init__()
        first, *rest = frozen.convolutions
        self.conv1, self.bn1 = _layer(first)
        self.relu = nn.ReLU()
        pairs = list(zip(rest[::2], rest[1::2], strict=True))
        self.layer1, self.layer2, self.layer3 = (_Block(*pair) for pair in pairs)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        classes = len(frozen.dense) - 1
        self.linear = nn.Linear(frozen.dense.shape[1], classes)
        with torch.no_grad():
            self.linear.weight.copy_(torch.from_numpy(frozen.dense[:classes]))
            self.linear.bias.copy_(torch.from_numpy(frozen.bias[:classes]))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        outputs: torch.Tensor = self.linear(self.flatten(self.pool(x)))
        return outputs


class _Block(nn.Module):
    def __init__(self, first: Convolution, second: Convolution):
        super().__init__()
        self.conv1, self.bn1 = _layer(first)
        self.relu1 = nn.ReLU()
        self.conv2, self.bn2 = _layer(second)
        self.relu2 = nn.ReLU()
        channels, filters = self.conv1.in_channels, self.conv1.out_channels
        self.shortcut: nn.Module = nn.Identity()
        if channels != filters:
            self.shortcut = nn.Sequential(nn.AvgPool2d(2), _added(channels, filters))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        result: torch.Tensor = self.relu2(self.bn2(self.conv2(y)) + self.shortcut(x))
        return result


def _layer(layer: Convolution) -> tuple[nn.Conv2d, nn.BatchNorm2d]:
    filters, channels = layer.kernel.shape[:2]
    convolution = nn.Conv2d(channels, filters, 3, layer.stride, 1, bias=False)
    norm = nn.BatchNorm2d(filters, eps=layer.epsilon, momentum=1.0)
    with torch.no_grad():
        convolution.weight.copy_(torch.from_numpy(layer.kernel))
        norm.weight.copy_(torch.from_numpy(layer.gamma))
        norm.bias.copy_(torch.from_numpy(layer.beta))
    return convolution, norm


def _added(channels: int, filters: int) -> nn.Conv2d:
    """Added channels of zeros on both sides, as a convolution, which has an integer counterpart."""
    layer = nn.Conv2d(channels, filters, 1, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        channel = torch.arange(channels)
        layer.weight[channel + (filters - channels) // 2, channel] = 1
    return layer


def network(frozen: FrozenResNet8, images: np.ndarray) -> nn.Module:
    """The network in real numbers, normalized by the statistics of some images.

    Parameters
    ----------
    frozen : FrozenResNet8
    images : ndarray of uint8
        ``(n, 3, 32, 32)``: one batch gives all statistics.

    Returns
    -------
    torch.nn.Module
        Takes ``pixel / 128 - 1``; ten outputs.
    """
    module = _Network(frozen).train()
    with torch.inference_mode():
        module(torch.from_numpy(images.astype(np.float32)) / 128 - 1)
    return module.eval()


def integer_graph(
    frozen: FrozenResNet8, images: np.ndarray, calibration: np.ndarray, name: str
) -> Graph:
    """The integer graph.

    Parameters
    ----------
    frozen : FrozenResNet8
    images, calibration : ndarray of uint8
        For the statistics of the normalizations, and for the encodings of activations.
    name : str
    """
    module = network(frozen, images)
    return quantize(module, calibration, name=name, preprocessing=_PREPROCESSING)
