import subprocess
import sys

import pytest
import torch

from hawx_hw.errors import UserError
from hawx_hw.networks import MODELS, build


def test_names():
    assert MODELS == ("lenet5",)


def test_a_name_builds_its_network():
    network = build("lenet5", (3, 32, 32), 7)
    assert network(torch.zeros(2, 3, 32, 32)).shape == (2, 7)


def test_unknown_network():
    with pytest.raises(UserError) as caught:
        build("lenet", (1, 28, 28), 10)
    assert str(caught.value) == "network.model: Unknown network 'lenet'. Use one of lenet5."


def test_importing_the_package_does_not_import_torch():
    code = "import sys, hawx_hw.networks, hawx_hw.datasets, hawx_hw.graph.storage; "
    code += "sys.exit('torch' in sys.modules or 'sklearn' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)
