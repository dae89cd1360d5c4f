"""Batch normalization and clamps disappear into the layers before them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.importing.float_graph import FloatClamp
from tests.importing.networks import (
    Calls,
    Stateful,
    kinds,
    outputs,
    seeded,
    shaken,
)


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


def test_a_clamp_that_others_look_behind_is_not_fused():
    graph, *_ = outputs(Calls(lambda x: F.relu(x) + x))
    clamp = graph.layers[1]
    assert isinstance(clamp, FloatClamp)
    assert (graph.layers[0].low, clamp.low) == (-np.inf, 0)


def test_clamps_in_a_row_act_one_after_the_other():
    graph, *_ = outputs(Calls(lambda x: F.relu6(x).clamp(-3, -1)))
    # Everything is 0 to 6, and then -1.
    assert (graph.layers[0].low, graph.layers[0].high) == (-1, -1)


@pytest.mark.parametrize(
    "network",
    [
        nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 3)),
        nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)),
        Stateful(nn.BatchNorm2d(4)),
        nn.Sequential(nn.Flatten(), nn.BatchNorm1d(432)),
    ],
)
def test_a_normalization_that_cannot_be_folded_is_a_layer_of_its_own(network):
    for module in network.modules():
        if isinstance(module, nn.BatchNorm1d | nn.BatchNorm2d):
            module.running_mean.uniform_(-1, 1)
            module.running_var.uniform_(0.5, 2)
            module.weight.data.uniform_(-2, 2)
            module.bias.data.uniform_(-1, 1)
    graph, result, expected = outputs(network)
    np.testing.assert_allclose(result, expected, rtol=0, atol=1e-9)
    weights = [layer.weight.shape for layer in graph.layers if hasattr(layer, "weight")]
    assert {(3, 1, 1, 1), (2, 1, 1, 1), (4, 1, 1, 1), (432, 432)} & set(weights)
