import subprocess
import sys

import pytest
import torch

from hawx_hw.errors import UserError
from hawx_hw.networks import MODELS, build


def test_names():
    assert MODELS == ("lenet5",)


def test_lenet5_is_the_one_described():
    shapes = {
        key: tuple(value.shape)
        for key, value in build("lenet5", (1, 28, 28), 10).state_dict().items()
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


@pytest.mark.parametrize("shape", [(1, 28, 28), (3, 32, 32), (2, 12, 12), (1, 13, 31)])
def test_lenet5_takes_other_sizes(shape):
    assert build("lenet5", shape, 7)(torch.zeros(2, *shape)).shape == (2, 7)


def test_lenet5_refuses_small_images():
    with pytest.raises(UserError) as caught:
        build("lenet5", (1, 28, 11), 10)
    assert str(caught.value) == (
        "network.dataset: lenet5 needs at least 12 x 12 pixels, not 28 x 11."
    )


def test_unknown_network():
    with pytest.raises(UserError) as caught:
        build("lenet", (1, 28, 28), 10)
    assert str(caught.value) == "network.model: Unknown network 'lenet'. Use one of lenet5."


def test_importing_the_package_does_not_import_torch():
    code = "import sys, hawx_hw.networks, hawx_hw.datasets, hawx_hw.graph.storage; "
    code += "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
