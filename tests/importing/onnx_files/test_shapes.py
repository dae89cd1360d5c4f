import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
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

CONV = node("Conv", ["x", "w"], ["c"])
GEMM = node("Gemm", ["f", "fc"], ["y"])
WEIGHT = {"w": random(4, 3, 3, 3), "fc": random(144, 5)}


def test_the_chain_of_an_exporter_that_flattens(tmp_path):
    """The batch is read from a shape, and joined with -1: x.view(x.size(0), -1)."""
    nodes = [
        CONV, node("Shape", ["c"], ["s"]), node("Constant", [], ["zero"], value_int=0),
        node("Gather", ["s", "zero"], ["n"], axis=0), node("Unsqueeze", ["n", "axes"], ["u"]),
        node("Concat", ["u", "rest"], ["t"], axis=0), node("Reshape", ["c", "t"], ["f"]), GEMM,
    ]  # fmt: skip
    constants = {**WEIGHT, "axes": np.array([0]), "rest": np.array([-1])}
    assert kinds(compared(tmp_path, model(nodes, constants))) == ["Conv", "Flatten", "Linear"]


@pytest.mark.parametrize("target", [[0, -1], [-1, 144], [0, 144], [1, 144]])
def test_reshapes_to_vectors(tmp_path, target):
    nodes = [CONV, node("Reshape", ["c", "t"], ["f"]), GEMM]
    shape = (1 if target[0] == 1 else "n", *SHAPE)
    made = model(nodes, {**WEIGHT, "t": np.array(target)}, shape=shape)
    images = IMAGES[:1] if target[0] == 1 else IMAGES
    assert kinds(compared(tmp_path, made, images=images)) == ["Conv", "Flatten", "Linear"]


def test_channels_last(tmp_path):
    """As tf2onnx writes it: transposed at the input, and back before the map is flattened."""
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]), node("Conv", ["a", "w"], ["c"]),
        node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]), node("Relu", ["t"], ["r"]),
        node("Add", ["r", "bias"], ["s"]), node("Reshape", ["s", "target"], ["f"]), GEMM,
    ]  # fmt: skip
    constants = {**WEIGHT, "target": np.array([-1, 144]), "bias": random(4)}
    made = model(nodes, constants, shape=("n", 8, 8, 3))
    network = compared(tmp_path, made, order=(0, 2, 3, 1))
    assert kinds(network) == ["Conv", "Conv", "Flatten", "Linear"]


def test_channels_last_to_the_end(tmp_path):
    nodes = [
        node("Transpose", ["x"], ["a"], perm=[0, 3, 1, 2]),
        node("Pad", ["a", "pads"], ["p"]), node("Conv", ["p", "w"], ["c"], strides=[2, 2]),
        node("Transpose", ["c"], ["t"], perm=[0, 2, 3, 1]), node("MatMul", ["t", "m"], ["q"]),
        node("ReduceMean", ["q"], ["g"], axes=[1, 2], keepdims=0),
        node("MatMul", ["g", "v"], ["y"]),
    ]  # fmt: skip
    constants = {
        "w": random(4, 3, 3, 3), "pads": np.array([0, 0, 0, 0, 0, 0, 1, 1]),
        "m": random(4, 6), "v": random(6, 5),
    }  # fmt: skip
    made = model(nodes, constants, shape=("n", "h", "w", 3))
    network = compared(tmp_path, made, order=(0, 2, 3, 1))
    assert kinds(network) == ["Conv", "Conv", "AveragePool", "Flatten", "Linear"]


def test_axes_come_and_go(tmp_path):
    nodes = [
        CONV, node("GlobalAveragePool", ["c"], ["g"]), node("Squeeze", ["g", "both"], ["q"]),
        node("Unsqueeze", ["q", "last"], ["u"]), node("Squeeze", ["u"], ["f"]),
        node("Gemm", ["f", "v"], ["y"]),
    ]  # fmt: skip
    constants = {**WEIGHT, "both": np.array([2, 3]), "last": np.array([-1]), "v": random(4, 5)}
    assert kinds(compared(tmp_path, model(nodes, constants)))[-1] == "Linear"
    old = [
        CONV, node("GlobalAveragePool", ["c"], ["g"]), node("Squeeze", ["g"], ["f"], axes=[2, 3]),
        node("Gemm", ["f", "v"], ["y"]),
    ]  # fmt: skip
    assert kinds(compared(tmp_path, model(old, constants, opset=11)))[-1] == "Linear"


def test_zeros_around_a_map(tmp_path):
    nodes = [
        node("Pad", ["x", "pads"], ["p"]), node("Pad", ["p", "more", "", "axes"], ["q"]),
        node("Conv", ["q", "w"], ["y"]),
    ]  # fmt: skip
    constants = {
        "pads": np.array([0, 0, 1, 0, 0, 0, 2, 1]), "w": random(4, 3, 3, 3),
        "more": np.array([1, 0]), "axes": np.array([-1]),
    }  # fmt: skip
    network = compared(tmp_path, model(nodes, constants, opset=18))
    assert network.layers.layers[0].padding == (1, 1, 2, 1)
    old = [
        node("Pad", ["x"], ["p"], pads=[0, 0, 1, 0, 0, 0, 2, 1]),
        node("Conv", ["p", "w"], ["y"]),
    ]
    assert compared(tmp_path, model(old, constants, opset=10)).layers.layers[0].padding == (
        1,
        0,
        2,
        1,
    )


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([node("Pad", ["x", "pads"], ["p"], name="last", mode="reflect")], "copies of the map's"),
        ([node("Pad", ["x", "pads", "one"], ["p"], name="last")], "not zero"),
        ([node("Pad", ["x", "deep"], ["p"], name="last")], "pads channels"),
        ([node("Pad", ["x", "minus"], ["p"], name="last")], "by zeros around it"),
        ([node("Pad", ["x", "pads"], ["a"], name="ahead"), node("Relu", ["a"], ["p"], name="last")],
         "reads the padded map of 'ahead'"),
        ([node("Reshape", ["x", "two"], ["p"], name="last")], "divides channels, height or width"),
        ([node("Reshape", ["x", "bad"], ["p"], name="last")], "reshapes"),
        ([node("Squeeze", ["x", "axis"], ["p"], name="last")], "removes the axes"),
    ],
)  # fmt: skip
def test_refused(tmp_path, nodes, why):
    constants = {
        "pads": np.array([0, 0, 1, 0, 0, 0, 2, 1]), "one": np.float32(1), "axis": np.array([1]),
        "deep": np.array([0, 1, 0, 0, 0, 0, 0, 0]), "minus": np.array([0, 0, -1, 0, 0, 0, 0, 0]),
        "two": np.array([1, 2, 96]), "bad": np.array([-1, 5, 7]),
    }  # fmt: skip
    made = model([*nodes, node("Identity", ["p"], ["y"])], constants)
    with pytest.raises(UserError, match=rf"The node 'last' \(\w+\) .*{why}"):
        read(save(tmp_path, made), SHAPE)


def test_a_map_in_another_order_as_the_output(tmp_path):
    made = model([CONV, node("Transpose", ["c"], ["y"], perm=[0, 2, 3, 1])], WEIGHT)
    with pytest.raises(UserError, match="another order of axes"):
        read(save(tmp_path, made), SHAPE)
