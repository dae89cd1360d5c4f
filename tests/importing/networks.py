"""Small torch networks, and their layers compared with them."""

import numpy as np
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.importing.modules.tracing import trace

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 3, 12, 12)).astype(np.uint8)


class Calls(nn.Module):
    """A network that is one function of a convolution's output."""

    def __init__(self, function, channels=4):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.conv = nn.Conv2d(3, channels, 3)

    def forward(self, x):
        return self.function(self.conv(x))


def seeded(*layers):
    torch.manual_seed(0)
    return nn.Sequential(
        *(layer() if isinstance(layer, type(lambda: 0)) else layer for layer in layers)
    )


def outputs(network, images=IMAGES):
    """The traced graph, the result of its layers and that of the network, both in float64."""
    graph = trace(network, images)
    pixels = torch.from_numpy(images / 255)
    *_, (_, result) = graph.evaluate(pixels)
    with torch.inference_mode():
        expected = network.double().eval()(pixels)
    return graph, result, expected


def kinds(graph):
    return [type(layer).__name__.removeprefix("Float") for layer in graph.layers]


def shaken(network):
    """Give batch normalizations statistics that matter."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (module.running_mean, module.weight, module.bias):
                if tensor is not None:
                    tensor.data.copy_(torch.randn(tensor.shape, generator=generator))
            module.running_var.uniform_(0.1, 3, generator=generator)
    return network


class Stateful(nn.Module):
    """Reads one tensor twice."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x)
        return self.function(y) + y


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.conv1 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(6)
        self.short = nn.Sequential(nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6))
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = F.relu(self.stem(x))
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += self.short(x)
        y = F.avg_pool2d(F.relu(y), y.shape[2])
        return self.head(y.view(y.size(0), -1))
