import numpy as np
import pytest
import safetensors.torch
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.networks.matching import matched
from hawx_hw.networks.vgg11 import vgg11
from hawx_hw.quantize.calibration import quantize
from tests.material import material


def test_layers():
    """Configuration A of the paper, with batch normalization and one linear layer."""
    network = vgg11((3, 32, 32), 10, width=64)
    layers = [
        layer.out_channels if isinstance(layer, nn.Conv2d) else "M"
        for layer in network
        if isinstance(layer, nn.Conv2d | nn.MaxPool2d)
    ]
    assert layers == [64, "M", 128, "M", 256, 256, "M", 512, 512, "M", 512, 512, "M"]
    assert sum(parameter.numel() for parameter in network.parameters()) == 9_228_362


@pytest.mark.parametrize("shape", [(3, 32, 32), (1, 64, 32), (3, 96, 70)])
def test_other_images_have_the_same_weights(shape):
    network = vgg11(shape, 5, width=2)
    assert network(torch.zeros(2, *shape)).shape == (2, 5)
    assert network.state_dict().keys() == vgg11((3, 32, 32), 5, width=2).state_dict().keys()


def test_random_weights_become_an_integer_graph():
    torch.manual_seed(0)
    network = vgg11((3, 32, 32), 10, width=2).eval()
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32), dtype=np.uint8)
    assert len(quantize(network, images, name="vgg11").nodes) == 8 + 5 + 1 + 1


def test_weights_that_others_trained_fit():
    stored = safetensors.torch.load_file(material("models/vgg11_cifar10.safetensors"))
    network = vgg11((3, 32, 32), 10, width=64)
    network.load_state_dict(matched(network.state_dict(), stored))


def test_small_images_are_refused():
    with pytest.raises(UserError) as caught:
        vgg11((3, 31, 32), 10, width=64)
    assert str(caught.value) == (
        "network.dataset: vgg11 needs at least 32 x 32 pixels, not 31 x 32."
    )
