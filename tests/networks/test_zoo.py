import subprocess
import sys

import pytest
import torch

from hawx_hw.config.zoo import ZOO
from hawx_hw.errors import UserError
from hawx_hw.networks import MODELS, build


def test_names():
    assert MODELS == (
        "lenet5",
        "cnn_small",
        "resnet8",
        "resnet20",
        "resnet32",
        "resnet44",
        "resnet56",
        "vgg11",
        "resnet18",
        "efficientnet_lite0",
    )


@pytest.mark.parametrize("model", MODELS)
def test_a_name_builds_its_network(model):
    network = build(model, (3, 32, 32), 7).eval()
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


@pytest.mark.parametrize("model", [name for name, options in ZOO.items() if "width" in options])
def test_the_width_is_the_filters_of_the_first_layer(model):
    state = build(model, (3, 32, 32), 7, {"width": 5}).state_dict()
    assert next(iter(state.values())).shape == (5, 3, 3, 3)


def test_an_option_that_the_network_lacks():
    with pytest.raises(UserError) as caught:
        build("lenet5", (1, 28, 28), 10, {"width": 5})
    assert str(caught.value) == (
        "network.options: lenet5 has no option 'width': it has no options."
    )


def test_unknown_network():
    with pytest.raises(UserError) as caught:
        build("lenet", (1, 28, 28), 10)
    assert str(caught.value) == (
        f"network.model: Unknown network 'lenet'. Use one of {', '.join(MODELS)}."
    )


def test_importing_the_package_does_not_import_torch():
    code = "import sys, hawx_hw.networks, hawx_hw.datasets, hawx_hw.graph.storage; "
    code += "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
