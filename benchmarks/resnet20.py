"""The trained ResNet-20 for CIFAR-10 of github.com/akamaster/pytorch_resnet_cifar10, as layers that
have an integer counterpart and compute the same.

Its two shortcuts that change the shape take every second pixel and pad with channels of zeros
("option A" of K. He et al., CVPR 2016): here 1 x 1 convolutions of stride 2 with a one for each
channel. It takes images normalized by the mean and deviation of ImageNet: here a 1 x 1
convolution in front, so that the padding of the first layer stays the zero of the normalized image.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

__all__ = ["load"]

_MEAN = (0.485, 0.456, 0.406)
_DEVIATION = (0.229, 0.224, 0.225)


class _Block(nn.Module):
    def __init__(self, channels: int, filters: int, stride: int):
        super().__init__()
        self.conv1 = nn.Conv2d(channels, filters, 3, stride, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(filters)
        self.relu1 = nn.ReLU()
        self.conv2 = nn.Conv2d(filters, filters, 3, 1, 1, bias=False)
        self.bn2 = nn.BatchNorm2d(filters)
        self.relu2 = nn.ReLU()
        self.shortcut = nn.Identity() if stride == 1 else _every_second(channels, filters)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        y = self.relu1(self.bn1(self.conv1(x)))
        return self.relu2(self.bn2(self.conv2(y)) + self.shortcut(x))


class _ResNet20(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.normalize = nn.Conv2d(3, 3, 1)
        self.conv1 = nn.Conv2d(3, 16, 3, 1, 1, bias=False)
        self.bn1 = nn.BatchNorm2d(16)
        self.relu = nn.ReLU()
        self.layer1 = nn.Sequential(*(_Block(16, 16, 1) for _ in range(3)))
        self.layer2 = nn.Sequential(_Block(16, 32, 2), _Block(32, 32, 1), _Block(32, 32, 1))
        self.layer3 = nn.Sequential(_Block(32, 64, 2), _Block(64, 64, 1), _Block(64, 64, 1))
        self.pool = nn.AvgPool2d(8)
        self.flatten = nn.Flatten()
        self.linear = nn.Linear(64, 10)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = self.relu(self.bn1(self.conv1(self.normalize(x))))
        x = self.layer3(self.layer2(self.layer1(x)))
        return self.linear(self.flatten(self.pool(x)))


def load(checkpoint: Path) -> nn.Module:
    """The network with the weights of the file ``resnet20-12fca82f.th``; it takes pixel / 255."""
    network = _ResNet20().eval()
    trained = torch.load(checkpoint, map_location="cpu", weights_only=True)["state_dict"]
    state = {name.removeprefix("module."): value for name, value in trained.items()}
    missing, unexpected = network.load_state_dict(state, strict=False)
    own = {name for name in network.state_dict() if name.startswith("normalize")}
    own |= {name for name in network.state_dict() if "shortcut" in name}
    if set(missing) != own or unexpected:
        raise ValueError(f"{checkpoint} is not a checkpoint of this ResNet-20")
    with torch.no_grad():
        network.normalize.weight.copy_(torch.diag(1 / torch.tensor(_DEVIATION))[:, :, None, None])
        network.normalize.bias.copy_(-torch.tensor(_MEAN) / torch.tensor(_DEVIATION))
    return network


def _every_second(channels: int, filters: int) -> nn.Conv2d:
    layer = nn.Conv2d(channels, filters, 1, 2, bias=False)
    with torch.no_grad():
        layer.weight.zero_()
        channel = torch.arange(channels)
        layer.weight[channel + (filters - channels) // 2, channel] = 1
    return layer
