"""One network from two sources, the ONNX file and the module of torch, is one integer graph."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from hawx_hw import datasets
from hawx_hw.graph.graph import Conv2d, Graph, Linear
from hawx_hw.importing.sources import Request, load
from hawx_hw.quantize.calibration import quantize_layers
from tests.material import material

#: A LeNet-5 that others trained for MNIST, with the names of its weights.
MODULE = """\
from torch import nn


class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.convolutions = nn.Sequential(
            nn.Conv2d(1, 8, 5, padding=2), nn.ReLU(), nn.MaxPool2d(2),
            nn.Conv2d(8, 16, 5), nn.ReLU(), nn.MaxPool2d(2),
        )
        self.classifier = nn.Sequential(
            nn.Linear(400, 128), nn.ReLU(), nn.Linear(128, 64), nn.ReLU(), nn.Linear(64, 10)
        )

    def forward(self, x):
        return self.classifier(self.convolutions(x).flatten(1))
"""


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    (tmp_path / "sa_lenet5.py").write_text(MODULE)
    path = list(sys.path)
    yield tmp_path
    sys.path[:] = path
    sys.modules.pop("sa_lenet5", None)


def numbers(graph: Graph) -> list[np.ndarray]:
    """Every number that decides what a graph computes, layer after layer."""
    result = [graph.pixels]
    for node in graph.nodes:
        if isinstance(node, Conv2d | Linear):
            rule = node.requantization
            limits = np.array([rule.shift, rule.zero_point, rule.low, rule.high])
            result += [node.weight, node.bias, rule.multiplier, limits]
    return result


def test_lenet5_from_onnx_and_from_torch(folder: Path) -> None:
    pytest.importorskip("onnx")
    digits = datasets.load("digits")
    images = digits.train.images[:64]
    file = Request(str(material("models/lenet5_webmnist.onnx")), folder)
    module = Request("python:sa_lenet5:Net", folder, material("models/lenet5_webmnist.pth"))
    first, second = (
        numbers(quantize_layers(load(request, digits, images).layers, images, name="lenet5"))
        for request in (file, module)
    )
    assert len(first) == 1 + 5 * 4
    for one, other in zip(first, second, strict=True):
        np.testing.assert_array_equal(one, other)
