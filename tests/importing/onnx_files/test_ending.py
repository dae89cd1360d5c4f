import math

import numpy as np
import pytest
from onnx import TensorProto

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.ending import ending
from hawx_hw.importing.onnx_files.files import open_onnx
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import IMAGES, SHAPE, model, node, random, save

GEMM = [node("Flatten", ["x"], ["f"]), node("Gemm", ["f", "w"], ["g"], name="fc")]
WEIGHT = {"w": random(192, 5)}


def end_of(tmp_path, nodes, constants=None, **more):
    return ending(open_onnx(save(tmp_path, model(nodes, constants or WEIGHT, **more))))


@pytest.mark.parametrize(
    "last",
    [
        [node("Softmax", ["g"], ["y"], name="soft")],
        [node("LogSoftmax", ["g"], ["y"], name="soft")],
        [node("ArgMax", ["g"], ["a"], name="soft"), node("Cast", ["a"], ["y"], to=1)],
        [node("Identity", ["g"], ["i"]), node("Softmax", ["i"], ["s"], name="soft"),
         node("Reshape", ["s", "shape"], ["y"])],
    ],
)  # fmt: skip
def test_what_is_dropped(tmp_path, last):
    end = end_of(tmp_path, [*GEMM, *last], {**WEIGHT, "shape": np.array([-1])})
    assert end.output == ("i" if len(last) == 3 else "g")
    (note,) = end.notes
    assert "'soft' at the end is left out" in note


def test_what_is_not_dropped(tmp_path):
    end = end_of(tmp_path, [*GEMM, node("Sigmoid", ["g"], ["s"]), node("Identity", ["s"], ["y"])])
    assert (end.output, end.notes, len(end.nodes)) == ("y", (), 4)


def test_a_classifier_with_label_and_probabilities(tmp_path):
    """As skl2onnx writes one: two outputs of one vector, and classes picked by their number."""
    nodes = [
        node("MatMul", ["x", "w"], ["h"]), node("Add", ["h", "b"], ["z"]),
        node("Softmax", ["z"], ["probabilities"]), node("ArgMax", ["probabilities"], ["a"], axis=1),
        node("ArrayFeatureExtractor", ["classes", "a"], ["p"], domain="ai.onnx.ml"),
        node("Cast", ["p"], ["label"], to=TensorProto.INT64),
    ]  # fmt: skip
    constants = {"w": random(64, 10), "b": random(10), "classes": np.arange(10)}
    made = model(
        nodes, constants, shape=("n", 64), outputs=("label", "probabilities"),
        domains={"ai.onnx.ml": 1},
    )  # fmt: skip
    network = read(save(tmp_path, made), (1, 8, 8))
    outputs = next(network.outputs(IMAGES[:, :1]))
    expected = IMAGES[:, 0].reshape(4, 64) / 255 @ constants["w"] + constants["b"]
    np.testing.assert_allclose(outputs, expected, atol=1e-4)
    assert sum("at the end is left out" in note for note in network.notes) == 3


def test_two_outputs(tmp_path):
    with pytest.raises(UserError, match=r"must have one output, not 2 \('f', 'g'\)"):
        end_of(tmp_path, GEMM, outputs=("f", "g"))


def test_nodes_that_nothing_needs_are_not_read(tmp_path):
    odd = node("NonZero", ["x"], ["unused"])
    assert len(end_of(tmp_path, [odd, *GEMM], outputs=("g",)).nodes) == 2


def test_cycles_and_orders(tmp_path):
    cycle = [node("Add", ["x", "b"], ["a"], name="first"), node("Relu", ["a"], ["b"]),
             node("Identity", ["b"], ["y"])]  # fmt: skip
    with pytest.raises(UserError, match=r"'first' reads 'b' before it is computed: .* a cycle"):
        end_of(tmp_path, cycle)
    with pytest.raises(UserError, match="a cycle"):
        end_of(tmp_path, [node("Relu", ["y"], ["y"])])
    with pytest.raises(UserError, match="a cycle"):
        end_of(tmp_path, [node("Softmax", ["b"], ["y"]), node("Softmax", ["y"], ["b"])])
    with pytest.raises(UserError, match="Two nodes or inputs are called 'f'"):
        end_of(tmp_path, [*GEMM, node("Relu", ["x"], ["f"])], outputs=("g",))
    with pytest.raises(UserError, match="Two nodes or inputs are called 'w'"):
        end_of(tmp_path, [*GEMM, node("Relu", ["x"], ["w"])], outputs=("g",))


def test_a_long_chain_is_followed_without_recursion(tmp_path):
    chain = [node("Identity", [f"t{i}"], [f"t{i + 1}"]) for i in range(5000)]
    chain[0].input[0], chain[-1].output[0] = "x", "y"
    assert len(end_of(tmp_path, chain).nodes) == 5000
    soft = [node("Softmax", [f"t{i}"], [f"t{i + 1}"]) for i in range(2000)]
    soft[0].input[0], soft[-1].output[0] = "x", "y"
    assert end_of(tmp_path, soft).output == "x"
    assert SHAPE


CONV = node("Conv", ["x", "w"], ["c"])
FLAT = node("Flatten", ["c"], ["f"])
LAST = [{"axis": -1}, {"axis": 1}]


def ended(tmp_path, *nodes, opset=17):
    made = model([CONV, *nodes], {"w": random(4, 3, 3, 3)}, opset=opset)
    return read(save(tmp_path, made), (3, 8, 8))


@pytest.mark.parametrize("op", ["Softmax", "LogSoftmax", "ArgMax"])
@pytest.mark.parametrize("settings", LAST)
def test_what_is_over_all_outputs_is_left_out(tmp_path, op, settings):
    network = ended(tmp_path, FLAT, node(op, ["f"], ["y"], **settings))
    assert math.prod(network.layers.layers[-1].shape) == 4 * 6 * 6


@pytest.mark.parametrize(
    ("op", "settings", "opset"),
    [("Softmax", {"axis": 1}, 17), ("LogSoftmax", {}, 17), ("ArgMax", {"axis": 1}, 17),
     ("ArgMax", {}, 17), ("Softmax", {"axis": 2}, 11)],
)  # fmt: skip
def test_what_is_along_one_axis_of_a_map_is_refused(tmp_path, op, settings, opset):
    """The largest of all outputs would be another."""
    last = [node(op, ["c"], ["s"], **settings), node("Flatten", ["s"], ["y"])]
    with pytest.raises(UserError, match="must be over all outputs of an image"):
        ended(tmp_path, *last, opset=opset)


def test_before_opset_13_a_softmax_is_over_all_axes_behind_its_own(tmp_path):
    ended(tmp_path, node("Softmax", ["c"], ["s"]), node("Flatten", ["s"], ["y"]), opset=11)
