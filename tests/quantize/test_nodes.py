"""Integer nodes, compared with torch in real numbers, and with codes that a file prescribes."""

import numpy as np
import pytest
import torch
from torch import nn

from hawx_hw.errors import UserError
from hawx_hw.graph import fast, reference
from hawx_hw.graph.graph import Concat, Conv2d, Lookup
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import (
    INPUT,
    FloatActivation,
    FloatAdd,
    FloatConcat,
    FloatConv,
    FloatGraph,
    FloatLinear,
    FloatMaxPool,
    WeightCodes,
)
from hawx_hw.quantize.calibration import quantize, quantize_layers
from hawx_hw.quantize.nodes import node_of

RNG = np.random.default_rng(0)
IMAGES = np.clip(RNG.normal(110, 60, (40, 3, 9, 9)), 0, 255).astype(np.uint8)


def common(name, *inputs, shape=(3, 9, 9)):
    return {"name": name, "label": name, "inputs": list(inputs), "shape": shape}


def real(graph, name=None):
    name = name or graph.output
    tensor = graph.tensors[name]
    result = reference.run_all(graph, graph.codes(IMAGES))[name].astype(np.float64)
    np.testing.assert_array_equal(result, fast.run_all(graph, graph.codes(IMAGES))[name])
    return (result - tensor.zero_point) * tensor.scale


def noise(graph, expected):
    """Root mean square of the error; calibration may cut off the largest values."""
    return float(np.sqrt(np.mean((real(graph) - expected) ** 2)))


def layers(*given, preprocessing=None, **encodings):
    graph = FloatGraph((3, 9, 9), list(given), preprocessing or Preprocessing(), encodings)
    *_, (_, expected) = graph.evaluate(graph.inputs(IMAGES))
    return graph, expected.numpy()


@pytest.mark.parametrize(("groups", "dilation"), [(3, 1), (1, 2), (3, 2)])
def test_groups_and_dilation(groups, dilation):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 6, 3, padding=2, dilation=dilation, groups=groups))
    graph = quantize(network, IMAGES, name="n")
    (node,) = graph.nodes
    assert (node.groups, node.dilation) == (groups, (dilation, dilation))
    with torch.inference_mode():
        expected = network(torch.from_numpy(IMAGES).float() / 255).numpy()
    assert noise(graph, expected) < graph.tensors[graph.output].scale


@pytest.mark.parametrize(
    "preprocessing",
    [
        Preprocessing(1 / 255, (0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
        Preprocessing(1 / 128, (127 / 128,)),
        Preprocessing(1.0, (300.0,)),
    ],
)
def test_preprocessing(preprocessing):
    torch.manual_seed(0)
    network = nn.Sequential(nn.Conv2d(3, 4, 3, padding=1))
    graph = quantize(network, IMAGES, name="n", preprocessing=preprocessing)
    with torch.inference_mode():
        expected = network(torch.from_numpy(preprocessing.real(IMAGES, np.float32))).numpy()
    assert noise(graph, expected) < 2 * graph.tensors[graph.output].scale


def test_no_pixel_of_one_channel_is_rounded():
    graph, _ = layers(
        FloatAdd(**common("a", INPUT, INPUT)), preprocessing=Preprocessing(1 / 128, (127 / 128,))
    )
    made = quantize_layers(graph, IMAGES, name="n")
    np.testing.assert_array_equal(made.pixels, np.arange(-128, 128).reshape(1, 256))
    assert made.tensors[INPUT].zero_point == -1


def test_an_activation_is_looked_up():
    graph, expected = layers(
        FloatAdd(**common("a", INPUT, INPUT)),
        FloatActivation(**common("b", "a"), function="silu", high=1.0),
        preprocessing=Preprocessing(1 / 20, (6.0,)),
    )
    made = quantize_layers(graph, IMAGES, name="n")
    node = made.nodes[1]
    assert isinstance(node, Lookup)
    # Half a step of the input, whose slope is below 1.1, and half a step of the output.
    worst = 1.1 * made.tensors["a"].scale + made.tensors["b"].scale
    assert np.abs(real(made) - expected).max() < worst
    assert real(made).max() <= 1.0 + made.tensors["b"].scale / 2


def test_a_clamp_is_a_part_of_the_table():
    """Where the codes could be larger: the scale was prescribed."""
    layer = FloatActivation(**common("b", INPUT), function="neg", low=-20.0, high=10.0)
    node = node_of(layer, {INPUT: Encoding(1.0, 0), "b": Encoding(0.5, -3)})
    assert node.table[128 + 15] == -3 - 30
    assert (node.table.min(), node.table.max()) == (-3 - 40, -3 + 20)


def test_concatenated_tensors_are_not_requantized():
    torch.manual_seed(0)
    weight = RNG.normal(0, 1, (4, 3, 1, 1))
    window = {"stride": (1, 1), "padding": (0, 0, 0, 0)}
    graph, expected = layers(
        FloatConv(**common("a", INPUT, shape=(4, 9, 9)), weight=weight, bias=np.ones(4), **window),
        FloatMaxPool(**common("p", "a", shape=(4, 9, 9)), kernel=(1, 1), **window),
        FloatConv(
            **common("b", INPUT, shape=(4, 9, 9)), weight=5 * weight, bias=np.ones(4), **window
        ),
        FloatConcat(**common("c", "p", "b", shape=(8, 9, 9))),
    )
    made = quantize_layers(graph, IMAGES, name="n")
    kinds = [type(node).__name__ for node in made.nodes]
    assert kinds == ["Conv2d", "MaxPool2d", "Conv2d", "Concat"]
    assert noise(made, expected) < made.tensors["c"].scale


def test_concatenation_with_the_input_rescales_it():
    graph, expected = layers(
        FloatAdd(**common("a", INPUT, INPUT)),
        FloatConcat(**common("c", "a", INPUT, shape=(6, 9, 9))),
    )
    made = quantize_layers(graph, IMAGES, name="n")
    assert [node.name for node in made.nodes] == ["a", "c_scale1", "c"]
    assert isinstance(made.nodes[2], Concat)
    assert noise(made, expected) < made.tensors["c"].scale


def prescribed(**changes):
    """A quantized convolution: codes, scales and zero points of all its tensors."""
    weight = RNG.integers(-127, 128, (4, 3, 2, 2)).astype(np.int8)
    scale = np.array([0.01, 0.02, 0.001, 0.015])
    bias = np.array([5000, -300, 0, 77], np.int32)
    encodings = {INPUT: Encoding(0.5, 3), "a": Encoding(2.0, -7), **changes}
    layer = FloatConv(
        **common("a", INPUT, shape=(4, 8, 8)),
        weight=weight * scale.reshape(-1, 1, 1, 1),
        bias=bias * scale * 0.5,
        stride=(1, 1),
        padding=(0, 0, 0, 0),
        low=0.0,
        codes=WeightCodes(weight, scale, bias),
    )
    return layer, weight, bias, scale, encodings


def test_prescribed_codes_are_taken_as_they_are():
    layer, weight, bias, scale, encodings = prescribed()
    graph, expected = layers(layer, preprocessing=Preprocessing(0.5, (65.5,)), **encodings)
    made = quantize_layers(graph, IMAGES, name="n")
    (node,) = made.nodes
    assert isinstance(node, Conv2d)
    np.testing.assert_array_equal(node.weight, weight)
    np.testing.assert_array_equal(node.bias, bias - 3 * weight.reshape(4, -1).astype(int).sum(1))
    np.testing.assert_allclose(
        node.requantization.multiplier * 2.0**-node.requantization.shift,
        scale * 0.5 / 2.0,
        atol=2.0 ** -(node.requantization.shift + 1),
    )
    assert (made.tensors["a"].scale, made.tensors["a"].zero_point) == (2.0, -7)
    assert node.requantization.low == -7
    # Pixels are codes here, so that only the multipliers and the last rounding differ.
    assert np.abs(real(made) - np.clip(expected, None, 134 * 2.0)).max() <= 1.01


def test_a_prescribed_pooling_of_another_scale_is_rescaled_before():
    layer, *_, encodings = prescribed()
    pool = FloatMaxPool(
        **common("p", "a", shape=(4, 8, 8)), kernel=(1, 1), stride=(1, 1), padding=(0, 0, 0, 0)
    )
    graph, _ = layers(layer, pool, **encodings, p=Encoding(1.0, 0))
    made = quantize_layers(graph, IMAGES, name="n")
    assert [node.name for node in made.nodes] == ["a", "p_scale0", "p"]
    assert (made.tensors["p"].scale, made.tensors["p"].zero_point) == (1.0, 0)
    assert made.tensors["p_scale0"] == made.tensors["p"]


def test_prescribed_sums_beyond_32_bits():
    layer, weight, _, scale, encodings = prescribed()
    layer.codes = WeightCodes(weight, scale, np.full(4, 2**31 - 1, np.int32))
    with pytest.raises(UserError, match="sums of layer 'a' may reach"):
        node_of(layer, encodings)


def test_prescribed_linear_layer():
    weight = RNG.integers(-127, 128, (5, 4)).astype(np.int8)
    codes = WeightCodes(weight, np.full(5, 0.1), np.arange(5, dtype=np.int32))
    layer = FloatLinear(
        **common("l", INPUT, shape=(5,)), weight=weight * 0.1, bias=np.arange(5) * 0.1, codes=codes
    )
    node = node_of(layer, {INPUT: Encoding(1.0, -128), "l": Encoding(4.0, 0)})
    np.testing.assert_array_equal(node.weight, weight)
    np.testing.assert_array_equal(node.bias, np.arange(5) + 128 * weight.astype(int).sum(axis=1))
