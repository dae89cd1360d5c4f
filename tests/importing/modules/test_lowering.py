"""Each operation of torch becomes the float layer that computes the same."""

import operator

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.importing.float_graph import FloatConv, FloatMaxPool
from hawx_hw.importing.modules.tracing import trace
from tests.importing.networks import (
    IMAGES,
    Calls,
    Stateful,
    kinds,
    outputs,
    seeded,
)


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
        (nn.Sequential(nn.ZeroPad2d((0, 1, 2, 0)), nn.Conv2d(4, 2, 3)), ["Conv", "Conv"]),
        (nn.Sequential(nn.ZeroPad2d(1), nn.Conv2d(4, 2, 3, 2, 1)), ["Conv", "Conv"]),
        (
            nn.Sequential(nn.ConstantPad2d(1, 0.0), nn.Identity(), nn.Conv2d(4, 2, 3)),
            ["Conv", "Conv"],
        ),
        (lambda x: F.avg_pool2d(F.pad(x, (1, 0, 2, 1)), 3, 1), ["Conv", "AveragePool"]),
        (lambda x: F.avg_pool2d(F.pad(F.pad(x, (1, 0)), [0, 1]), 3, 1), ["Conv", "AveragePool"]),
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


def dead_statistics():
    return nn.Sequential(nn.Conv2d(3, 2, 3), nn.BatchNorm2d(2, track_running_stats=False))


def poisoned():
    network = nn.Sequential(nn.Conv2d(3, 2, 3))
    network[0].weight.data[0, 0, 0, 0] = float("inf")
    return network


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (
            nn.Sequential(nn.Conv2d(3, 6, 3, padding=1, padding_mode="reflect")),
            "The layer '0' pads by 'reflect'; only zeros are supported",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 6, 1, padding=1)),
            "The layer '0' has padding (1, 1), which must be smaller than its kernel (1, 1)",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 6, 3), nn.Softsign()),
            "The layer '1' is a Softsign, which has no integer counterpart. Supported are: Conv2d,",
        ),
        (Calls(torch.sin), "The layer 'sin' is a sin, which has no integer counterpart"),
        (Calls(lambda x: x.exp()), "The layer 'exp' is a exp, which has no integer counterpart"),
        (
            nn.Sequential(nn.ZeroPad2d(1), nn.MaxPool2d(3)),
            "The layer '1' reads a map padded with zeros, as only a convolution or an average can",
        ),
        (
            nn.Sequential(nn.ZeroPad2d(3), nn.Conv2d(3, 6, 3)),
            "The layer '1' reads a map padded by (3, 3, 3, 3), which must be smaller than its",
        ),
        (Calls(nn.ConstantPad2d(1, 0.5)), "The layer 'function' pads with other values than zero"),
        (
            Calls(lambda x: F.pad(x, (1, 1, 1, 1), "reflect")),
            "The layer 'pad' pads with other values",
        ),
        (Calls(lambda x: F.pad(x, (0, 0, 0, 0, 1, 1))), "only height and width can be padded"),
        (Calls(lambda x: F.pad(x, (-1, 0))), "The layer 'pad' cuts its input, by padding of"),
        (Calls(lambda x: F.pad(x, (1, 1)) + F.pad(x, (1, 1))), "'add' reads a map padded with"),
        (Calls(lambda x: F.pad(x, (1, 1))), "The network must not return a padded tensor"),
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
        (dead_statistics(), "The layer '1' has no running mean and variance"),
        (poisoned(), "The layer '0' has weights that are not finite"),
        (
            Stateful(nn.ReLU(inplace=True)),
            "'function' works in place on a tensor that another operation",
        ),
        (
            Stateful(lambda y: y.relu_()),
            "'relu_' works in place on a tensor that another operation reads",
        ),
        (Stateful(lambda y: F.relu(y, inplace=True)), "'relu' works in place on a tensor that"),
        (
            Calls(lambda x: F.max_pool2d(x, 2, return_indices=True)[0]),
            "The layer 'getitem' is a getitem",
        ),
    ],
)
def test_operations_without_an_integer_counterpart_are_refused(network, message):
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
