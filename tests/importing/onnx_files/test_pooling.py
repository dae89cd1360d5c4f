import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, compared, kinds, model, node, random, save

POOLINGS = {
    "maximum": node(
        "MaxPool", ["x"], ["y"], kernel_shape=[3, 2], strides=[2, 1], pads=[1, 0, 1, 1]
    ),
    "maximum, rounded up": node(
        "MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1
    ),
    "average": node("AveragePool", ["x"], ["y"], kernel_shape=[2, 3], strides=[2, 2]),
    "average with padding": node(
        "AveragePool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 0, 1], count_include_pad=1
    ),
    "same": node(
        "MaxPool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], auto_pad="SAME_UPPER"
    ),
    "whole average": node("GlobalAveragePool", ["x"], ["y"]),
    "whole maximum": node("GlobalMaxPool", ["x"], ["y"]),
    "mean": node("ReduceMean", ["x"], ["y"], axes=[2, 3], keepdims=0),
    "mean of negative axes": node("ReduceMean", ["x"], ["y"], axes=[-1, -2]),
    "largest": node("ReduceMax", ["x"], ["y"], axes=[3, 2], keepdims=0),
    "sum": node("ReduceSum", ["x", "axes"], ["y"], keepdims=0),
}  # fmt: skip


@pytest.mark.parametrize("name", POOLINGS)
def test_poolings(tmp_path, name):
    pooling = POOLINGS[name]
    constants = {"axes": np.array([2, 3])} if len(pooling.input) == 2 else {}
    network = compared(tmp_path, model([pooling], constants))
    expected = "MaxPool" if "Max" in pooling.op_type else "AveragePool"
    assert kinds(network) == [expected]


@pytest.mark.parametrize(
    ("pooling", "why"),
    [
        (node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], pads=[1, 1, 1, 1]),
         "without counting its padding"),
        (node("AveragePool", ["x"], ["y"], kernel_shape=[3, 3], strides=[2, 2], ceil_mode=1),
         "ceil_mode"),
        (node("MaxPool", ["x"], ["y"], kernel_shape=[2, 2], dilations=[2, 2]), "dilated"),
        (node("MaxPool", ["x"], ["y", "places"], kernel_shape=[2, 2]), "places of the largest"),
        (node("ReduceMean", ["x"], ["y"], axes=[1]), "reduces the axes"),
        (node("ReduceMean", ["x"], ["y"], axes=[2]), "reduces the axes"),
        (node("ReduceMean", ["x"], ["y"]), "must reduce the height and width"),
    ],
)  # fmt: skip
def test_refused(tmp_path, pooling, why):
    pooling.name = "pool3"
    made = model([pooling], outputs=pooling.output[:1])
    if len(pooling.output) == 2:
        made.graph.node.append(node("Cast", ["places"], ["p"], to=1))
        made.graph.node.append(node("Add", ["y", "p"], ["z"]))
        made.graph.output[0].name = "z"
    with pytest.raises(UserError, match=rf"The node 'pool3' \(\w+\) .*{why}"):
        read(save(tmp_path, made), SHAPE)


def test_zeros_around_a_maximum(tmp_path):
    """A Pad adds zeros, and a pooling the lowest value: the same where no value is negative."""
    pads = {"p": np.array([0, 0, 1, 1, 0, 0, 0, 1])}
    pool = node("MaxPool", ["q"], ["y"], kernel_shape=[2, 2])
    after = [node("Conv", ["x", "w"], ["c"]), node("Relu", ["c"], ["r"])]
    nodes = [*after, node("Pad", ["r", "p"], ["q"]), pool]
    network = compared(tmp_path, model(nodes, {**pads, "w": random(4, 3, 3, 3)}))
    assert network.layers.layers[1].padding == (1, 1, 0, 1)
    nodes = [node("Conv", ["x", "w"], ["c"]), node("Pad", ["c", "p"], ["q"], name="pad"), pool]
    with pytest.raises(UserError, match="zeros of 'pad' around values that may be negative"):
        read(save(tmp_path, model(nodes, {**pads, "w": random(4, 3, 3, 3)})), SHAPE)
