"""Whole files: of torch's exporters, hand-made, and a trained one; see also the random models."""

import contextlib
import io
import warnings

import numpy as np
import onnx
import pytest
import torch
from torch import nn

from hawx_hw.graph import fast, reference
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.accuracy import accuracy
from hawx_hw.importing.input_values import UNSTATED
from hawx_hw.importing.modules.tracing import trace
from hawx_hw.importing.onnx_files.reading import read
from hawx_hw.quantize.calibration import quantize_layers
from tests.importing.onnx_files.models import (
    IMAGES,
    SHAPE,
    compared,
    kinds,
    model,
    node,
    random,
    save,
)
from tests.material import dataset, material


def test_names_of_unnamed_nodes(tmp_path):
    made = model(
        [node("Conv", ["x", "w"], ["12"]), node("Relu", ["12"], ["13"]),
         node("Conv", ["13", "v"], ["14"]), node("Add", ["14", "13"], ["y"])],
        {"w": random(4, 3, 3, 3), "v": random(4, 4, 1, 1)},
    )  # fmt: skip
    network = compared(tmp_path, made)
    assert [layer.name for layer in network.layers.layers] == ["conv_12", "conv_14", "y"]
    assert [layer.label for layer in network.layers.layers] == ["12", "14", "y"]
    assert kinds(network) == ["Conv", "Conv", "Add"]
    assert read(save(tmp_path, made), SHAPE).notes == (UNSTATED,)
    assert read(save(tmp_path, made), SHAPE, Preprocessing()).notes == ()


class Residual(nn.Module):
    """Layers that exporters write in different ways."""

    def __init__(self) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.conv1 = nn.Conv2d(3, 8, 3, padding=1)
        self.norm1 = nn.BatchNorm2d(8)
        self.conv2 = nn.Conv2d(8, 8, 3, padding=1, groups=4)
        self.fc = nn.Linear(8 * 4 * 4, 5)
        self.norm1.running_mean.uniform_(-1, 1)
        self.norm1.running_var.uniform_(0.5, 2)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = nn.functional.relu6(self.norm1(self.conv1(x)))
        y = nn.functional.gelu(self.conv2(x)) + x
        y = nn.functional.max_pool2d(y, 3, 2, 1)
        return self.fc(y.view(y.size(0), -1))


def exported(path, *, newer: bool):
    module = Residual().eval()
    inputs = torch.zeros(2, *SHAPE)
    with contextlib.redirect_stdout(io.StringIO()), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if newer:
            batch = torch.export.Dim("n")
            torch.onnx.export(module, (inputs,), path, dynamo=True, dynamic_shapes=({0: batch},))
        else:
            torch.onnx.export(
                module, inputs, path, dynamo=False, opset_version=13, dynamic_axes={"x": {0: "n"}},
                input_names=["x"],
            )  # fmt: skip
    return module


def check_against_module(network, module):
    weighted = [layer.name for layer in network.layers.layers if hasattr(layer, "weight")]
    assert weighted == ["conv1", "conv2", "fc"]
    inputs = torch.from_numpy(Preprocessing().real(IMAGES, np.float32))
    with torch.inference_mode():
        expected = module(inputs).numpy()
    outputs = np.concatenate(list(network.outputs(IMAGES)))
    np.testing.assert_allclose(outputs, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)


def test_torch(tmp_path):
    path = tmp_path / "made.onnx"
    module = exported(path, newer=False)
    network = read(path, SHAPE)
    check_against_module(network, module)


@pytest.mark.slow
def test_the_newer_exporter_of_torch(tmp_path):
    path = tmp_path / "made.onnx"
    module = exported(path, newer=True)
    check_against_module(read(path, SHAPE), module)


def test_weights_beside_the_file(tmp_path):
    made = model([node("Conv", ["x", "w"], ["y"])], {"w": random(4, 3, 3, 3)})
    inside = read(save(tmp_path, made), SHAPE)
    (tmp_path / "other").mkdir()
    path = tmp_path / "other" / "made.onnx"
    onnx.save(made, path, save_as_external_data=True, location="w.data", size_threshold=0)
    outside = read(path, SHAPE)
    np.testing.assert_array_equal(outside.layers.layers[0].weight, inside.layers.layers[0].weight)


def test_a_fixed_batch(tmp_path):
    nodes = [node("Reshape", ["x", "t"], ["f"]), node("Gemm", ["f", "w"], ["y"])]
    made = model(nodes, {"t": np.array([4, 192]), "w": random(192, 5)}, shape=(4, *SHAPE))
    compared(tmp_path, made)


class LeNet5(nn.Module):
    """The module that the weights of the file below belong to."""

    def __init__(self) -> None:
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        )  # fmt: skip
        self.classifier = nn.Sequential(
            nn.Linear(400, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.classifier(self.convolutions(x).flatten(1))


def test_a_trained_network_in_two_forms():
    """LeNet-5 as ONNX and as torch's checkpoint: one integer graph, and the published accuracy."""
    path, weights = (material(f"models/lenet5_webmnist.{kind}") for kind in ("onnx", "pth"))
    data = dataset("mnist")
    images = data.train.images[:64]
    network = read(path, data.shape)
    module = LeNet5()
    module.load_state_dict(torch.load(weights, weights_only=True, map_location="cpu"))
    one = quantize_layers(network.layers, images, name="lenet5")
    other = quantize_layers(trace(module, images), images, name="lenet5")
    for mine, theirs in zip(one.nodes, other.nodes, strict=True):
        assert type(mine) is type(theirs)
        assert one.tensors[mine.name] == other.tensors[theirs.name]
        for key in ("weight", "bias"):
            if hasattr(mine, key):
                np.testing.assert_array_equal(getattr(mine, key), getattr(theirs, key))
        if hasattr(mine, "requantization"):
            rules = [vars(each.requantization).copy() for each in (mine, theirs)]
            multipliers = [rule.pop("multiplier") for rule in rules]
            assert rules[0] == rules[1]
            np.testing.assert_array_equal(multipliers[0], multipliers[1])
    test = data.test
    assert accuracy(network, test.images, test.labels) == 0.9822
    some = test.take(np.arange(1000))  # benchmarks/imports.py takes all
    in_float = accuracy(network, some.images, some.labels)
    assert abs(fast.accuracy(one, some.images, some.labels) - in_float) <= 0.003
    codes = one.codes(test.images[:2])
    np.testing.assert_array_equal(reference.run(one, codes), fast.run(other, codes))
