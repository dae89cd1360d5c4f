import json

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import nn

from hawx_hw import datasets, networks
from hawx_hw.errors import UserError
from hawx_hw.graph import fast, reference
from hawx_hw.graph.graph import (
    Add,
    AveragePool2d,
    Clamp,
    Conv2d,
    Flatten,
    Linear,
    MaxPool2d,
)
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.graph.storage import graph_files, save_graph
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.quantize.calibration import codes, quantize, quantize_layers
from hawx_hw.util import batches
from tests import material

RNG = np.random.default_rng(0)
IMAGES = np.clip(RNG.normal(90, 70, (40, 3, 12, 12)), 0, 255).astype(np.uint8)


def sequential(*layers, seed=0):
    torch.manual_seed(seed)
    return nn.Sequential(*[layer() for layer in layers])


def values(graph, images, name=None):
    """Real values that the integer graph computes."""
    name = name or graph.output
    tensor = graph.tensors[name]
    result = reference.run_all(graph, codes(images))[name].astype(np.float64)
    return (result - tensor.zero_point) * tensor.scale


def floats(network, images):
    with torch.inference_mode():
        return network.eval()(torch.from_numpy(images).float() / 255).numpy()


def noise(graph, network, images=IMAGES):
    """Root mean square of the error, relative to that of the values."""
    expected = floats(network, images)
    return float(np.sqrt(np.mean((values(graph, images) - expected) ** 2) / np.mean(expected**2)))


class Residual(nn.Module):
    def __init__(self, seed=0):
        super().__init__()
        torch.manual_seed(seed)
        self.stem = nn.Conv2d(3, 8, 3, padding=1)
        self.conv1 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, bias=False)
        self.bn2 = nn.BatchNorm2d(8)
        self.pool = nn.MaxPool2d(2)
        self.head = nn.Linear(8, 5)
        for bn in (self.bn1, self.bn2):
            bn.running_var.uniform_(0.01, 0.1)
            bn.running_mean.normal_(0, 0.1)

    def forward(self, x):
        x = F.relu(self.stem(x))
        y = self.bn2(self.conv2(F.relu6(self.bn1(self.conv1(x)))))
        y = self.pool(F.relu(y + x))
        return self.head(F.avg_pool2d(y, 6).flatten(1))


def test_a_residual_network_in_integers():
    network = Residual()
    graph = quantize(network, IMAGES, name="net")
    assert graph.name == "net"
    assert [type(node) for node in graph.nodes] == [
        Conv2d, Conv2d, Conv2d, Add, MaxPool2d, AveragePool2d, Flatten, Linear
    ]  # fmt: skip
    assert noise(graph, network) < 0.03
    tensors = graph.tensors
    assert (tensors["input"].scale, tensors["input"].zero_point) == (1 / 255, -128)
    for name in ("stem", "conv1", "add"):
        rule = next(node for node in graph.nodes if node.name == name).requantization
        # What a ReLU leaves starts at zero, and zero is the least code.
        assert rule.low == rule.zero_point == tensors[name].zero_point == -128
    assert tensors["pool"] == tensors["add"].__class__((8, 6, 6), tensors["add"].scale, -128)


@pytest.mark.parametrize(
    ("layers", "limit"),
    [
        ((lambda: nn.Conv2d(3, 9, 5, padding=2),), 0.02),
        ((lambda: nn.Conv2d(3, 9, 3, 2, 1, bias=False), nn.ReLU), 0.02),
        ((lambda: nn.Conv2d(3, 9, (1, 4), padding=(0, 3)), nn.ReLU6), 0.02),
        ((lambda: nn.AvgPool2d(3, 1, 1), lambda: nn.Conv2d(3, 4, 3)), 0.03),
        ((lambda: nn.Conv2d(3, 4, 3), lambda: nn.AvgPool2d(2)), 0.03),
        ((lambda: nn.Conv2d(3, 4, 3), lambda: nn.AdaptiveAvgPool2d(5)), 0.03),
        ((nn.Flatten, lambda: nn.Linear(432, 7), nn.ReLU, lambda: nn.Linear(7, 3)), 0.03),
        ((lambda: nn.Conv2d(3, 4, 3), lambda: nn.Hardtanh(-0.1, 0.3)), 0.02),
    ],
)
def test_noise_is_that_of_eight_bits(layers, limit):
    network = sequential(*layers)
    assert noise(quantize(network, IMAGES, name="n"), network) < limit


def test_same_input_same_bytes(tmp_path):
    for name in ("a", "b"):
        torch.rand(3)  # the global generator does not matter
        save_graph(quantize(Residual(), IMAGES, name="n"), tmp_path / name)
    a, b = (graph_files(tmp_path / name) for name in ("a", "b"))
    assert [file.read_bytes() for file in a] == [file.read_bytes() for file in b]


def test_neither_batches_nor_threads_change_the_bytes(tmp_path, monkeypatch):
    save_graph(quantize(Residual(), IMAGES, name="n"), tmp_path / "a")
    threads = torch.get_num_threads()
    monkeypatch.setattr("hawx_hw.quantize.calibration._BATCH", 7)
    torch.set_num_threads(1)
    try:
        save_graph(quantize(Residual(), IMAGES, name="n"), tmp_path / "b")
    finally:
        torch.set_num_threads(threads)
    a, b = (graph_files(tmp_path / name) for name in ("a", "b"))
    assert [file.read_bytes() for file in a] == [file.read_bytes() for file in b]


def test_weights_and_multipliers_make_up_the_scale_exactly():
    """Weight times step gives back the float weight to half a step, in every filter."""
    network = sequential(lambda: nn.Conv2d(3, 12, 3), nn.ReLU)
    with torch.no_grad():  # filters of very different sizes, so that some multipliers are small
        network[0].weight *= torch.logspace(0, -4, 12).reshape(-1, 1, 1, 1)
    graph = quantize(network, IMAGES, name="n")
    (node,) = graph.nodes
    rule = node.requantization
    step = rule.multiplier * 2.0**-rule.shift * graph.tensors["_0"].scale / (1 / 255)
    exact = network[0].weight.detach().double().numpy()
    error = np.abs(node.weight * step.reshape(-1, 1, 1, 1) - exact).max(axis=(1, 2, 3)) / step
    assert (error <= 0.51).all()
    assert rule.multiplier.min() < 128
    assert (np.abs(node.weight.astype(int)).max(axis=(1, 2, 3)) >= 60).sum() >= 9
    bias = network[0].bias.detach().double().numpy()
    folded = node.bias + -128 * node.weight.astype(int).sum(axis=(1, 2, 3))
    np.testing.assert_allclose(folded * step / 255, bias, atol=0.51 * step.max() / 255)


def test_black_images_give_the_bias_even_at_the_borders():
    """Padding with zero is exact: without pixels only the biases remain, everywhere the same."""
    network = sequential(
        lambda: nn.Conv2d(3, 5, 3, padding=1), lambda: nn.Conv2d(5, 4, 3, padding=1)
    )
    network[1].bias.data.zero_()
    network[0].bias.data.zero_()
    graph = quantize(network, IMAGES, name="n")
    assert not values(graph, np.zeros((1, 3, 12, 12), np.uint8)).any()


def test_a_clamp_on_its_own_keeps_the_scale():
    class Net(nn.Module):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.conv = nn.Conv2d(3, 4, 3)

        def forward(self, x):
            x = self.conv(x)
            return F.relu(x) + x

    network = Net()
    graph = quantize(network, IMAGES, name="n")
    conv, clamp, add = graph.nodes
    assert isinstance(clamp, Clamp)
    assert isinstance(add, Add)
    assert graph.tensors["conv"] == graph.tensors["relu"]
    result = reference.run_all(graph, codes(IMAGES))
    np.testing.assert_array_equal(
        result["relu"], np.maximum(result["conv"], conv.requantization.zero_point)
    )
    assert noise(graph, network) < 0.02


def test_a_maximum_passes_codes_on():
    network = sequential(lambda: nn.Conv2d(3, 4, 3), lambda: nn.MaxPool2d(2), nn.Flatten)
    graph = quantize(network, IMAGES, name="n")
    scales = {(tensor.scale, tensor.zero_point) for tensor in list(graph.tensors.values())[1:]}
    assert len(scales) == 1


@pytest.mark.parametrize("value", [1e3, -1e3, 1e30, -1e30])
def test_a_huge_bias_saturates_and_fits(value):
    network = sequential(lambda: nn.Conv2d(3, 4, 3), lambda: nn.Hardtanh(-1, 1))
    network[0].bias.data[2] = value
    graph = quantize(network, IMAGES, name="n")
    result = reference.run(graph, codes(IMAGES))[:, 2]
    assert (result == (127 if value > 0 else graph.nodes[0].requantization.low)).all()
    assert np.abs(values(graph, IMAGES)[:, 2] - np.sign(value)).max() < 0.01


def test_dead_filters_and_layers():
    network = sequential(lambda: nn.Conv2d(3, 4, 3), nn.ReLU, lambda: nn.Conv2d(4, 2, 3))
    network[0].weight.data[1] = 0
    network[0].bias.data[1] = 0.25
    graph = quantize(network, IMAGES, name="n")
    assert not graph.nodes[0].weight[1].any()
    result = values(graph, IMAGES, graph.nodes[0].name)[:, 1]
    assert np.abs(result - 0.25).max() <= graph.tensors[graph.nodes[0].name].scale / 2
    for layer in (network[0], network[2]):
        layer.weight.data.zero_()
        layer.bias.data.zero_()
    graph = quantize(network, IMAGES, name="n")
    assert not values(graph, IMAGES).any()


def test_sums_stay_within_the_bound_of_the_weights():
    network = Residual(3)
    graph = quantize(network, IMAGES, name="n")
    inputs = reference.run_all(graph, codes(IMAGES))
    for node in graph.nodes:
        if isinstance(node, Conv2d | Linear):
            magnitude = (
                np.abs(node.weight.astype(np.int64)).reshape(len(node.weight), -1).sum(axis=1)
            )
            bound = magnitude * 128 + np.abs(node.bias.astype(np.int64))
            assert bound.max() < 2**31
            zero_point = graph.tensors[node.inputs[0]].zero_point
            sums = reference.sums(node, [inputs[node.inputs[0]]], zero_point)
            assert (np.abs(sums).max(axis=(0, *range(2, sums.ndim))) <= bound).all()


def test_a_filter_of_next_to_nothing_keeps_its_bias():
    network = sequential(lambda: nn.Conv2d(3, 3, 3), lambda: nn.Conv2d(3, 2, 3))
    network[0].weight.data[1] *= 1e-9
    network[0].bias.data[1] = 0.3
    graph = quantize(network, IMAGES, name="n")
    scale = graph.tensors["_0"].scale
    assert np.abs(values(graph, IMAGES, "_0")[:, 1] - 0.3).max() <= scale / 2
    assert noise(graph, network) < 0.03


def overflowing():
    network = nn.Sequential(nn.Flatten(), *[nn.Linear(1, 1) for _ in range(9)])
    for layer in network[1:]:
        layer.weight.data[:] = 3e38
    return network


def large(weight):
    """Finite in the 64 bits of calibration, whatever the network is in."""
    network = nn.Sequential(nn.Conv2d(1, 1, 1), nn.Conv2d(1, 1, 1))
    for layer in network:
        layer.weight.data[:], layer.bias.data[:] = weight, 0
    return network


def endless():
    network = nn.Sequential(nn.Flatten(), nn.Linear(3 * 256 * 256, 1))
    network[1].weight.data[:] = 1
    network[1].bias.data[:] = 0
    return network


@pytest.mark.parametrize(
    ("network", "shape", "message"),
    [
        (
            large(1e30),
            (1, 1, 1),
            "The layer '1' computes values that are not finite in 32 bits.",
        ),
        (overflowing(), (1, 1, 1), "The layer '2' computes values that are not finite in 32 bits."),
        (endless(), (3, 256, 256), "The sums of layer '1' may reach 42781900"),
        (
            sequential(lambda: nn.Conv2d(3, 4, 3), lambda: nn.Hardtanh(-1e-10, 1e-10)),
            (3, 12, 12),
            "The layer '0' changes scale by ",
        ),
    ],
)
def test_layers_that_fit_no_integers_are_named(network, shape, message):
    with pytest.raises(UserError) as caught:
        quantize(network, np.full((2, *shape), 255, np.uint8), name="n")
    assert caught.value.where == "network.model"
    assert caught.value.what.startswith(message)


@pytest.mark.parametrize(
    "images",
    [
        np.zeros((0, 3, 12, 12), np.uint8),
        np.zeros((2, 3, 12), np.uint8),
        np.zeros((2, 3, 12, 12), np.float32),
    ],
)
def test_refuses_other_images(images):
    with pytest.raises(ValueError, match="Images must be uint8 of shape"):
        quantize(Residual(), images, name="n")


def test_digits_in_integers():
    data = datasets.load("digits")
    network = networks.load("lenet5", data)
    graph = quantize(network, data.calibration.images, name="lenet5")
    assert [node.name for node in graph.nodes] == [
        "conv1", "pool1", "conv2", "pool2", "flatten", "fc1", "fc2", "fc3"
    ]  # fmt: skip
    in_float = networks.accuracy(network, data.test.images, data.test.labels)
    in_integers = fast.accuracy(graph, data.test.images, data.test.labels)
    assert in_float >= 0.98
    # 355 images: one is 0.28 points.
    assert abs(in_integers - in_float) <= 0.003
    some = codes(data.test.images[:20])
    np.testing.assert_array_equal(fast.run(graph, some), reference.run(graph, some))


def test_mnist_in_integers():
    data = material.dataset("mnist")
    network = networks.load("lenet5", data)
    graph = quantize(network, data.calibration.images, name="lenet5")
    record = networks.shipped_checkpoint("lenet5", "mnist").with_suffix(".json")
    in_float = json.loads(record.read_text())["test_accuracy"]
    assert abs(fast.accuracy(graph, data.test.images, data.test.labels) - in_float) <= 0.002


def test_the_float_graph_is_what_is_quantized():
    """Every encoding covers what the layers compute; none is wider than that."""
    network = Residual(1)
    graph = quantize(network, IMAGES, name="n")
    pixels = torch.from_numpy(IMAGES / 255)
    for name, result in trace(network, IMAGES).evaluate(pixels):
        tensor = graph.tensors[name]
        if name in ("pool", "flatten"):
            continue
        low, high = (tensor.scale * (end - tensor.zero_point) for end in (-128, 127))
        assert low >= min(float(result.min()), 0) - 1.01 * tensor.scale
        assert high <= max(float(result.max()), 0) + 1.01 * tensor.scale


@pytest.mark.parametrize("std", [(1e-300,), (1e-300, 1.0, 1.0)])
def test_pixels_beyond_the_range_of_numbers(std):
    """Such as a configured scale and what a file does to its input make of them together."""
    layers = trace(sequential(lambda: nn.Conv2d(3, 2, 3)), IMAGES)
    layers.preprocessing = Preprocessing(1e300, (0.0,), std)
    with pytest.raises(UserError, match="not finite in 32 bits") as caught:
        quantize_layers(layers, IMAGES, name="n")
    assert caught.value.where == "network.preprocess"


def test_images_at_once_change_nothing(monkeypatch):
    """Large tensors are computed of fewer images at once."""
    network = Residual(1)
    expected = quantize(network, IMAGES, name="n")
    monkeypatch.setattr(batches, "_BYTES", 8 * 4 * 12 * 12 * 3)
    assert batches.images_at_once(64, trace(network, IMAGES).shapes, 8) < 8
    assert quantize(network, IMAGES, name="n").tensors == expected.tensors
    pixels, labels = IMAGES, np.zeros(len(IMAGES), dtype=np.int64)
    steps: list[int] = []
    fast.accuracy(expected, pixels, labels, progress=lambda done, _: steps.append(done))
    assert len(steps) > 1
