"""Batch normalization and clamps disappear into the layers before them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.quantize.float_graph import FloatClamp
from hawx_hw.quantize.tracing import trace
from tests.quantize.networks import (
    IMAGES,
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
    ("network", "message"),
    [
        (
            nn.Sequential(nn.BatchNorm2d(3), nn.Conv2d(3, 2, 3)),
            "The batch normalization '0' cannot be folded: it does not follow a convolution",
        ),
        (
            nn.Sequential(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)),
            "The batch normalization '2' cannot be folded",
        ),
        (Stateful(nn.BatchNorm2d(4)), "The batch normalization 'function' cannot be folded"),
    ],
)
def test_a_normalization_that_cannot_be_folded_is_refused(network, message):
    with pytest.raises(UserError) as caught:
        trace(network, IMAGES)
    assert caught.value.where == "network.model"
    assert message in str(caught.value).replace("\n", " ")
