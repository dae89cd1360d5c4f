"""ResNet-18 (K. He et al., CVPR 2016) for small images.

Names of weights are those of torchvision.
"""

from __future__ import annotations

import torch
from torch import nn

from hawx_hw.errors import UserError

__all__ = ["resnet18"]

_SMALLEST = 16


def resnet18(shape: tuple[int, int, int], classes: int, *, width: int) -> nn.Module:
    """A convolution, four stages of two blocks, global average, linear layer.

    The first layer is a 3 x 3 convolution, and no pooling follows it: the 7 x 7 convolution and the
    pooling of the original would leave 8 x 8 of 32 x 32 pixels. The stages have ``width``, twice,
    four and eight times as many filters; all but the first halve height and width.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` of an image.
    classes : int
        Number of outputs, >= 1.
    width : int
        Filters of the first stage, >= 1; the original has 64.

    Returns
    -------
    torch.nn.Module
        Takes float32 ``(batch, *shape)``; returns ``(batch, classes)``.

    Raises
    ------
    UserError
        Images of less than 16 x 16.
    """
    channels, *size = shape
    if min(size) < _SMALLEST:
        raise UserError(
            f"resnet18 needs at least {_SMALLEST} x {_SMALLEST} pixels, not {size[0]} x {size[1]}.",
            where="network.dataset",
        )
    return _ResNet18(channels, classes, width)


class _ResNet18(nn.Module):
    def __init__(self, channels: int, classes: int, width: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(_Block(width, width, 1), _Block(width, width, 1))
        self.layer2 = nn.Sequential(_Block(width, 2 * width, 2), _Block(2 * width, 2 * width, 1))
        self.layer3 = nn.Sequential(
            _Block(2 * width, 4 * width, 2), _Block(4 * width, 4 * width, 1)
        )
        self.layer4 = nn.Sequential(
            _Block(4 * width, 8 * width, 2), _Block(8 * width, 8 * width, 1)
        )
        self.avgpool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.fc = nn.Linear(8 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer4(self.layer3(self.layer2(self.layer1(x))))
        logits: torch.Tensor = self.fc(self.flatten(self.avgpool(x)))
        return logits


class _Block(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu2 = nn.ReLU()
        self.downsample: nn.Module = nn.Identity()
        if stride != 1:
            self.downsample = nn.Sequential(
                nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
            )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        result: torch.Tensor = self.relu2(self.bn2(self.conv2(y)) + self.downsample(x))
        return result
