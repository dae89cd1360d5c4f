import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
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

CONV = node("Conv", ["x", "w"], ["c"], name="stem")
WEIGHT = {"w": random(4, 3, 3, 3)}


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul", "Div"])
@pytest.mark.parametrize("shape", [(), (1,), (4, 1, 1), (1, 4, 1, 1)])
def test_constants_are_folded_into_the_layer_before(tmp_path, op, shape):
    constants = {**WEIGHT, "k": random(*shape) + np.float32(3)}
    network = compared(tmp_path, model([CONV, node(op, ["c", "k"], ["y"])], constants))
    assert kinds(network) == ["Conv"]


@pytest.mark.parametrize("op", ["Add", "Sub", "Mul"])
def test_constants_that_come_first(tmp_path, op):
    constants = {**WEIGHT, "k": random(4, 1, 1)}
    network = compared(tmp_path, model([CONV, node(op, ["k", "c"], ["y"])], constants))
    assert kinds(network) == ["Conv"]


def test_at_the_input_they_become_preprocessing(tmp_path):
    nodes = [
        node("Sub", ["x", "m"], ["a"]), node("Div", ["a", "s"], ["b"]),
        node("Conv", ["b", "w"], ["y"], pads=[1, 1, 1, 1]),
    ]  # fmt: skip
    mean, std = np.float32([0.4, 0.5, 0.6]), np.float32([0.2, 0.25, 0.3])
    constants = {**WEIGHT, "m": mean.reshape(3, 1, 1), "s": std.reshape(1, 3, 1, 1)}
    network = compared(tmp_path, model(nodes, constants))
    assert kinds(network) == ["Conv"]
    np.testing.assert_allclose(network.layers.preprocessing.mean, mean, rtol=1e-6)
    np.testing.assert_allclose(network.layers.preprocessing.std, std, rtol=1e-6)


@pytest.mark.parametrize("gain", [-1.0, 0.0])
def test_not_if_the_factor_is_not_above_zero(tmp_path, gain):
    nodes = [node("Mul", ["x", "k"], ["a"]), node("Add", ["a", "j"], ["b"]),
             node("Conv", ["b", "w"], ["y"])]  # fmt: skip
    constants = {**WEIGHT, "k": np.float32(gain), "j": np.float32(2)}
    network = compared(tmp_path, model(nodes, constants))
    assert kinds(network) == ["Conv", "Conv"]
    assert network.layers.layers[0].groups == 3
    assert network.layers.preprocessing.std == (1.0,)


def test_not_if_something_else_reads_the_input(tmp_path):
    nodes = [node("Sub", ["x", "k"], ["a"]), node("Add", ["a", "x"], ["y"])]
    network = compared(tmp_path, model(nodes, {"k": np.float32(0.5)}))
    assert kinds(network) == ["Conv", "Add"]


def test_a_division_of_the_input_by_255_is_noted(tmp_path):
    nodes = [node("Div", ["x", "k"], ["a"]), node("Conv", ["a", "w"], ["y"])]
    made = model(nodes, {**WEIGHT, "k": np.float32(255)})
    network = compared(tmp_path, made, preprocessing=Preprocessing())
    assert any("network.preprocess must state scale: 1" in note for note in network.notes)
    assert compared(tmp_path, made, preprocessing=Preprocessing(1.0)).notes == ()


def test_sums_of_two_tensors(tmp_path):
    nodes = [CONV, node("Relu", ["c"], ["r"]), node("Add", ["r", "c"], ["s"]),
             node("Sum", ["s", "c"], ["y"])]  # fmt: skip
    assert kinds(compared(tmp_path, model(nodes, WEIGHT))) == ["Conv", "Clamp", "Add", "Add"]


@pytest.mark.parametrize(
    ("nodes", "why"),
    [
        ([CONV, node("Add", ["c", "v"], ["y"], name="last")], "one number, or one a channel"),
        ([CONV, node("Mul", ["c", "c"], ["y"], name="last")], "multiplies two computed tensors"),
        ([CONV, node("Sub", ["c", "c"], ["y"], name="last")], "combines two computed tensors"),
        ([CONV, node("Div", ["one", "c"], ["y"], name="last")], "divides by a computed tensor"),
        ([CONV, node("Sum", ["c", "c", "c"], ["y"], name="last")], "adds 3 tensors"),
        ([CONV, node("GlobalAveragePool", ["c"], ["g"]),
          node("Add", ["c", "g"], ["y"], name="last")], "must be one shape"),
        ([CONV, node("Concat", ["c", "c"], ["y"], axis=2, name="last")], "along axis 2"),
        ([CONV, node("Concat", ["c", "k"], ["y"], axis=1, name="last")], "computed tensors only"),
    ],
)  # fmt: skip
def test_refused(tmp_path, nodes, why):
    constants = {**WEIGHT, "v": random(4, 6, 6), "k": np.ones((1, 4, 6, 6), np.float32)}
    constants["one"] = np.float32(1)
    with pytest.raises(UserError, match=rf"The node 'last' \(\w+\) .*{why}"):
        read(save(tmp_path, model(nodes, constants)), SHAPE)


def test_concatenation(tmp_path):
    nodes = [CONV, node("Relu", ["c"], ["r"]), node("Concat", ["r", "c", "r"], ["y"], axis=-3)]
    network = compared(tmp_path, model(nodes, WEIGHT))
    assert network.layers.layers[-1].shape == (12, 6, 6)


def test_concatenation_of_vectors(tmp_path):
    nodes = [
        CONV, node("Flatten", ["c"], ["f"]), node("GlobalAveragePool", ["c"], ["g"]),
        node("Flatten", ["g"], ["h"]), node("Concat", ["f", "h"], ["y"], axis=1),
    ]  # fmt: skip
    network = compared(tmp_path, model(nodes, WEIGHT))
    assert kinds(network) == ["Conv", "AveragePool", "Flatten", "Flatten", "Concat"]


def test_many_features_cannot_be_scaled_alone(tmp_path):
    nodes = [node("Flatten", ["x"], ["f"]), node("Mul", ["f", "k"], ["y"], name="scale")]
    made = model(nodes, {"k": random(4800)}, shape=("n", 3, 40, 40))
    with pytest.raises(UserError, match=r"'scale'.*4,800 features, more than 4,096"):
        read(save(tmp_path, made), (3, 40, 40))
    few = model(nodes, {"k": random(192)})
    assert kinds(compared(tmp_path, few, images=IMAGES)) == ["Flatten", "Linear"]
