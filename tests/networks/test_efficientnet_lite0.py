import numpy as np
import pytest
import torch
from torch import nn
from torch.nn import functional

from hawx_hw.errors import UserError
from hawx_hw.graph.graph import Add, Conv2d
from hawx_hw.networks.efficientnet_lite0 import efficientnet_lite0
from hawx_hw.quantize.calibration import quantize


def test_parameters_and_macs_are_the_published_ones():
    """4.65 million parameters and 385 million multiplications for 224 x 224."""
    network = efficientnet_lite0((3, 224, 224), 1000).eval()
    assert sum(parameter.numel() for parameter in network.parameters()) == 4_652_008
    macs = 0

    def count(layer, _, output):
        nonlocal macs
        macs += layer.weight[0].numel() * output[0].numel()

    for layer in network.modules():
        if isinstance(layer, nn.Conv2d | nn.Linear):
            layer.register_forward_hook(count)
    with torch.inference_mode():
        assert network(torch.zeros(1, 3, 224, 224)).shape == (1, 1000)
    assert round(macs / 1e6) == 385


@pytest.mark.parametrize(("height", "width"), [(32, 32), (45, 38)])
def test_padding_is_tensorflows(height, width):
    """Its definition: ceil(size / stride) windows, and of the zeros no more before than after."""
    network = efficientnet_lite0((3, height, width), 4)
    shapes = {}
    for name, layer in network.named_modules():
        if isinstance(layer, nn.ZeroPad2d):
            layer.register_forward_hook(
                lambda layer, inputs, output, name=name: shapes.update(
                    {name: (inputs[0].shape[2:], output.shape[2:], layer.padding)}
                )
            )
    network.eval()(torch.zeros(1, 3, height, width))
    layers = {"_pad": network._conv_stem}
    layers |= {f"_blocks.{i}._pad": b._depthwise_conv for i, b in enumerate(network._blocks)}
    assert shapes.keys() == layers.keys()
    for name, (before, after, (left, right, top, bottom)) in shapes.items():
        (kernel, _), (stride, _) = layers[name].kernel_size, layers[name].stride
        assert 0 <= right - left <= 1
        assert 0 <= bottom - top <= 1
        for size, padded in zip(before, after, strict=True):
            windows = (padded - kernel) // stride + 1
            assert windows == -(-size // stride)
            assert padded == size or (windows - 1) * stride + kernel == padded


def test_one_block_computes_what_the_paper_describes():
    torch.manual_seed(0)
    network = efficientnet_lite0((3, 32, 32), 4).eval()
    block = network._blocks[2]  # 24 channels, expanded six times, added
    x = torch.randn(2, 24, 8, 8)
    y = functional.relu6(block._bn0(functional.conv2d(x, block._expand_conv.weight)))
    y = functional.conv2d(y, block._depthwise_conv.weight, padding=1, groups=144)
    y = block._bn2(functional.conv2d(functional.relu6(block._bn1(y)), block._project_conv.weight))
    assert torch.allclose(block(x), x + y)


def test_random_weights_become_an_integer_graph():
    torch.manual_seed(0)
    network = efficientnet_lite0((3, 32, 32), 4).eval()
    images = np.random.default_rng(0).integers(0, 256, (2, 3, 32, 32), dtype=np.uint8)
    graph = quantize(network, images, name="efficientnet_lite0")
    convolutions = [node for node in graph.nodes if isinstance(node, Conv2d)]
    # Stem, head, fifteen blocks of three and one of two; zeros around maps are theirs.
    assert len(convolutions) == 2 + 15 * 3 + 2
    assert sum(node.groups > 1 for node in convolutions) == 16
    strided = [node.padding for node in convolutions if node.stride == (2, 2)]
    assert strided == [(0, 0, 1, 1), (0, 0, 1, 1), (1, 1, 2, 2), (0, 0, 1, 1), (1, 1, 2, 2)]
    assert sum(isinstance(node, Add) for node in graph.nodes) == 9


def test_small_images_are_refused():
    with pytest.raises(UserError) as caught:
        efficientnet_lite0((3, 32, 31), 10)
    assert str(caught.value) == (
        "network.dataset: efficientnet_lite0 needs at least 32 x 32 pixels, not 32 x 31."
    )
