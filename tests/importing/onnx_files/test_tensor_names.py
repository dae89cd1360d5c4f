import numpy as np
import onnx
import pytest
import torch

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import IMAGES, SHAPE, model, node, random, run, save

NODES = [
    node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"]), node("Conv", ["r", "v"], ["d"]),
    node("MaxPool", ["d"], ["p"], kernel_shape=[2, 2]), node("Relu", ["p"], ["q"]),
    node("Add", ["q", "q"], ["s"]), node("Flatten", ["s"], ["f"]), node("Gemm", ["f", "u"], ["y"]),
]  # fmt: skip
CONSTANTS = {"w": random(4, 3, 3, 3), "v": random(5, 4, 2, 2), "u": random(80, 6)}


def test_layers_and_tensors(tmp_path):
    path = save(tmp_path, model(NODES, CONSTANTS))
    network = read(path, SHAPE)
    names = [layer.name for layer in network.layers.layers]
    assert names == ["c", "d", "p", "s", "f", "y"]
    # d takes in the clamp behind the pooling, so that no tensor of the file has its numbers.
    assert network.tensors == {"c": "r", "p": "q", "s": "s", "y": "y"}
    assert network.source is None
    inputs = Preprocessing().real(IMAGES, np.float32)
    values = dict(network.layers.evaluate(torch.from_numpy(inputs)))
    for layer, tensor in network.tensors.items():
        made = model(NODES, CONSTANTS, outputs=(tensor,))
        expected = run(save(tmp_path, made), inputs)
        own = values[layer].reshape(len(IMAGES), -1).numpy()
        np.testing.assert_allclose(own, expected, atol=1e-4 * np.abs(expected).max(), rtol=0)


@pytest.mark.parametrize("given", [None, Preprocessing(1 / 128, (0.5, 0.2, 0.1), (2.0, 1.0, 1.0))])
def test_the_files_own_input(tmp_path, given):
    """Operations at the input become preprocessing; the file's input is before them."""
    nodes = [node("Sub", ["x", "mean"], ["a"]), node("Div", ["a", "std"], ["b"]), *NODES]
    nodes[2] = node("Conv", ["b", "w"], ["c"])
    constants = {**CONSTANTS, "mean": random(3, 1, 1), "std": np.abs(random(1, 3, 1, 1)) + 1}
    network = read(save(tmp_path, model(nodes, constants)), SHAPE, given)
    expected = (given or Preprocessing()).real(IMAGES)
    assert network.source is not None
    np.testing.assert_allclose(network.source.real(IMAGES), expected, rtol=1e-6, atol=1e-6)
    assert onnx.load(tmp_path / "made.onnx").graph.input[0].name == "x"
