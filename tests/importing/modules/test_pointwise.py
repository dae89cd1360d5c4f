"""Activations and concatenation of torch become layers that compute the same."""

import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.importing.float_graph import FloatActivation, FloatConcat
from hawx_hw.importing.modules.tracing import trace
from tests.importing.networks import IMAGES, Calls, Stateful, kinds, outputs

SLOPE = nn.PReLU(4, init=0.3)


@pytest.mark.parametrize(
    ("function", "name"),
    [
        (nn.ELU(0.7), "elu"),
        (lambda x: F.elu(x, alpha=0.7), "elu"),
        (nn.GELU(), "gelu"),
        (nn.GELU("tanh"), "gelu_tanh"),
        (F.gelu, "gelu"),
        (lambda x: F.gelu(x, approximate="tanh"), "gelu_tanh"),
        (nn.Hardsigmoid(), "hardsigmoid"),
        (F.hardsigmoid, "hardsigmoid"),
        (nn.Hardswish(), "hardswish"),
        (F.hardswish, "hardswish"),
        (nn.LeakyReLU(), "leaky_relu"),
        (nn.LeakyReLU(0.2, inplace=True), "leaky_relu"),
        (F.leaky_relu, "leaky_relu"),
        (lambda x: F.leaky_relu(x, 0.3, True), "leaky_relu"),
        (nn.PReLU(), "leaky_relu"),
        (SLOPE, "leaky_relu"),
        (nn.Mish(), "mish"),
        (F.mish, "mish"),
        (nn.SELU(), "selu"),
        (F.selu, "selu"),
        (nn.SiLU(), "silu"),
        (F.silu, "silu"),
        (nn.Sigmoid(), "sigmoid"),
        (torch.sigmoid, "sigmoid"),
        (lambda x: x.sigmoid(), "sigmoid"),
        (F.sigmoid, "sigmoid"),
        (nn.Softplus(), "softplus"),
        (F.softplus, "softplus"),
        (nn.Tanh(), "tanh"),
        (torch.tanh, "tanh"),
        (F.tanh, "tanh"),
        (lambda x: x.tanh(), "tanh"),
        (torch.abs, "abs"),
        (lambda x: x.neg(), "neg"),
    ],
)
def test_activations(function, name):
    graph, result, expected = outputs(Calls(function))
    assert kinds(graph) == ["Conv", "Activation"]
    assert graph.layers[1].function == name
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)


def test_a_clamp_behind_an_activation_is_fused():
    graph, result, expected = outputs(Calls(lambda x: F.silu(x).clamp(max=0.3)))
    assert kinds(graph) == ["Conv", "Activation"]
    assert isinstance(graph.layers[1], FloatActivation)
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    "function",
    [
        lambda x: torch.cat([x, F.relu(x)], 1),
        lambda x: torch.cat((x, x, F.tanh(x)), dim=1),
        lambda x: torch.concat([x, F.tanh(x)], -3),
        lambda x: torch.concatenate([x.flatten(1), F.tanh(x).flatten(1)], -1),
    ],
)
def test_concatenation(function):
    graph, result, expected = outputs(Calls(function))
    assert isinstance(graph.layers[-1], FloatConcat)
    torch.testing.assert_close(result, expected, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize(
    ("network", "message"),
    [
        (Calls(lambda x: torch.cat([x, x], 2)), "'cat' concatenates along dimension 2; only"),
        (Calls(lambda x: torch.cat([x], 1)), "'cat' must concatenate two or more tensors"),
        (Calls(lambda x: torch.cat([x, x])), "'cat' concatenates along dimension 0; only"),
        (Calls(nn.Softplus(2)), "'function' has beta 2 and threshold 20.0, which must be 1"),
        (Stateful(nn.SiLU(inplace=True)), "'function' works in place on a tensor that another"),
        (Stateful(lambda x: F.elu(x, inplace=True)), "'elu' works in place on a tensor that"),
        (Stateful(nn.Hardsigmoid(inplace=True)), "'function' works in place on a tensor that"),
        (Stateful(lambda x: F.hardsigmoid(x, True)), "'hardsigmoid' works in place on a tensor"),
    ],
)
def test_refused(network, message):
    with pytest.raises(UserError) as caught:
        trace(network, IMAGES)
    assert message in str(caught.value)


def test_slopes_of_channels_must_be_one():
    module = nn.PReLU(4)
    module.weight.data[2] = 0.7
    with pytest.raises(UserError, match="'function' has a slope of its own for each channel"):
        trace(Calls(module), IMAGES)
