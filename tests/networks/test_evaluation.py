import numpy as np
import pytest
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.networks import accuracy


class Brightest(nn.Module):
    """Its output is the image itself, halved while training: one pixel a class."""

    def forward(self, x):
        return x.flatten(1) * (0 if self.training else 1)


def images_of(labels, classes=4):
    images = np.zeros((len(labels), 1, 1, classes), np.uint8)
    images[np.arange(len(labels)), 0, 0, labels] = 255
    return images


@pytest.mark.parametrize("batch", [1, 3, 10, 100])
def test_counts(batch):
    labels = np.array([0, 1, 2, 3, 0, 1, 2, 3, 0, 1])
    wrong = labels.copy()
    wrong[[2, 7, 9]] ^= 1
    calls = []
    network = Brightest().train()
    share = accuracy(
        network, images_of(labels), wrong, batch=batch, progress=lambda *c: calls.append(c)
    )
    assert share == 0.7
    assert calls[-1] == (10, 10)
    assert len(calls) == -(-10 // batch)
    assert network.training


def test_the_network_gets_pixels_over_255():
    seen = []

    class Spy(nn.Module):
        def forward(self, x):
            seen.append(x)
            return x.flatten(1)

    accuracy(Spy(), np.array([0, 51, 255, 128], np.uint8).reshape(1, 1, 1, 4), np.array([2]))
    expected = torch.tensor([0, 51, 255, 128], dtype=torch.float32) / 255
    assert torch.equal(seen[0].flatten(), expected)


def test_the_first_of_equals_counts():
    images = np.zeros((2, 1, 1, 4), np.uint8)
    assert accuracy(Brightest(), images, np.array([0, 1])) == 0.5


@pytest.mark.parametrize(("images", "labels"), [(0, 0), (2, 3)])
def test_refuses(images, labels):
    with pytest.raises(ValueError, match="as many labels as images and at least one"):
        accuracy(Brightest(), np.zeros((images, 1, 1, 4), np.uint8), np.zeros(labels, np.int64))


@pytest.mark.parametrize("value", [np.inf, -np.inf, np.nan])
def test_a_network_that_overflows(value):
    class Overflowing(Brightest):
        def forward(self, x):
            outputs = super().forward(x)
            return torch.where(outputs[:, 3:] > 0, torch.tensor(value), outputs)

    labels = np.array([0, 1, 2])
    assert accuracy(Overflowing(), images_of(labels), labels) == 1
    labels = np.array([0, 1, 2, 3])
    with pytest.raises(UserError, match="The network overflows: for some images its outputs are"):
        accuracy(Overflowing(), images_of(labels), labels)
