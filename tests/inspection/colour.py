"""A network of two normalized convolutions on colour images, whose statistics are recorded."""

from __future__ import annotations

from functools import cache

import numpy as np
import torch
from torch import nn

from hawx_hw.datasets.dataset import Split
from hawx_hw.graph.pixels import Preprocessing

#: What the network is trained with; one that the usual ones are not.
MEAN, STD = (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)
PREPROCESSING = Preprocessing(1 / 255, MEAN, STD)


@cache
def images() -> np.ndarray:
    """Colour images of large areas, uint8 ``(160, 3, 12, 12)``."""
    generator = np.random.default_rng(0)
    areas = generator.normal((120, 110, 95), 60, (160, 4, 4, 3)).transpose(0, 3, 1, 2)
    small = areas.repeat(3, axis=2).repeat(3, axis=3)
    return np.clip(small + generator.normal(0, 12, small.shape), 0, 255).astype(np.uint8)


@cache
def network() -> nn.Module:
    """The network; "trained": its statistics are those of the images."""
    torch.manual_seed(3)
    result = nn.Sequential(
        nn.Conv2d(3, 12, 3, bias=False), nn.BatchNorm2d(12), nn.ReLU(),
        nn.Conv2d(12, 16, 3, stride=2, bias=False), nn.BatchNorm2d(16), nn.ReLU(),
        nn.Flatten(), nn.Linear(16 * 4 * 4, 6),
    )  # fmt: skip
    for module in result:
        if isinstance(module, nn.BatchNorm2d):
            module.momentum = None  # the mean over all batches
    inputs = torch.from_numpy(PREPROCESSING.real(images(), np.float32))
    result.train()(inputs)
    result[1].momentum = 0.0  # it stays; the second one gets those behind it
    result[4].reset_running_stats()
    result.train()(inputs)
    result.eval()
    with torch.no_grad():  # no class is more likely than another
        result[7].weight *= 8
        result[7].bias -= result(inputs).mean(dim=0)
    return result


@cache
def labelled() -> Split:
    """The images with the network's own answers."""
    with torch.inference_mode():
        inputs = torch.from_numpy(PREPROCESSING.real(images(), np.float32))
        labels = network()(inputs).argmax(dim=1).numpy()
    return Split(images(), labels)
