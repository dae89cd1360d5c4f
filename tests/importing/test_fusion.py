"""Batch normalization and clamps disappear into the layers before them."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import (
    INPUT,
    FloatClamp,
    FloatConv,
    FloatGraph,
    FloatNorm,
    OutputStatistics,
    WeightCodes,
    evaluate_layer,
)
from hawx_hw.importing.fusion import fuse
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


@pytest.mark.parametrize(
    ("network", "index"),
    [
        (seeded(nn.Conv2d(3, 5, 3), nn.BatchNorm2d(5), nn.ReLU()), 0),
        (seeded(nn.Conv2d(3, 5, 3, bias=False), nn.BatchNorm2d(5, affine=False), nn.ReLU()), 0),
        (seeded(nn.Conv2d(3, 2, 3), nn.ReLU(), nn.BatchNorm2d(2)), 1),
        (seeded(nn.Flatten(), nn.Linear(432, 4), nn.BatchNorm1d(4)), 1),
    ],
)
def test_a_layer_has_the_statistics_that_its_normalization_recorded(network, index):
    images = np.random.default_rng(2).integers(0, 256, (200, 3, 12, 12)).astype(np.uint8)
    shaken(network)
    norm = next(m for m in network.modules() if isinstance(m, nn.BatchNorm1d | nn.BatchNorm2d))
    norm.reset_running_stats()
    norm.momentum = None  # the mean over all batches: of one batch, its own
    network.double().train()(torch.from_numpy(images / 255))
    graph, *_ = outputs(network, images)
    layer = graph.layers[index]
    values = dict(graph.evaluate(graph.inputs(images))) | {INPUT: graph.inputs(images)}
    before = evaluate_layer(layer, [values[name] for name in layer.inputs], clamped=False)
    axes = (0, *range(2, before.ndim))
    np.testing.assert_allclose(layer.statistics.mean, before.numpy().mean(axis=axes), atol=1e-6)
    # torch records the deviation of n - 1, and adds 1e-5 to the variance.
    np.testing.assert_allclose(layer.statistics.deviation, before.numpy().std(axis=axes), rtol=5e-3)


def test_a_scale_behind_a_normalization_scales_its_statistics():
    def norm(name, source, statistics):
        return FloatNorm(
            name=name, label=name, inputs=[source], shape=(1, 3, 3),
            gain=np.array([-2.0]), offset=np.array([1.0]), statistics=statistics,
        )  # fmt: skip

    conv = FloatConv(
        name="conv", label="conv", inputs=[INPUT], shape=(1, 3, 3),
        weight=np.ones((1, 1, 1, 1)), bias=np.zeros(1), stride=(1, 1), padding=(0, 0, 0, 0),
    )  # fmt: skip
    recorded = OutputStatistics(np.array([3.0]), np.array([0.5]))
    graph = FloatGraph(
        (1, 3, 3), [conv, norm("first", "conv", recorded), norm("second", "first", None)]
    )
    fuse(graph)
    assert [layer.name for layer in graph.layers] == ["conv"]
    assert (conv.statistics.mean, conv.statistics.deviation) == (-5, 1)


class TestPrescribedScales:
    """What a quantized file states of a tensor stays between the layers around it."""

    ONE, OTHER = Encoding(0.5, -128), Encoding(0.25, -128)

    def graph(self, *kinds, **encodings):
        layers, before = [], INPUT
        for place, kind in enumerate(kinds):
            common = {"name": f"l{place}", "label": f"l{place}", "inputs": [before]}
            before = f"l{place}"
            layers.append(kind(**common, shape=(2, 4, 4)))
        return FloatGraph((2, 4, 4), layers, encodings=dict(encodings))

    @staticmethod
    def conv(**common):
        settings = {"stride": (1, 1), "padding": (0, 0, 0, 0)}
        return FloatConv(**common, **settings, weight=np.ones((2, 2, 1, 1)), bias=np.zeros(2))

    @staticmethod
    def norm(**common):
        return FloatNorm(**common, gain=np.full(2, 2.0), offset=np.ones(2))

    @staticmethod
    def relu(**common):
        return FloatClamp(**common, low=0.0)

    def test_it_moves_to_the_layer_that_takes_a_clamp_in(self):
        graph = self.graph(self.conv, self.relu, l1=self.ONE)
        fuse(graph)
        assert kinds(graph) == ["Conv"]
        assert graph.encodings == {"l0": self.ONE}

    def test_and_to_the_one_that_takes_a_normalization_in(self):
        graph = self.graph(self.conv, self.norm, self.relu, l2=self.ONE)
        fuse(graph)
        assert kinds(graph) == ["Conv"]
        assert graph.encodings == {"l0": self.ONE}

    def test_of_one_scale_a_clamp_is_fused_and_of_two_it_is_not(self):
        graph = self.graph(self.conv, self.relu, l0=self.ONE, l1=self.ONE)
        fuse(graph)
        assert kinds(graph) == ["Conv"]
        graph = self.graph(self.conv, self.relu, l0=self.ONE, l1=self.OTHER)
        fuse(graph)
        assert kinds(graph) == ["Conv", "Clamp"]
        assert graph.encodings == {"l0": self.ONE, "l1": self.OTHER}

    def test_nothing_is_folded_across_a_scale(self):
        graph = self.graph(self.conv, self.norm, l0=self.ONE)
        fuse(graph)
        assert kinds(graph) == ["Conv", "Conv"]

    def test_nor_into_integers(self):
        graph = self.graph(self.conv, self.norm)
        codes = np.ones((2, 2, 1, 1), np.int8)
        graph.layers[0].codes = WeightCodes(codes, np.ones(2), np.zeros(2, np.int32))
        fuse(graph)
        assert kinds(graph) == ["Conv", "Conv"]

    def test_nor_behind_a_clamp(self):
        graph = self.graph(self.conv, self.norm)
        graph.layers[0].low = 0.0
        fuse(graph)
        assert kinds(graph) == ["Conv", "Conv"]
