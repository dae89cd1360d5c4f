from pathlib import Path

import numpy as np
import onnx
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.node import Node, node_label
from hawx_hw.importing.onnx_files.values import Constant, Feature, natural

FEATURE = Feature("conv", (4, 3, 5), natural((4, 3, 5)), 1)


def node(*inputs, **attributes):
    return Node(Path("dir/net.onnx"), "conv7", "", "Conv", inputs, attributes, 1)


def refused(why):
    return pytest.raises(UserError, match=rf"'net.onnx': The node 'conv7' \(Conv\) {why}")


def test_labels():
    assert node_label(onnx.helper.make_node("Relu", ["a"], ["b"], name="r")) == "r"
    assert node_label(onnx.helper.make_node("Relu", ["a"], ["b"])) == "b"
    assert len(node_label(onnx.helper.make_node("Relu", ["a"], ["b" * 1000]))) == 203


def test_inputs():
    made = node(FEATURE, Constant(np.float32([1, 2])), None)
    assert made.feature() is FEATURE
    assert made.value(2) is made.value(7) is None
    assert made.numbers(1, "slope").dtype == np.float64
    with refused("must read a computed tensor as its input 1"):
        made.feature(1)
    with refused(r"must have a constant as its bias \(input 0\)"):
        made.constant(0, "bias")
    with refused("has a slope that is not finite"):
        node(FEATURE, Constant(np.array([np.inf]))).numbers(1, "slope")
    with refused("must have whole numbers as its shape"):
        made.whole(1, "shape")
    assert node(Constant(np.array(3))).whole(0, "axes") == [3]


def test_attributes():
    made = node(group=2, pads=[1, 2], alpha=1.5, mode=b"same", bad=[1, "a"], infinite=np.inf)
    assert made.integer("group", 1) == 2
    assert made.integer("axis", -1) == -1
    assert made.integers("pads", (0, 0)) == [1, 2]
    assert made.integers("strides", (1, 1)) == [1, 1]
    assert made.number("alpha", 0.0) == 1.5
    assert made.text("mode", "") == "same"
    with refused("must have a whole number as alpha"):
        made.integer("alpha", 1)
    with refused("must have 4 numbers as pads"):
        made.integers("pads", (0, 0, 0, 0))
    with refused("must have whole numbers as bad"):
        made.integers("bad", ())
    with refused("must have a finite number as infinite"):
        made.number("infinite", 0.0)
    with refused("must have a text as pads"):
        made.text("pads", "")


def test_axes():
    assert node(FEATURE, axes=[-1, 0]).axes(4) == [3, 0]
    assert node(FEATURE, Constant(np.array([2]))).axes(4) == [2]
    assert node(FEATURE).axes(4) is None
    with refused("has the axis 4 of 4 axes"):
        node(FEATURE, axes=[4]).axes(4)
