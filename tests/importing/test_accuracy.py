import numpy as np
import pytest
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.importing.accuracy import accuracy
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.importing.network import ImportedNetwork

IMAGES = np.random.default_rng(0).integers(0, 256, (130, 1, 2, 2)).astype(np.uint8)


def network():
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 4))
    with torch.no_grad():
        module[1].weight.copy_(torch.eye(4))
        module[1].bias.zero_()
    return ImportedNetwork(trace(module, IMAGES))


def test_share_of_images_whose_largest_output_is_their_label():
    labels = IMAGES.reshape(-1, 4).argmax(axis=1)
    labels[:13] = (labels[:13] + 1) % 4
    counted = []
    result = accuracy(network(), IMAGES, labels, progress=lambda *done: counted.append(done))
    assert result == 117 / 130
    assert counted == [(100, 130), (130, 130)]


def test_outputs_that_are_not_finite():
    bright = np.full((1, 1, 2, 2), 255, np.uint8)
    with pytest.raises(UserError, match="The network overflows"):
        accuracy(overflowing(), bright, np.zeros(1, np.int64))


def overflowing():
    module = nn.Sequential(nn.Flatten(), nn.Linear(4, 4), nn.Linear(4, 4))
    with torch.no_grad():
        for layer in module[1:]:
            layer.weight.fill_(1e30)
            layer.bias.zero_()
    return ImportedNetwork(trace(module, IMAGES))


def test_as_many_labels_as_images():
    with pytest.raises(ValueError, match="not 0 and 130"):
        accuracy(network(), IMAGES, np.zeros(0, np.int64))
