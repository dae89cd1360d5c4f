import numpy as np
import pytest

from hawx_hw.importing.tflite_files.labels import Labels
from hawx_hw.importing.tflite_files.parsing import Model, Operator, Tensor


def model(*layers):
    """A chain of operators: (kind, name of the weight or None, name of the output)."""
    tensors, operators = [], []

    def tensor(name):
        tensors.append(Tensor(name, (1,), "float32", np.zeros(0, np.uint8), None))
        return len(tensors) - 1

    source = tensor("input")
    for kind, weight, output in layers:
        inputs = (source,) if weight is None else (source, tensor(weight))
        source = tensor(output)
        operators.append(Operator(kind, inputs, (source,)))
    return Model(tuple(tensors), tuple(operators), 0, source, 100)


def stems(*layers):
    described = model(*layers)
    labels = Labels(described)
    return [labels.stem(operator) for operator in described.operators]


def test_weights_name_a_layer():
    joined = "model/act/Relu;model/bn/FusedBatchNormV3;model/conv2d/BiasAdd;model/conv2d_2/Conv2D"
    assert stems(("CONV_2D", "model/conv2d/Conv2D", joined), ("ADD", None, "model/add_1/add")) == [
        "conv2d", "add_1",
    ]  # fmt: skip


def test_nested_names():
    assert stems(
        ("CONV_2D", "net/block1/conv/Conv2D", "net/block1/relu/Relu;net/block1/conv/Conv2D"),
        ("MEAN", None, "net/pool/Mean"),
    ) == ["block1/conv", "pool"]


def test_different_starts_remain():
    assert stems(("CONV_2D", "a/conv/Conv2D", "x"), ("CONV_2D", "b/conv/Conv2D", "y")) == [
        "a/conv", "b/conv",
    ]  # fmt: skip


def test_names_that_converters_invent():
    first = ("CONV_2D", "arith.constant3", "functional_1/conv/Relu;functional_1/conv/convolution")
    second = ("FULLY_CONNECTED", "tfl.pseudo_qconst", "StatefulPartitionedCall_1:0")
    assert stems(first, second) == ["conv", "fully_connected"]


@pytest.mark.parametrize("name", ["", ";"])
def test_no_name(name):
    described = model(("RELU", None, name))
    assert Labels(described).label(described.operators[0]) == "RELU"
    assert Labels(described).stem(described.operators[0]) == "RELU"
