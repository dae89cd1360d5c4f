"""Tracing, lowering and fusion: from torch modules to float layers."""

import operator

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.quantize.float_graph import (
    FloatAdd,
    FloatAveragePool,
    FloatClamp,
    FloatConv,
    FloatFlatten,
    FloatLinear,
    FloatMaxPool,
)
from hawx_hw.quantize.tracing import trace

IMAGES = np.random.default_rng(0).integers(0, 256, (6, 3, 12, 12)).astype(np.uint8)


class Calls(nn.Module):
    """A network that is one function of a convolution's output."""

    def __init__(self, function, channels=4):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.conv = nn.Conv2d(3, channels, 3)

    def forward(self, x):
        return self.function(self.conv(x))


def seeded(*layers):
    torch.manual_seed(0)
    return nn.Sequential(
        *(layer() if isinstance(layer, type(lambda: 0)) else layer for layer in layers)
    )


def outputs(network, images=IMAGES):
    """The traced graph, the result of its layers and that of the network, both in float64."""
    graph = trace(network, images)
    pixels = torch.from_numpy(images / 255)
    *_, (_, result) = graph.evaluate(pixels)
    with torch.inference_mode():
        expected = network.double().eval()(pixels)
    return graph, result, expected


def kinds(graph):
    return [type(layer).__name__.removeprefix("Float") for layer in graph.layers]


@pytest.mark.parametrize(
    ("function", "expected"),
    [
        (nn.ReLU(), ["Conv"]),
        (nn.ReLU(inplace=True), ["Conv"]),
        (nn.ReLU6(), ["Conv"]),
        (nn.Hardtanh(-0.1, 0.2), ["Conv"]),
        (F.relu, ["Conv"]),
        (lambda x: F.relu(x, inplace=True), ["Conv"]),
        (torch.relu, ["Conv"]),
        (lambda x: x.relu(), ["Conv"]),
        (lambda x: x.relu_(), ["Conv"]),
        (F.relu6, ["Conv"]),
        (lambda x: F.hardtanh(x, -0.1, max_val=0.1), ["Conv"]),
        (lambda x: torch.clamp(x, min=0.05), ["Conv"]),
        (lambda x: x.clamp(-0.1, 0.1), ["Conv"]),
        (lambda x: x.clamp(max=0.1), ["Conv"]),
        (lambda x: F.relu(x).clamp(max=0.1).clamp(min=0.05), ["Conv"]),
        (nn.MaxPool2d(2), ["Conv", "MaxPool"]),
        (nn.MaxPool2d(3, 2, 1), ["Conv", "MaxPool"]),
        (nn.MaxPool2d((2, 3), (1, 2), (1, 0)), ["Conv", "MaxPool"]),
        (nn.MaxPool2d(3, 2, ceil_mode=True), ["Conv", "MaxPool"]),
        (nn.MaxPool2d(3, 2, 1, ceil_mode=True), ["Conv", "MaxPool"]),
        (lambda x: F.max_pool2d(x, 2), ["Conv", "MaxPool"]),
        (lambda x: F.max_pool2d(x, kernel_size=3, stride=1, padding=1), ["Conv", "MaxPool"]),
        (nn.AvgPool2d(2), ["Conv", "AveragePool"]),
        (nn.AvgPool2d(3, 2, 1), ["Conv", "AveragePool"]),
        (nn.AvgPool2d(2, divisor_override=3), ["Conv", "AveragePool"]),
        (nn.AvgPool2d(2, count_include_pad=False), ["Conv", "AveragePool"]),
        (lambda x: F.avg_pool2d(x, x.size()[3]), ["Conv", "AveragePool"]),
        (lambda x: F.avg_pool2d(x, (2, 5), stride=(2, 5)), ["Conv", "AveragePool"]),
        (nn.AdaptiveAvgPool2d(1), ["Conv", "AveragePool"]),
        (nn.AdaptiveAvgPool2d((5, 2)), ["Conv", "AveragePool"]),
        (lambda x: F.adaptive_avg_pool2d(x, 5), ["Conv", "AveragePool"]),
        (nn.Flatten(), ["Conv", "Flatten"]),
        (lambda x: torch.flatten(x, 1), ["Conv", "Flatten"]),
        (lambda x: x.flatten(1), ["Conv", "Flatten"]),
        (lambda x: x.view(x.size(0), -1), ["Conv", "Flatten"]),
        (lambda x: x.view(-1, 400), ["Conv", "Flatten"]),
        (lambda x: x.reshape(x.shape[0], -1), ["Conv", "Flatten"]),
        (lambda x: torch.reshape(x, (x.shape[0], 400)), ["Conv", "Flatten"]),
        (lambda x: x.contiguous().view(x.size()[0], 400), ["Conv", "Flatten"]),
        (lambda x: x.view(x.shape), ["Conv"]),
        (nn.Identity(), ["Conv"]),
        (nn.Dropout(), ["Conv"]),
        (nn.Dropout2d(), ["Conv"]),
        (lambda x: F.dropout(x, training=False), ["Conv"]),
        (nn.BatchNorm2d(4), ["Conv"]),
        (lambda x: x + x, ["Conv", "Add"]),
        (lambda x: x + F.relu(x), ["Conv", "Clamp", "Add"]),
        (lambda x: F.relu(x + x), ["Conv", "Add"]),
        (lambda x: torch.add(x, F.max_pool2d(x, 3, 1, 1)), ["Conv", "MaxPool", "Add"]),
        (lambda x: x.add(x), ["Conv", "Add"]),
        (lambda x: operator.iadd(F.max_pool2d(x, 1), x), ["Conv", "MaxPool", "Add"]),
        (lambda x: F.relu(F.max_pool2d(x, 2)), ["Conv", "MaxPool"]),
        (lambda x: F.relu(x.flatten(1)), ["Conv", "Flatten"]),
        (lambda x: F.relu(F.avg_pool2d(x, 2)), ["Conv", "AveragePool"]),
    ],
)
def test_each_operation(function, expected):
    graph, result, output = outputs(Calls(function))
    assert kinds(graph) == expected
    assert result.shape == output.shape
    torch.testing.assert_close(result, output, rtol=1e-12, atol=1e-12)
    assert graph.layers[-1].shape == tuple(output.shape[1:])


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"bias": False},
        {"stride": 2},
        {"stride": (2, 3), "padding": (1, 2)},
        {"padding": "same"},
        {"padding": "valid"},
    ],
)
@pytest.mark.parametrize("kernel", [1, 3, (5, 4), (2, 7)])
@pytest.mark.filterwarnings("ignore:Using padding='same' with even kernel:UserWarning")
def test_convolutions(kernel, settings):
    if settings.get("padding") == (1, 2) and kernel == 1:
        settings = settings | {"padding": 0}
    if settings.get("padding") == (1, 2) and kernel == (2, 7):
        settings = settings | {"padding": (1, 6)}
    torch.manual_seed(0)
    graph, result, expected = outputs(nn.Sequential(nn.Conv2d(3, 4, kernel, **settings)))
    assert kinds(graph) == ["Conv"]
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)


def shaken(network):
    """Give batch normalizations statistics that matter."""
    generator = torch.Generator().manual_seed(1)
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            for tensor in (module.running_mean, module.weight, module.bias):
                if tensor is not None:
                    tensor.data.copy_(torch.randn(tensor.shape, generator=generator))
            module.running_var.uniform_(0.1, 3, generator=generator)
    return network


@pytest.mark.parametrize("affine", [True, False])
@pytest.mark.parametrize("bias", [True, False])
def test_batch_normalization_folds(affine, bias):
    network = shaken(
        seeded(
            nn.Conv2d(3, 5, 3, bias=bias),
            nn.BatchNorm2d(5, affine=affine),
            nn.ReLU(),
            nn.Flatten(),
            nn.Linear(500, 4, bias=bias),
            nn.BatchNorm1d(4, affine=affine),
        )
    )
    graph, result, expected = outputs(network)
    assert kinds(graph) == ["Conv", "Flatten", "Linear"]
    assert graph.layers[0].low == 0
    torch.testing.assert_close(result, expected, rtol=1e-11, atol=1e-11)


class Residual(nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(2)
        self.stem = nn.Conv2d(3, 6, 3, padding=1)
        self.conv1 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(6)
        self.conv2 = nn.Conv2d(6, 6, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(6)
        self.short = nn.Sequential(nn.Conv2d(6, 6, 1), nn.BatchNorm2d(6))
        self.head = nn.Linear(6, 3)

    def forward(self, x):
        x = F.relu(self.stem(x))
        y = F.relu(self.bn1(self.conv1(x)))
        y = self.bn2(self.conv2(y))
        y += self.short(x)
        y = F.avg_pool2d(F.relu(y), y.shape[2])
        return self.head(y.view(y.size(0), -1))


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


def test_a_clamp_that_others_look_behind_is_not_fused():
    graph, *_ = outputs(Calls(lambda x: F.relu(x) + x))
    clamp = graph.layers[1]
    assert isinstance(clamp, FloatClamp)
    assert (graph.layers[0].low, clamp.low) == (-np.inf, 0)


def test_clamps_in_a_row_act_one_after_the_other():
    graph, *_ = outputs(Calls(lambda x: F.relu6(x).clamp(-3, -1)))
    # Everything is 0 to 6, and then -1.
    assert (graph.layers[0].low, graph.layers[0].high) == (-1, -1)


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


class Stateful(nn.Module):
    """Reads one tensor twice."""

    def __init__(self, function):
        super().__init__()
        torch.manual_seed(0)
        self.function = function
        self.conv = nn.Conv2d(3, 4, 3)

    def forward(self, x):
        y = self.conv(x)
        return self.function(y) + y


def dead_statistics():
    return nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2, track_running_stats=False))


def poisoned():
    network = nn.Sequential(nn.Conv2d(3, 2, 3))
    network[0].weight.data[0, 0, 0, 0] = float("inf")
    return network


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (nn.Sequential(nn.Conv2d(3, 6, 3, groups=3)), "The layer '0' is a convolution in 3 groups"),
        (nn.Sequential(nn.Conv2d(3, 6, 3, dilation=2)), "'0' is a convolution dilated by (2, 2)"),
        (
            nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, padding_mode="reflect")),
            "The layer '0' pads by 'reflect'; only zeros are supported",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 6, 1, padding=1)),
            "The layer '0' has padding (1, 1), which must be smaller than its kernel (1, 1)",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 6, 3), nn.Sigmoid()),
            "The layer '1' is a Sigmoid, which has no integer counterpart. Supported are: Conv2d, ",
        ),
        (
            Calls(torch.sigmoid),
            "The layer 'sigmoid' is a sigmoid, which has no integer counterpart",
        ),
        (Calls(lambda x: x.tanh()), "The layer 'tanh' is a tanh, which has no integer counterpart"),
        (Calls(lambda x: x[:, :2]), "The layer 'getitem' is a getitem, which has no"),
        (Calls(lambda x: x + 1), "The layer 'add' must read computed tensors only, not 1"),
        (Calls(lambda x: torch.add(x, x, alpha=2)), "The layer 'add' adds with alpha"),
        (Calls(lambda x: x + F.max_pool2d(x, 10)), "adds (4, 10, 10) and (4, 1, 1), which must be"),
        (Calls(lambda x: F.dropout(x)), "The layer 'dropout' drops out in evaluation too"),
        (Calls(nn.AvgPool2d(3, 2, 1, count_include_pad=False)), "averages without counting its"),
        (Calls(nn.AvgPool2d(3, 2, ceil_mode=True)), "'function' averages with ceil_mode"),
        (
            Calls(nn.AdaptiveAvgPool2d(3)),
            "'function' pools (10, 10) to (3, 3), which does not divide",
        ),
        (Calls(nn.MaxPool2d(2, dilation=2)), "'function' is a dilated pooling"),
        (Calls(nn.LPPool2d(2, 2)), "is a LPPool2d, which has no integer counterpart"),
        (
            Calls(lambda x: x.view(x.size(0), 8, -1)),
            "reshapes (4, 10, 10) to (8, 50); only flattening",
        ),
        (Calls(lambda x: x.flatten()), "reshapes (4, 10, 10) to (); only flattening"),
        (
            Calls(nn.Linear(10, 3)),
            "'function' expects a vector, not (4, 10, 10); flatten before it",
        ),
        (
            nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 3)),
            "The batch normalization '0' cannot be folded: it does not follow a convolution",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)),
            "The batch normalization '2' cannot be folded",
        ),
        (Stateful(nn.BatchNorm2d(4)), "The batch normalization 'function' cannot be folded"),
        (dead_statistics(), "The layer '1' has no running mean and variance"),
        (poisoned(), "The layer '0' has weights that are not finite"),
        (Stored(), "The operation 'add' works on the stored tensor 'offset', which has no"),
        (
            Stateful(nn.ReLU(inplace=True)),
            "'function' works in place on a tensor that another operation",
        ),
        (
            Stateful(lambda y: y.relu_()),
            "'relu_' works in place on a tensor that another operation reads",
        ),
        (Stateful(lambda y: F.relu(y, inplace=True)), "'relu' works in place on a tensor that"),
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
        (
            Calls(lambda x: F.max_pool2d(x, 2, return_indices=True)[0]),
            "The layer 'getitem' is a getitem",
        ),
    ],
)
def test_refuses(network, message):
    with pytest.raises(UserError) as caught:
        trace(network, IMAGES)
    assert caught.value.where == "network.model"
    assert message in str(caught.value).replace("\n", " ")


def test_padding_and_settings_arrive():
    network = seeded(nn.Conv2d(3, 4, (3, 5), (2, 1), (1, 2)), nn.MaxPool2d(3, 2, 1, ceil_mode=True))
    graph = trace(network, IMAGES)
    conv, pool = graph.layers
    assert isinstance(conv, FloatConv)
    assert (conv.stride, conv.padding) == ((2, 1), (1, 2, 1, 2))
    assert isinstance(pool, FloatMaxPool)
    # 6 x 12: rows 0..2 and 2..4 and 4..6, one beyond the padding; columns likewise.
    assert (pool.kernel, pool.stride, pool.padding) == ((3, 3), (2, 2), (1, 1, 2, 2))
    assert pool.shape == (4, 4, 7)


def test_outputs_are_dropped_after_their_last_reader():
    graph = trace(Residual(), IMAGES)
    assert isinstance(graph.layers[4], FloatAdd)
    assert isinstance(graph.layers[5], FloatAveragePool)
    assert isinstance(graph.layers[6], FloatFlatten)
    assert isinstance(graph.layers[7], FloatLinear)
    produced = [name for name, _ in graph.evaluate(torch.zeros(1, 3, 12, 12, dtype=torch.float64))]
    assert produced == [layer.name for layer in graph.layers]
