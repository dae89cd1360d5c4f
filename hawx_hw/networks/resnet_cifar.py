"""ResNets for small images (K. He et al., CVPR 2016, section 4.2): ResNet-8, 20, 32, 44 and 56.

Names of weights are those of github.com/akamaster/pytorch_resnet_cifar10, so that checkpoints of
that repository can be read.
"""

from __future__ import annotations

from typing import Any

import torch
from torch import nn

from hawx_hw.errors import UserError

__all__ = ["ResNet", "resnet_cifar"]

_SMALLEST = 8


def resnet_cifar(
    shape: tuple[int, int, int], classes: int, *, depth: int, width: int, shortcut: str
) -> nn.Module:
    """A convolution, three stages of ``(depth - 2) / 6`` blocks, global average, linear layer.

    The stages have ``width``, twice and four times as many filters; the second and third halve
    height and width. ResNet-8 is that of MLPerf Tiny with ``shortcut="conv"``, but for the
    normalization of the shortcuts, which folds into them.

    Parameters
    ----------
    shape : tuple of int
        ``(channels, height, width)`` of an image.
    classes : int
        Number of outputs, >= 1.
    depth : int
        8, 14, 20, ...: number of layers with weights.
    width : int
        Filters of the first stage, >= 1.
    shortcut : {"pad", "conv"}
        How a shortcut passes to more channels and fewer pixels. ``pad`` takes every second pixel
        and adds channels of zeros, half of them in front; it has no weights. ``conv`` is a 1 x 1
        convolution with batch normalization.

    Returns
    -------
    torch.nn.Module
        Takes float32 ``(batch, *shape)``; returns ``(batch, classes)``.

    Raises
    ------
    UserError
        Images of less than 8 x 8.
    """
    channels, *size = shape
    if min(size) < _SMALLEST:
        raise UserError(
            f"resnet{depth} needs at least {_SMALLEST} x {_SMALLEST} pixels, "
            f"not {size[0]} x {size[1]}.",
            where="network.dataset",
        )
    return ResNet(channels, classes, (depth - 2) // 6, width, shortcut)


class ResNet(nn.Module):
    """The network of :func:`resnet_cifar`.

    Parameters
    ----------
    channels : int
        Of an image.
    classes : int
    blocks : int
        In each stage.
    width : int
    shortcut : str
    """

    def __init__(self, channels: int, classes: int, blocks: int, width: int, shortcut: str):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, width, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(width)
        self.relu = nn.ReLU()
        self.layer1 = _stage(width, width, blocks, 1, shortcut)
        self.layer2 = _stage(width, 2 * width, blocks, 2, shortcut)
        self.layer3 = _stage(2 * width, 4 * width, blocks, 2, shortcut)
        self.pool = nn.AdaptiveAvgPool2d(1)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(4 * width, classes)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        """Logits ``(batch, classes)`` of images ``(batch, channels, H, W)``."""
        x = self.relu(self.bn1(self.conv1(x)))
        x = self.layer3(self.layer2(self.layer1(x)))
        logits: torch.Tensor = self.linear(self.flatten(self.pool(x)))
        return logits


def _stage(channels: int, filters: int, blocks: int, stride: int, shortcut: str) -> nn.Sequential:
    first = _Block(channels, filters, stride, shortcut)
    return nn.Sequential(first, *(_Block(filters, filters, 1, shortcut) for _ in range(blocks - 1)))


class _Block(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int, shortcut: str):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu2 = nn.ReLU()
        self.shortcut: nn.Module = nn.Identity()
        if stride != 1 or channels != filters:
            make = {"pad": _every_second, "conv": _projection}[shortcut]
            self.shortcut = make(channels, filters, stride)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        result: torch.Tensor = self.relu2(self.bn2(self.conv2(y)) + self.shortcut(x))
        return result


def _projection(channels: int, filters: int, stride: int) -> nn.Module:
    return nn.Sequential(
        nn.Conv2d(channels, filters, 1, stride, bias=False), nn.BatchNorm2d(filters)
    )


def _every_second(channels: int, filters: int, stride: int) -> nn.Conv2d:
    """Every second pixel and added channels, as a convolution, which has an integer counterpart.

    Its weights are not parameters: they are neither trained nor stored.
    """
    layer = nn.Conv2d(channels, filters, 1, stride, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        channel = torch.arange(channels)
        layer.weight[channel + (filters - channels) // 2, channel] = 1
    layer.weight.requires_grad_(False)
    layer.register_state_dict_post_hook(_leave_out)
    layer.register_load_state_dict_pre_hook(_put_back)
    return layer


def _leave_out(layer: nn.Module, state: dict[str, Any], prefix: str, _: Any) -> None:
    del state[f"{prefix}weight"]


def _put_back(layer: Any, state: dict[str, Any], prefix: str, *_: Any) -> None:
    state[f"{prefix}weight"] = layer.weight.detach()
