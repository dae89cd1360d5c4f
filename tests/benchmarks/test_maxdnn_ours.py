"""Setting ours of MAx-DNN: the same network, normalized by stored statistics, in integers."""

import numpy as np
import torch
from maxdnn_ours import LAYERS, integer_graph, network
from maxdnn_theirs import Theirs, unsigned

from hawx_hw.emulation import Emulator
from hawx_hw.graph.graph import Conv2d
from tests.benchmarks.test_maxdnn_theirs import frozen, pictures


def test_both_settings_have_the_same_network():
    weights, images = frozen(), pictures(40)
    expected = Theirs(weights, images).outputs([unsigned()] * 7)
    module = network(weights, images)
    with torch.inference_mode():
        outputs = module(torch.from_numpy(images.astype(np.float32)) / 128 - 1).numpy()
    # Codes of eight bits, and the variance of a population instead of a sample.
    assert abs(outputs - expected).max() < 0.1 * expected.std()
    graph = integer_graph(weights, images, images, "small")
    codes = Emulator(graph, threads=1).run(graph.codes(images))
    assert np.corrcoef(codes.ravel(), expected.ravel())[0, 1] > 0.98


def test_an_images_outputs_do_not_depend_on_the_others():
    weights, images = frozen(), pictures(8)
    module = network(weights, images)
    pixels = torch.from_numpy(images.astype(np.float32)) / 128 - 1
    with torch.inference_mode():
        assert torch.allclose(module(pixels)[:2], module(pixels[:2]), atol=1e-5)


def test_the_layers_are_the_seven_convolutions():
    weights, images = frozen(), pictures(4)
    graph = integer_graph(weights, images, images, "small")
    convolutions = [node for node in graph.nodes if isinstance(node, Conv2d)]
    assert [n.name for n in convolutions if n.weight.shape[2] == 3] == list(LAYERS)
    shapes = [layer.kernel.shape for layer in weights.convolutions]
    assert [n.weight.shape for n in convolutions if n.weight.shape[2] == 3] == shapes
