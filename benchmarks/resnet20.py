"""The trained ResNet-20 for CIFAR-10 of github.com/akamaster/pytorch_resnet_cifar10.

The zoo's ``resnet20`` with these weights takes images normalized by the mean and deviation of
ImageNet. Here a 1 x 1 convolution in front of it normalizes, so that it takes ``pixel / 255``, as
in the measurements that the documentation gives.
"""

from __future__ import annotations

from pathlib import Path

import torch
from torch import nn

from hawx_hw.networks.checkpoint import read
from hawx_hw.networks.matching import matched
from hawx_hw.networks.records import recorded
from hawx_hw.networks.resnet_cifar import ResNet

__all__ = ["load"]


class _Normalizing(ResNet):
    def __init__(self) -> None:
        super().__init__(channels=3, classes=10, blocks=3, width=16, shortcut="pad")
        self.normalize = nn.Identity()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return super().forward(self.normalize(x))


def load(checkpoint: Path) -> nn.Module:
    """The network with the weights of the file ``resnet20-12fca82f.th``; it takes pixel / 255."""
    network = _Normalizing()
    network.load_state_dict(matched(network.state_dict(), read(checkpoint)))
    known = recorded(checkpoint)
    if known is None:
        raise ValueError(f"{checkpoint} is not the published checkpoint of this ResNet-20")
    mean, deviation = (
        torch.tensor(each) for each in (known.preprocessing.mean, known.preprocessing.std)
    )
    network.normalize = nn.Conv2d(3, 3, 1)
    with torch.no_grad():
        network.normalize.weight.copy_(torch.diag(1 / deviation)[:, :, None, None])
        network.normalize.bias.copy_(-mean / deviation)
    return network.eval()
