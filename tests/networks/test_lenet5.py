import pytest
import torch

from hawx_hw.errors import UserError
from hawx_hw.networks.lenet5 import lenet5


def test_weights_have_the_shapes_of_the_paper():
    shapes = {
        key: tuple(value.shape) for key, value in lenet5((1, 28, 28), 10).state_dict().items()
    }
    assert shapes == {
        "conv1.weight": (6, 1, 5, 5),
        "conv1.bias": (6,),
        "conv2.weight": (16, 6, 5, 5),
        "conv2.bias": (16,),
        "fc1.weight": (120, 400),
        "fc1.bias": (120,),
        "fc2.weight": (84, 120),
        "fc2.bias": (84,),
        "fc3.weight": (10, 84),
        "fc3.bias": (10,),
    }


def test_feature_maps_have_the_sizes_of_the_paper():
    """28 x 28 in 6 maps, 14 x 14, 10 x 10 in 16 maps, 5 x 5: 400 features."""
    network = lenet5((1, 28, 28), 10)
    x = torch.zeros(1, 1, 28, 28)
    sizes = {}
    for name, layer in network.named_children():
        x = layer(x)
        sizes[name] = tuple(x.shape[1:])
    assert sizes["conv1"] == sizes["relu1"] == (6, 28, 28)
    assert sizes["pool1"] == (6, 14, 14)
    assert sizes["conv2"] == sizes["relu2"] == (16, 10, 10)
    assert sizes["pool2"] == (16, 5, 5)
    assert sizes["fc3"] == (10,)


def test_relu_follows_every_layer_but_the_last():
    kinds = [type(layer).__name__ for layer in lenet5((1, 28, 28), 10)]
    assert kinds == [
        *("Conv2d", "ReLU", "MaxPool2d", "Conv2d", "ReLU", "MaxPool2d", "Flatten"),
        *("Linear", "ReLU", "Linear", "ReLU", "Linear"),
    ]


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 12, 12), (1, 13, 31)])
def test_other_sizes_of_images(shape):
    assert lenet5(shape, 7)(torch.zeros(2, *shape)).shape == (2, 7)


def test_small_images_are_refused():
    with pytest.raises(UserError) as caught:
        lenet5((1, 28, 11), 10)
    assert str(caught.value) == (
        "network.dataset: lenet5 needs at least 12 x 12 pixels, not 28 x 11."
    )
