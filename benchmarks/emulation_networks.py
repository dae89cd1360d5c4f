"""The networks that benchmarks/emulation.py runs: integer graphs, and float ones of their shape.

ResNet-20 (K. He et al., CVPR 2016) has 1 x 1 convolutions of stride 2 on its two shortcuts that
change the shape ("option B"); LeNet-5 is the zoo's. Weights are random and normally distributed,
filter by filter scaled to the codes -127 to 127, as quantized trained weights are; multipliers are
set from the sums of a few random images, so that codes spread over their range.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import torch
from torch import nn

from hawx_hw.graph import reference
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Conv2d,
    Flatten,
    Graph,
    Linear,
    MaxPool2d,
    Node,
    Requantization,
    Tensor,
    fixed_point,
)

__all__ = ["FloatResNet20", "float_lenet5", "lenet5", "resnet", "resnet20"]

_SAMPLES = 4
_WIDTHS = (16, 32, 64)
_BLOCKS = 3


class _Builder:
    """Appends nodes and scales each by the codes of a few random images."""

    def __init__(self, shape: tuple[int, int, int], seed: int):
        self.rng = np.random.default_rng(seed)
        self.nodes: list[Node] = []
        self.tensors = {"image": Tensor(shape, 1.0, -128)}
        self.codes = {"image": self.rng.integers(-128, 128, (_SAMPLES, *shape)).astype(np.int8)}

    def append(self, node: Node, zero_point: int) -> str:
        inputs = [self.codes[name] for name in node.inputs]
        codes = reference.evaluate(node, inputs, self.tensors[node.inputs[0]].zero_point)
        self.nodes.append(node)
        self.codes[node.name] = codes
        self.tensors[node.name] = Tensor(codes.shape[1:], 1.0, zero_point)
        return node.name

    def weighted(
        self, kind: type, name: str, source: str, shape: tuple[int, ...], relu: bool, **geometry
    ) -> str:
        weight = self.rng.normal(size=shape)
        largest = np.abs(weight).max(axis=tuple(range(1, len(shape))), keepdims=True)
        weight = np.rint(weight / largest * 127).astype(np.int8)
        zero = self.tensors[source].zero_point
        bias = (-zero * weight.reshape(shape[0], -1).astype(np.int64).sum(axis=1)).astype(np.int32)
        draft = kind(name, (source,), weight, bias, Requantization([1], 1, 0), **geometry)
        sums = reference.sums(draft, [self.codes[source]], zero)
        deviation = sums.std(axis=(0, *range(2, sums.ndim)))
        multiplier, shift = fixed_point((70 if relu else 40) / np.maximum(deviation, 1))
        low = -128
        rule = Requantization(multiplier, shift, -128 if relu else 0, low)
        node = kind(name, (source,), weight, bias, rule, **geometry)
        return self.append(node, rule.zero_point)

    def conv(self, name, source, filters, kernel, stride=1, padding=0, relu=True) -> str:
        channels = self.tensors[source].shape[0]
        return self.weighted(
            Conv2d,
            name,
            source,
            (filters, channels, kernel, kernel),
            relu,
            stride=(stride, stride),
            padding=(padding,) * 4,
        )

    def linear(self, name, source, outputs, relu=True) -> str:
        return self.weighted(Linear, name, source, (outputs, *self.tensors[source].shape), relu)

    def add(self, name, first, second) -> str:
        points = [self.tensors[source].zero_point for source in (first, second)]
        multiplier, shift = fixed_point(np.array([0.8, 0.8]))
        bias = -sum(int(m) * p for m, p in zip(multiplier, points, strict=True))
        rule = Requantization(multiplier, shift, -128)
        return self.append(Add(name, (first, second), bias, rule), -128)

    def graph(self, name: str) -> Graph:
        return Graph(name, "image", tuple(self.nodes), self.tensors)


def lenet5(seed: int = 0) -> Graph:
    """LeNet-5 for 28 x 28 images, the shape of the zoo's."""
    b = _Builder((1, 28, 28), seed)
    source = b.conv("conv1", "image", 6, 5, padding=2)
    source = b.append(MaxPool2d("pool1", (source,), (2, 2), (2, 2)), -128)
    source = b.conv("conv2", source, 16, 5)
    source = b.append(MaxPool2d("pool2", (source,), (2, 2), (2, 2)), -128)
    source = b.append(Flatten("flatten", (source,)), -128)
    source = b.linear("fc1", source, 120)
    source = b.linear("fc2", source, 84)
    b.linear("fc3", source, 10, relu=False)
    return b.graph("lenet5")


def convolution(channels: int, size: int, seed: int = 0) -> Graph:
    """A 3 x 3 layer of ResNet-20 by itself: as many filters as channels, padded, stride 1."""
    b = _Builder((channels, size, size), seed)
    b.conv("conv", "image", channels, 3, padding=1)
    return b.graph(f"conv{channels}")


def resnet20(seed: int = 0) -> Graph:
    """ResNet-20 for CIFAR-10."""
    return resnet(_BLOCKS, seed=seed)


def resnet(blocks: int, widths: Sequence[int] = _WIDTHS, size: int = 32, *, seed: int = 0) -> Graph:
    """A ResNet for small images (K. He et al., CVPR 2016, section 4.2).

    Parameters
    ----------
    blocks : int
        Residual blocks of each stage: 1 for ResNet-8, 3 for ResNet-20.
    widths : sequence of int
        Filters of each stage; each but the first halves height and width.
    size : int
        Height and width of an image of three channels: a power of two.
    seed : int
        Of the weights.

    Returns
    -------
    Graph
        It has 10 outputs; before them stands the average of every channel's whole map.
    """
    b = _Builder((3, size, size), seed)
    source = b.conv("conv0", "image", widths[0], 3, padding=1)
    for stage, block, width, stride in _layout(widths, blocks):
        name = f"stage{stage}_block{block}"
        inner = b.conv(f"{name}_conv1", source, width, 3, stride, 1)
        inner = b.conv(f"{name}_conv2", inner, width, 3, 1, 1, relu=False)
        if stride > 1:
            source = b.conv(f"{name}_shortcut", source, width, 1, stride, relu=False)
        source = b.add(f"{name}_add", inner, source)
    kernel = b.tensors[source].shape[1]
    # Twice the average, so that codes spread.
    rule = Requantization([65535], 13 + 2 * kernel.bit_length(), -128)
    pool = AveragePool2d("pool", (source,), (kernel,) * 2, (kernel,) * 2, 128 * kernel**2, rule)
    source = b.append(pool, -128)
    source = b.append(Flatten("flatten", (source,)), -128)
    b.linear("fc", source, 10, relu=False)
    return b.graph(f"resnet{2 * blocks * len(widths) + 2}")


def float_lenet5() -> nn.Module:
    """LeNet-5 in float32, batch normalization free, as the zoo's."""
    return nn.Sequential(
        *(nn.Conv2d(1, 6, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2)),
        *(nn.Conv2d(6, 16, 5), nn.ReLU(), nn.MaxPool2d(2), nn.Flatten()),
        *(nn.Linear(400, 120), nn.ReLU(), nn.Linear(120, 84), nn.ReLU(), nn.Linear(84, 10)),
    )


class FloatResNet20(nn.Module):
    """ResNet-20 in float32, batch normalization already folded into the convolutions."""

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, _WIDTHS[0], 3, padding=1)
        self.blocks = nn.ModuleList()
        channels = _WIDTHS[0]
        for _, _, width, stride in _layout(_WIDTHS, _BLOCKS):
            block = nn.ModuleDict(
                {
                    "conv1": nn.Conv2d(channels, width, 3, stride, 1),
                    "conv2": nn.Conv2d(width, width, 3, 1, 1),
                    "shortcut": (
                        nn.Conv2d(channels, width, 1, stride) if stride > 1 else nn.Identity()
                    ),
                }
            )
            self.blocks.append(block)
            channels = width
        self.last = nn.Linear(channels, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.first(x).relu_()
        for block in self.blocks:
            x = block["conv2"](block["conv1"](x).relu_()).add_(block["shortcut"](x)).relu_()
        return self.last(x.mean(dim=(2, 3)))


def _layout(widths: Sequence[int], blocks: int) -> Iterator[tuple[int, int, int, int]]:
    """Stage, block, width and stride of each residual block."""
    for stage, width in enumerate(widths, 1):
        for block in range(1, blocks + 1):
            yield stage, block, width, 2 if block == 1 and stage > 1 else 1
