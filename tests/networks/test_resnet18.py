import numpy as np
import pytest
import torch

from hawx_hw.errors import UserError
from hawx_hw.networks.resnet18 import resnet18
from hawx_hw.quantize.calibration import quantize


def test_names_and_shapes_are_those_of_torchvision():
    """But for the first convolution, which is 7 x 7 there."""
    shapes = {
        name: tuple(value.shape)
        for name, value in resnet18((3, 32, 32), 1000, width=64).state_dict().items()
        if value.ndim > 1
    }
    expected = {"conv1.weight": (64, 3, 3, 3), "fc.weight": (1000, 512)}
    for stage, filters in enumerate((64, 128, 256, 512), 1):
        before = filters if stage == 1 else filters // 2
        expected |= {
            f"layer{stage}.0.conv1.weight": (filters, before, 3, 3),
            f"layer{stage}.0.conv2.weight": (filters, filters, 3, 3),
            f"layer{stage}.1.conv1.weight": (filters, filters, 3, 3),
            f"layer{stage}.1.conv2.weight": (filters, filters, 3, 3),
        }
        if stage > 1:
            expected[f"layer{stage}.0.downsample.0.weight"] = (filters, before, 1, 1)
    assert shapes == expected


def test_random_weights_become_an_integer_graph():
    torch.manual_seed(0)
    network = resnet18((3, 32, 32), 10, width=2).eval()
    images = np.random.default_rng(0).integers(0, 256, (4, 3, 32, 32), dtype=np.uint8)
    graph = quantize(network, images, name="resnet18")
    # 17 convolutions and 3 of shortcuts, 8 additions, average, flattening, linear layer.
    assert len(graph.nodes) == 20 + 8 + 3


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 16, 20)])
def test_other_images(shape):
    assert resnet18(shape, 3, width=1)(torch.zeros(2, *shape)).shape == (2, 3)


def test_small_images_are_refused():
    with pytest.raises(UserError) as caught:
        resnet18((3, 15, 32), 10, width=4)
    assert str(caught.value) == (
        "network.dataset: resnet18 needs at least 16 x 16 pixels, not 15 x 32."
    )
