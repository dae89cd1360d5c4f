"""From torch modules to float layers: what can be traced, and how layers are named."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.importing.modules.tracing import trace
from tests.importing.networks import (
    IMAGES,
    Calls,
    Residual,
    kinds,
    outputs,
    shaken,
)


def test_a_residual_network():
    graph, result, expected = outputs(shaken(Residual()))
    assert kinds(graph) == [
        "Conv",
        "Conv",
        "Conv",
        "Conv",
        "Add",
        "AveragePool",
        "Flatten",
        "Linear",
    ]
    assert [layer.low for layer in graph.layers] == [0, 0, -np.inf, -np.inf, 0] + [-np.inf] * 3
    torch.testing.assert_close(result, expected, rtol=1e-11, atol=1e-11)
    names = [layer.name for layer in graph.layers]
    assert names == ["stem", "conv1", "conv2", "short_0", "add", "avg_pool2d", "view", "head"]


def test_the_network_is_not_changed():
    network = Calls(nn.Dropout()).train()
    before = {key: value.clone() for key, value in network.state_dict().items()}
    trace(network, IMAGES)
    assert network.training
    assert network.conv.weight.dtype == torch.float32
    assert all(torch.equal(value, before[key]) for key, value in network.state_dict().items())


def test_a_layer_named_input_does_not_collide():
    network = nn.Sequential()
    network.add_module("input", nn.Conv2d(3, 2, 3))
    graph, *_ = outputs(network)
    assert graph.layers[0].name != "input"
    assert graph.layers[0].inputs == ["input"]


def test_all_kinds_have_names_of_their_own():
    shared = nn.Conv2d(3, 3, 3)
    graph, *_ = outputs(nn.Sequential(shared, shared))
    assert len({layer.name for layer in graph.layers}) == 2


class TwoInputs(nn.Module):
    def forward(self, x, y):
        return x + y


class UsedDefault(Calls):
    def forward(self, x, y=1):
        return self.conv(x) + y


class UnusedDefault(Calls):
    def forward(self, x, y=None):
        return self.conv(x)


def test_an_unused_second_input_does_no_harm():
    graph, *_ = outputs(UnusedDefault(None))
    assert kinds(graph) == ["Conv"]


class Branch(nn.Module):
    def forward(self, x):
        return x if x.sum() > 0 else -x


class TwoOutputs(Calls):
    def forward(self, x):
        y = self.conv(x)
        return y, y


class Stored(Calls):
    def __init__(self):
        super().__init__(None)
        self.offset = nn.Parameter(torch.ones(1))

    def forward(self, x):
        return self.conv(x) + self.offset


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Stored(), "The operation 'add' works on the stored tensor 'offset', which has no"),
        (TwoInputs(), "The network does not take images of shape (3, 12, 12)"),
        (UsedDefault(None), "The network has a second input 'y'; it must have one."),
        (Branch(), "The network cannot be traced: "),
        (TwoOutputs(None), "The network must return one computed tensor."),
        (nn.Sequential(nn.Identity()), "The network does not use its input."),
        (
            nn.Sequential(nn.Conv2d(1, 2, 3)),
            "(3, 12, 12): Given groups=1, weight of size [2, 1, 3, 3], expected "
            "input[4, 3, 12, 12] to have 1 channels, but got 3 channels instead.",
        ),
        (nn.Sequential(nn.Conv2d(3, 2, 13)), "does not take images of shape (3, 12, 12): "),
    ],
)
def test_networks_that_cannot_be_traced_are_refused(network, message):
    with pytest.raises(UserError) as caught:
        trace(network, IMAGES)
    assert caught.value.where == "network.model"
    assert message in str(caught.value).replace("\n", " ")


def vector(x):
    return F.adaptive_avg_pool2d(x, 1).flatten(1)


@pytest.mark.parametrize(
    "last",
    [
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(1)),
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.LogSoftmax(dim=-1)),
        lambda x: torch.softmax(vector(x), 1),
        lambda x: F.log_softmax(vector(x), dim=1),
        lambda x: vector(x).softmax(-1),
    ],
)
def test_a_softmax_at_the_end_is_dropped_and_noted(last):
    network = Calls(last)
    notes: list[str] = []
    graph = trace(network, IMAGES, notes=notes)
    assert kinds(graph) == ["Conv", "AveragePool", "Flatten"]
    assert len(notes) == 1
    assert notes[0].endswith("at the end is dropped: the largest output is the same without it.")
    pixels = torch.from_numpy(IMAGES / 255)
    *_, (_, result) = graph.evaluate(pixels)
    with torch.inference_mode():
        expected = network.double()(pixels)
    assert torch.equal(result.argmax(1), expected.argmax(1))


def test_other_softmaxes_are_refused():
    with pytest.raises(UserError, match=r"is a softmax of a tensor of shape \(4, 10, 10\); it"):
        trace(Calls(nn.Softmax(1)), IMAGES)
    with pytest.raises(UserError, match="'softmax' is a softmax, which has no integer"):
        trace(Calls(lambda x: F.relu(torch.softmax(x, 1))), IMAGES)


@pytest.mark.parametrize(
    "last",
    [
        nn.Sequential(nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Softmax(0)),
        lambda x: F.softmax(vector(x), 0),
        lambda x: vector(x).log_softmax(dim=0),
    ],
)
def test_a_softmax_over_the_batch_is_refused(last):
    """It changes which output is the largest."""
    with pytest.raises(UserError, match="which has no integer counterpart"):
        trace(Calls(last), IMAGES)


def test_nothing_is_noted_of_other_networks():
    notes: list[str] = []
    trace(Calls(nn.ReLU()), IMAGES, notes=notes)
    assert notes == []


def test_a_mistake_in_forward_has_its_place():
    class Wrong(nn.Module):
        def forward(self, x):
            return 1 / 0

    with pytest.raises(UserError, match=r"traced: division by zero \(test_tracing\.py:\d+\)\."):
        trace(Wrong(), IMAGES)
    with pytest.raises(UserError, match=r"cannot be traced: .* \(test_tracing\.py:\d+\)\."):
        trace(Branch(), IMAGES)


class Discarding(nn.Module):
    """Works in place, and does not use what that returns."""

    def __init__(self, function):
        super().__init__()
        self.conv, self.function = nn.Conv2d(3, 2, 3), function

    def forward(self, x):
        x = self.conv(x)
        self.function(x)
        return x.flatten(1)


@pytest.mark.parametrize("function", [nn.ReLU(inplace=True), lambda x: x.relu_()])
def test_the_effect_of_a_discarded_operation_in_place_is_not_lost(function):
    with pytest.raises(UserError) as caught:
        trace(Discarding(function), IMAGES)
    assert "do not compute the output" in caught.value.what
    assert "x = self.relu(x)" in caught.value.hint


def test_a_discarded_operation_without_effect_does_no_harm():
    graph, result, expected = outputs(Discarding(nn.ReLU()))
    assert kinds(graph) == ["Conv", "Flatten"]
    torch.testing.assert_close(result, expected, rtol=1e-11, atol=1e-11)
