"""Networks of the user's own: what the function is called with, and what it may do wrong."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
import torch

from hawx_hw.datasets import Dataset, Split
from hawx_hw.errors import UserError
from hawx_hw.networks.tensor_file import pack
from hawx_hw.networks.user_network import load_user_network

TEXT = """\
import torch
from torch import nn

def plain():
    return nn.Sequential(nn.Flatten(), nn.Linear(48, 3))

def shaped(classes, shape, *, width=4, bias="no"):
    channels, height, width_ = shape
    first = nn.Conv2d(channels, width, 3, bias=bias == "yes")
    last = nn.Linear(width, classes)
    return nn.Sequential(first, nn.AdaptiveAvgPool2d(1), nn.Flatten(), last)

def anything(**options):
    return nn.Linear(options["inputs"], 2)

def needs(depth, /, width, shape):
    return plain()

class Net(nn.Module):
    def __init__(self, classes):
        super().__init__()
        self.fc = nn.Linear(48, classes)
    def get_extra_state(self):
        return {"a": 1}
    def set_extra_state(self, state):
        raise RuntimeError("unused")
    def forward(self, x):
        return self.fc(x.flatten(1))

def fails():
    x = 1
    return x / 0

def ends():
    raise SystemExit(0)

def returns_text():
    return "network"

value = 7
"""


@pytest.fixture(scope="module")
def data() -> Dataset:
    images = Split(np.zeros((1, 3, 4, 4), np.uint8), np.zeros(1, np.int64))
    return Dataset("own.npz", 3, images, images, images)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "un_mine.py").write_text(TEXT)
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    sys.modules.pop("un_mine", None)


def load(name, data, folder, checkpoint=None, **options):
    return load_user_network(f"python:un_mine:{name}", data, checkpoint, options, folder=folder)


def test_a_function_gets_shape_classes_and_options(data, folder) -> None:
    assert load("plain", data, folder)(torch.zeros(2, 3, 4, 4)).shape == (2, 3)
    network = load("shaped", data, folder, width=5, bias="yes")
    assert network[0].weight.shape == (5, 3, 3, 3)
    assert network[0].bias is not None
    assert network[3].out_features == 3
    assert not network.training
    assert load("anything", data, folder, inputs=9).in_features == 9


def test_its_random_weights_are_the_same_each_time(data, folder) -> None:
    before = torch.random.get_rng_state()
    first, second = load("plain", data, folder), load("plain", data, folder)
    assert torch.equal(first[1].weight, second[1].weight)
    assert torch.equal(torch.random.get_rng_state(), before)


@pytest.mark.parametrize("name", ["plain", "Net"])
def test_weights_of_a_checkpoint(data, folder, name) -> None:
    """A class will do; what a module stores beside tensors is left alone."""
    network = load(name, data, folder)
    tensors = {k: v + 1 for k, v in network.state_dict().items() if isinstance(v, torch.Tensor)}
    path = folder / "weights.safetensors"
    path.write_bytes(pack(tensors))
    read = load(name, data, folder, path).state_dict()
    assert all(torch.equal(read[key], tensors[key]) for key in tensors)
    torch.save({"model": {f"module.{k}": v for k, v in tensors.items()}}, folder / "w.pt")
    read = load(name, data, folder, folder / "w.pt").state_dict()
    assert all(torch.equal(read[key], tensors[key]) for key in tensors)


@pytest.mark.parametrize(
    ("name", "options", "message"),
    [
        ("fails", {}, r"fails: fails\(\) fails: ZeroDivisionError: .* by zero \(un_mine\.py:32\)$"),
        ("ends", {}, r"ends\(\) fails: SystemExit: 0 \(un_mine\.py:35\)\. Remove the call"),
        ("returns_text", {}, r"returns_text\(\) must return a torch module, not str"),
        ("value", {}, r"value must be a function that returns a torch module, not int"),
        ("missing", {}, r"un_mine has no object 'missing'\. Write python:MODULE:FUNCTION"),
        ("shaped", {"depth": 3}, r"^network\.options: .* no option 'depth': it has width, bias"),
        ("shaped", {"classes": 3}, r"The function has no option 'classes': it has width, bias"),
        ("plain", {"depth": 3}, r"The function has no option 'depth': it has none"),
        ("needs", {}, r"un_mine:needs: The function needs depth, width, which network\.options"),
    ],
)
def test_what_it_does_wrong(data, folder, name, options, message) -> None:
    with pytest.raises(UserError, match=message):
        load(name, data, folder, **options)


@pytest.mark.parametrize("name", ["python:un_mine", "python:un_mine.py", "un_mine:plain"])
def test_wrong_names(data, folder, name) -> None:
    with pytest.raises(UserError, match=r"Wrong name of a network '.*Write python:MODULE"):
        load_user_network(name, data, folder=folder)


def test_a_checkpoint_of_another_network(data, folder) -> None:
    path = folder / "weights.safetensors"
    path.write_bytes(pack({"1.weight": torch.ones(3, 48)}))
    with pytest.raises(UserError) as caught:
        load("plain", data, folder, path)
    assert str(caught.value) == (
        f"{path}: The checkpoint does not fit the network: it lacks 1.bias. Check that it was "
        "trained for this network with these network.options."
    )
