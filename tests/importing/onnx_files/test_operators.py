import numpy as np
import pytest
from onnx import helper

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, model, node, random, save

BRANCH = helper.make_graph([], "branch", [], [])


@pytest.mark.parametrize(
    ("last", "opset", "why"),
    [
        (node("If", ["c"], ["y"], then_branch=BRANCH, else_branch=BRANCH), 17, "control flow"),
        (node("Loop", ["c", "", "x"], ["y"], body=BRANCH), 17, "control flow"),
        (node("DynamicQuantizeLinear", ["x"], ["y"]), 17, "dynamic quantization"),
        (node("NonZero", ["x"], ["y"]), 17, "has no integer counterpart"),
        (node("Resize", ["x", "", "scales"], ["y"]), 17, "has no integer counterpart"),
        (node("Turbo", ["x"], ["y"]), 17, "is no operator of opset 17"),
        (node("Turbo", ["x"], ["y"], domain="my.own"), 17, "is of the domain 'my.own'"),
        (node("Attention", ["x"], ["y"], domain="com.microsoft"), 17, "no integer counterpart"),
        (node("Gelu", ["x"], ["y"]), 17, "is no operator of opset 17"),
        (node("Upsample", ["x", "scales"], ["y"]), 17, "that opset 17 has no more"),
        (node("Relu", ["x"], ["y"], alpha=1.0), 17, "an attribute 'alpha' that opset 17 lacks"),
        (node("Relu", ["x", "x"], ["y"]), 17, "has 2 inputs"),
        (node("Conv", ["x"], ["y"]), 17, "has 1 inputs"),
    ],
)
def test_refused(tmp_path, last, opset, why):
    last.name = "last"
    constants = {"c": np.array(True), "scales": np.float32([1, 1, 2, 2])}
    domains = {"my.own": 1, "com.microsoft": 1}
    made = model([last], constants, opset=opset, domains=domains)
    with pytest.raises(UserError, match=rf"The node 'last' \(\w+\) .*{why}"):
        read(save(tmp_path, made), SHAPE)


def test_attributes_of_other_types(tmp_path):
    last = node("Relu", ["x"], ["y"], name="last")
    last.attribute.append(helper.make_attribute("graph", BRANCH))
    with pytest.raises(UserError, match=r"'last'.*attribute 'graph' of a type"):
        read(save(tmp_path, model([last])), SHAPE)


def test_sparse_constants(tmp_path):
    values = helper.make_tensor("w", 1, [1], [1.0])
    sparse = helper.make_sparse_tensor(values, helper.make_tensor("i", 7, [1], [0]), [4, 3, 3, 3])
    made = model([node("Conv", ["x", "w"], ["y"], name="last")])
    made.graph.sparse_initializer.append(sparse)
    with pytest.raises(UserError, match=r"'last' reads 'w', which is not computed before it"):
        read(save(tmp_path, made), SHAPE)
    made = model([
        node("Constant", [], ["w"], sparse_value=sparse, name="odd"),
        node("Conv", ["x", "w"], ["y"]),
    ])  # fmt: skip
    with pytest.raises(UserError, match=r"'odd'.*attribute 'sparse_value' of a type"):
        read(save(tmp_path, made), SHAPE)


def test_initializers_as_inputs_of_old_files(tmp_path):
    made = model([node("Conv", ["x", "w"], ["y"])], {"w": random(4, 3, 3, 3)}, opset=9)
    made.ir_version = 3
    made.graph.input.append(helper.make_tensor_value_info("w", 1, [4, 3, 3, 3]))
    made.graph.input.insert(0, made.graph.input.pop())
    assert read(save(tmp_path, made), SHAPE).layers.layers[0].shape == (4, 6, 6)
