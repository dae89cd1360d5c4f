from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT, FloatLinear
from hawx_hw.importing.onnx_files.builder import Builder
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import Constant, ConstantCodes
from hawx_hw.importing.onnx_files.weights import weight_codes

NODE = Node(Path("net.onnx"), "fc", "", "Gemm", (), {}, 1)
CODES = np.array([[3, -127], [0, 100], [127, 1]])
SOURCE = Encoding(0.5, 7)


def read(codes=CODES, scale=(0.5, 0.25, 0.125), axis=0, bias=None, source=SOURCE):
    builder = Builder(Path("net.onnx"), Preprocessing())
    if source is not None:
        builder.encodings[INPUT] = source
    layer = FloatLinear(
        name="fc", label="fc", inputs=[INPUT], shape=(3,), weight=np.zeros((3, 2)),
        bias=np.zeros(3) if bias is None else np.array(bias.array, dtype=float),
    )  # fmt: skip
    weight_codes(NODE, builder, layer, ConstantCodes(codes, np.array(scale), axis), bias)
    return layer, builder


def test_the_real_values_are_those_of_the_integers():
    bias = Constant(
        np.array([1.0, 2.0, 3.0]),
        "b",
        ConstantCodes(np.array([4, 16, 48]), np.array([0.25, 0.125, 0.0625]), 0),
    )
    layer, builder = read(bias=bias)
    np.testing.assert_array_equal(layer.codes.weight, CODES)
    np.testing.assert_array_equal(layer.codes.bias, [4, 16, 48])
    np.testing.assert_array_equal(layer.weight, CODES * np.array([[0.5], [0.25], [0.125]]))
    np.testing.assert_array_equal(layer.bias, [1, 2, 3])
    assert builder.assumed == {"fc": Encoding(0.5, 7)}
    assert builder.notes == []


def test_one_scale_for_all():
    layer, _ = read(scale=(0.5,), axis=1)
    np.testing.assert_array_equal(layer.codes.scale, [0.5] * 3)


def test_real_values_of_a_bias_are_rounded():
    layer, builder = read(bias=Constant(np.array([0.3, -0.3, 0.0])))
    np.testing.assert_array_equal(layer.codes.bias, [1, -2, 0])
    assert "rounded" in builder.notes[0]


@pytest.mark.parametrize(
    ("change", "why"),
    [
        ({"scale": (0.5, 0.25), "axis": 1}, "not one for each filter"),
        ({"codes": CODES + 1}, "from -126 to 128"),
        ({"codes": CODES - 2}, "from -129 to 125"),
        ({"bias": Constant(np.array([1e9, 0, 0]))}, "does not fit 32 bits"),
    ],
)
def test_refused(change, why):
    with pytest.raises(UserError, match=rf"'fc' \(Gemm\) has .*{why}"):
        read(**change)


def test_without_a_scale_of_the_input_the_real_values_stay():
    layer, builder = read(source=None)
    assert layer.codes is None
    assert "quantized again" in builder.notes[0]
