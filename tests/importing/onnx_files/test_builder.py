from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.float_graph import INPUT, FloatClamp, FloatMaxPool, FloatNorm
from hawx_hw.importing.onnx_files.builder import Builder, stem
from hawx_hw.importing.onnx_files.node import Node
from hawx_hw.importing.onnx_files.values import BATCH, Constant, Feature, natural

PATH = Path("net.onnx")
IMAGE = Feature(INPUT, (3, 4, 5), natural((3, 4, 5)), 1, "image")


def node(label="op", op="Relu"):
    return Node(PATH, label, "", op, (), {}, 1)


def builder(preprocessing=None):
    return Builder(PATH, preprocessing or Preprocessing())


def test_names_are_made_from_labels():
    made = builder()
    assert made.common(node("/a/b.c"), (1,), IMAGE)["name"] == "a_b_c"
    assert made.common(node("7"), (1,), IMAGE)["name"] == "relu_7"
    assert made.common(node("input"), (1,), IMAGE)["name"] == "input_2"


@pytest.mark.parametrize(
    ("label", "weight", "expected"),
    [
        ("7", "net.conv1.weight", "net.conv1"),
        ("7", "fc.weight_quantized", "fc"),
        ("/layer1/layer1.0/conv1/Conv", "onnx::Conv_12", "layer1.0.conv1"),
        ("/fc/Gemm_quant", "w", "fc"),
        ("/0/MatMul_3", "w", "0"),
        ("/Conv", "w", ""),
        ("/a/Relu", "w", ""),
        ("a/Conv", "w", ""),
        ("", "w", ""),
    ],
)
def test_names_of_torch(label, weight, expected):
    assert stem(label, Constant(np.zeros(1), weight)) == expected


def test_tensors_are_limited():
    with pytest.raises(UserError, match="at most 8,388,608 values"):
        builder().common(node(), (2**11, 2**7, 2**7), IMAGE)
    with pytest.raises(UserError, match="at least 1"):
        builder().common(node(), (0,), IMAGE)


def test_a_flattened_map_in_another_order():
    made = builder()
    view = IMAGE.transposed((0, 2, 3, 1), "t").reshaped((1, 60), "flat")
    vector, order = made.vector_of(node(), view)
    assert vector.axes == (BATCH, ("f",))
    values = np.arange(60).reshape(3, 4, 5)
    np.testing.assert_array_equal(values.reshape(-1)[order], values.transpose(1, 2, 0).reshape(-1))
    again, _ = made.vector_of(node(), IMAGE.reshaped((1, 60), "flat"))
    assert again.layer == vector.layer == "flat"
    assert made.settled(node(), view) is view
    with pytest.raises(UserError, match="must read vectors"):
        made.vector_of(node(), IMAGE)


def test_numbers_for_each_channel():
    made = builder()
    last = IMAGE.transposed((0, 2, 3, 1), "t")
    assert made.channels(node(), IMAGE, np.array(2.0), "k").tolist() == [2, 2, 2]
    assert made.channels(node(), IMAGE, np.ones((3, 1, 1)), "k").tolist() == [1, 1, 1]
    assert made.channels(node(), last, np.ones(3), "k").tolist() == [1, 1, 1]
    for shape in ((3,), (4, 1), (1, 1, 3, 1, 1)):
        with pytest.raises(UserError, match="has a k of shape"):
            made.channels(node(), IMAGE, np.ones(shape), "k")


def test_operations_at_the_input_become_preprocessing():
    made = builder(Preprocessing(1 / 255, (0.5,), (0.25,)))
    images = np.arange(60, dtype=np.uint8).reshape(1, 3, 4, 5) * 4
    before = made.preprocessing.real(images)
    gain, offset = np.array([2.0, 3.0, 0.5]), np.array([-1.0, 0.0, 4.0])
    assert made.affine(node(), IMAGE, gain, offset).layer == INPUT
    expected = before * gain.reshape(3, 1, 1) + offset.reshape(3, 1, 1)
    np.testing.assert_allclose(made.preprocessing.real(images), expected, rtol=1e-12, atol=1e-12)
    assert made.layers == {}
    made.encodings[INPUT] = Encoding(1.0, 0)
    assert made.affine(node(), IMAGE, gain, offset).layer == "op"


def test_two_affine_layers_are_one_and_an_identity_none():
    made = builder()
    shared = Feature(INPUT, (3, 4, 5), IMAGE.axes, 1, shared=True)
    three = np.full(3, 3.0)
    one = made.affine(node("first"), shared, three, np.ones(3))
    two = made.affine(node("second"), one, 1 / three, -1 / three)
    assert two.layer == INPUT
    both = made.affine(node("third"), one, three, three)
    layer = made.layers[both.layer]
    assert isinstance(layer, FloatNorm)
    assert (layer.inputs, layer.gain.tolist(), layer.offset.tolist()) == ([INPUT], [9] * 3, [6] * 3)
    assert [each.name for each in made.without_unread(both.layer)] == ["third"]


def test_the_encoding_behind_what_changes_none():
    made = builder()
    clamp = made.pointwise(node("clamp"), IMAGE, FloatClamp, low=0.0)
    pool = FloatMaxPool(
        **made.common(node("pool"), (3, 2, 2), clamp),
        kernel=(2, 2), stride=(2, 2), padding=(0, 0, 0, 0),
    )  # fmt: skip
    made.add(pool, 1)
    assert made.encoding("pool") is None
    made.encodings[INPUT] = Encoding(0.5, 3)
    assert made.encoding("pool") == Encoding(0.5, 3)


def test_notes_are_given_once():
    made = builder()
    made.note("a")
    made.note("a")
    assert made.notes == ["a"]
