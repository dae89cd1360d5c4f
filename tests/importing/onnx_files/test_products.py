import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, compared, kinds, model, node, random, save

CONVOLUTIONS = {
    "plain": ((4, 3, 3, 3), {}),
    "asymmetric pads": ((4, 3, 3, 2), {"pads": [2, 0, 1, 1], "strides": [2, 1]}),
    "dilated": ((2, 3, 3, 3), {"dilations": [2, 3], "pads": [1, 1, 1, 1]}),
    "grouped": ((6, 1, 3, 3), {"group": 3}),
    "same upper": ((4, 3, 4, 3), {"auto_pad": "SAME_UPPER", "strides": [3, 2]}),
    "same lower": ((4, 3, 4, 3), {"auto_pad": "SAME_LOWER", "strides": [1, 2]}),
    "valid": ((4, 3, 2, 2), {"auto_pad": "VALID"}),
}


@pytest.mark.parametrize("name", CONVOLUTIONS)
def test_convolutions(tmp_path, name):
    shape, attributes = CONVOLUTIONS[name]
    nodes = [
        node("Conv", ["x", "w", "b"], ["c"], **attributes),
        node("Flatten", ["c"], ["f"]),
        node("ReduceSum", ["c"], ["unused"], keepdims=0),
    ]
    nodes[1].output[0] = "y"
    network = compared(tmp_path, model(nodes, {"w": random(*shape), "b": random(shape[0])}))
    assert kinds(network) == ["Conv"]  # the order of a flattened map is its own


@pytest.mark.parametrize(
    ("shape", "attributes", "why"),
    [
        ((4, 2, 3, 3), {}, r"has 1 groups and weights of shape \(4, 2, 3, 3\) for 3 channels"),
        ((4, 3, 1, 1), {"pads": [1, 1, 1, 1]}, "pads by .* smaller than its windows"),
        ((4, 3, 9, 1), {}, "windows larger than its padded map"),
        ((4, 3, 3, 3), {"kernel_shape": [2, 2]}, "not of its kernel_shape"),
        ((4, 3, 3), {}, "images need 4 axes"),
        ((4, 3, 3, 3), {"auto_pad": "LOOSE"}, "unknown auto_pad 'LOOSE'"),
        ((4, 3, 3, 3), {"strides": [0, 1]}, "strides"),
    ],
)
def test_refused_convolutions(tmp_path, shape, attributes, why):
    made = model(
        [node("Conv", ["x", "w"], ["y"], name="conv7", **attributes)], {"w": random(*shape)}
    )
    with pytest.raises(UserError, match=rf"The node 'conv7' \(Conv\) .*{why}"):
        read(save(tmp_path, made), SHAPE)


def test_weights_that_are_not_finite(tmp_path):
    weight = random(4, 3, 3, 3)
    weight[1, 2, 0, 0] = np.nan
    made = model([node("Conv", ["x", "w"], ["y"], name="conv7")], {"w": weight})
    with pytest.raises(UserError, match=r"'conv7'.* has a weight that is not finite"):
        read(save(tmp_path, made), SHAPE)


@pytest.mark.parametrize("transposed", [0, 1])
def test_matrix_products(tmp_path, transposed):
    weight = random(192, 10) / 10
    nodes = [
        node("Flatten", ["x"], ["f"]),
        node("Gemm", ["f", "w", "b"], ["g"], alpha=0.5, beta=2.0, transB=transposed),
        node("MatMul", ["g", "v"], ["m"]),
        node("Add", ["c", "m"], ["y"]),
    ]
    constants = {
        "w": np.ascontiguousarray(weight.T) if transposed else weight,
        "b": random(1, 10), "v": random(10, 7), "c": random(7),
    }  # fmt: skip
    network = compared(tmp_path, model(nodes, constants))
    assert kinds(network) == ["Flatten", "Linear", "Linear"]


def test_products_with_a_constant_on_the_left_or_of_other_sizes(tmp_path):
    flat = node("Flatten", ["x"], ["f"])
    cases = {
        "must read a computed tensor": node("MatMul", ["w", "f"], ["y"]),
        "transposes its input": node("Gemm", ["f", "w"], ["y"], transA=1),
        "has weights for 5 inputs, and reads 192": node("MatMul", ["f", "v"], ["y"]),
        "has a bias of shape": node("Gemm", ["f", "u", "w"], ["y"]),
    }
    for why, last in cases.items():
        constants = {"w": random(4, 192), "v": random(5, 2), "u": random(192, 5)}
        with pytest.raises(UserError, match=why):
            read(save(tmp_path, model([flat, last], constants)), SHAPE)


def test_normalization_is_folded(tmp_path):
    nodes = [
        node("Conv", ["x", "conv1.weight"], ["c"]),
        node("BatchNormalization", ["c", "s", "b", "m", "v"], ["n"], epsilon=0.1),
        node("Relu", ["n"], ["y"]),
    ]
    constants = {
        "conv1.weight": random(4, 3, 3, 3), "s": random(4), "b": random(4), "m": random(4),
        "v": np.abs(random(4)),
    }  # fmt: skip
    network = compared(tmp_path, model(nodes, constants))
    (layer,) = network.layers.layers
    assert (layer.name, layer.low, layer.high) == ("conv1", 0, np.inf)
    assert layer.statistics is not None


def test_a_variance_below_zero_and_training(tmp_path):
    constants = {name: random(3) for name in "sbm"} | {"v": np.float32([1, -2, 1])}
    norm = node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"])
    with pytest.raises(UserError, match="has a variance that is not positive"):
        read(save(tmp_path, model([norm], constants)), SHAPE)
    norm = node("BatchNormalization", ["x", "s", "b", "m", "v"], ["y"], training_mode=1)
    with pytest.raises(UserError, match="statistics of a batch"):
        read(save(tmp_path, model([norm], constants)), SHAPE)
