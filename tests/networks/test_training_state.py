"""What is no state of a training is not gone on from."""

import pytest
import torch
from torch import nn

from hawx_hw.networks.tensor_file import pack, unpack
from hawx_hw.networks.training_state import resume, save


def training(kind):
    """A small network with normalization, and its optimizer after one step."""
    torch.manual_seed(0)
    network = nn.Sequential(nn.Linear(3, 4), nn.BatchNorm1d(4), nn.Linear(4, 2))
    network[2].bias.requires_grad_(False)
    trained = [parameter for parameter in network.parameters() if parameter.requires_grad]
    optimizer = (
        torch.optim.AdamW(trained, lr=0.1)
        if kind == "AdamW"
        else torch.optim.SGD(trained, lr=0.1, momentum=0.9)
    )
    return network, optimizer


def step(network, optimizer):
    network(torch.randn(5, 3)).square().sum().backward()
    optimizer.step()


@pytest.fixture(params=["AdamW", "SGD"])
def kind(request):
    return request.param


@pytest.fixture
def saved(kind, tmp_path):
    network, optimizer = training(kind)
    step(network, optimizer)
    path = tmp_path / "state"
    save(network, optimizer, "this one", 7, path)
    return path


def test_a_restored_training_takes_the_same_steps(kind, tmp_path):
    first, second = training(kind), training(kind)
    step(*first)
    save(*first, "this one", 7, tmp_path / "state")
    with torch.no_grad():
        second[0][0].weight.zero_()
    assert resume(*second, "this one", tmp_path / "state") == 7
    for network, optimizer in (first, second):
        torch.manual_seed(1)
        optimizer.zero_grad()
        step(network, optimizer)
    pairs = zip(first[0].state_dict().values(), second[0].state_dict().values(), strict=True)
    assert all(torch.equal(one, other) for one, other in pairs)


def test_the_state_of_another_training_is_ignored(kind, saved):
    network, optimizer = training(kind)
    assert resume(network, optimizer, "another", saved) == 0
    assert resume(network, optimizer, "this one", saved.with_name("missing")) == 0
    other = training("SGD" if kind == "AdamW" else "AdamW")
    assert resume(*other, "this one", saved) == 0


@pytest.mark.parametrize(
    "change",
    [
        lambda tensors, metadata: tensors.pop("network.2.bias"),
        lambda tensors, metadata: tensors.pop("network.1.running_mean"),
        lambda tensors, metadata: [
            tensors.pop(name) for name in list(tensors) if name.startswith("optimizer.0.")
        ],
        lambda tensors, metadata: tensors.update({"network.2.bias": torch.zeros(3)}),
        lambda tensors, metadata: tensors.update({"optimizer.0.exp_avg": torch.zeros(3)}),
        lambda tensors, metadata: tensors.update({"optimizer.0.momentum_buffer": torch.zeros(3)}),
        lambda tensors, metadata: tensors.update({"optimizer.99.step": torch.zeros(())}),
        lambda tensors, metadata: tensors.update({"optimizer.first.step": torch.zeros(())}),
        lambda tensors, metadata: tensors.update({"other": torch.zeros(())}),
        lambda tensors, metadata: metadata.update(epoch="one"),
        lambda tensors, metadata: metadata.pop("epoch"),
    ],
)
def test_a_state_of_a_wrong_structure_is_ignored(kind, saved, change):
    tensors, metadata = unpack(saved.read_bytes())
    change(tensors, metadata)
    saved.write_bytes(pack(tensors, metadata))
    network, optimizer = training(kind)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    assert resume(network, optimizer, "this one", saved) == 0
    after = network.state_dict()
    assert all(torch.equal(before[name], after[name]) for name in before)
