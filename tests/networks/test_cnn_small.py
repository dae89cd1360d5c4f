import numpy as np
import pytest
import torch

from hawx_hw.errors import UserError
from hawx_hw.networks.cnn_small import cnn_small
from hawx_hw.quantize.calibration import quantize


def test_layers():
    network = cnn_small((3, 32, 32), 10, width=16)
    shapes = {name: tuple(value.shape) for name, value in network.named_parameters()}
    assert {name: shape for name, shape in shapes.items() if len(shape) > 1} == {
        "conv1.weight": (16, 3, 3, 3),
        "conv2.weight": (32, 16, 3, 3),
        "conv3.weight": (64, 32, 3, 3),
        "fc.weight": (10, 64),
    }


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 8, 11)])
def test_other_images_and_their_integer_graph(shape):
    network = cnn_small(shape, 7, width=3).eval()
    assert network(torch.zeros(2, *shape)).shape == (2, 7)
    images = np.random.default_rng(0).integers(0, 256, (4, *shape), dtype=np.uint8)
    assert quantize(network, images, name="small").tensors["input"].shape == shape


def test_small_images_are_refused():
    with pytest.raises(UserError) as caught:
        cnn_small((1, 8, 7), 10, width=4)
    assert str(caught.value) == (
        "network.dataset: cnn_small needs at least 8 x 8 pixels, not 8 x 7."
    )
