import numpy as np
import pytest
from onnx import helper

from hawx_hw.errors import UserError
from hawx_hw.importing.onnx_files import folding
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, compared, model, node, random, save

LAST = node("Conv", ["x", "w"], ["y"])


def test_weights_that_are_computed(tmp_path):
    nodes = [
        node("Transpose", ["v"], ["a"], perm=[3, 2, 0, 1]), node("Mul", ["a", "two"], ["b"]),
        node("Identity", ["b"], ["w"]), LAST,
    ]  # fmt: skip
    compared(tmp_path, model(nodes, {"v": random(3, 3, 3, 4), "two": np.float32(2)}))


def test_constants_in_nodes(tmp_path):
    whole = helper.make_tensor("t", 1, [4, 3, 2, 2], random(4, 3, 2, 2).reshape(-1))
    nodes = [
        node("Constant", [], ["w"], value=whole), node("Conv", ["x", "w"], ["c"]),
        node("Constant", [], ["k"], value_floats=[0.5]), node("Mul", ["c", "k"], ["m"]),
        node("Constant", [], ["s"], value_ints=[1, 4, 1, 1]),
        node("ConstantOfShape", ["s"], ["o"], value=helper.make_tensor("t", 1, [1], [3.0])),
        node("Add", ["m", "o"], ["y"]),
    ]  # fmt: skip
    compared(tmp_path, model(nodes))


def refused(tmp_path, nodes, constants, why):
    with pytest.raises(UserError, match=why):
        read(save(tmp_path, model(nodes, {"w": random(4, 3, 3, 3)} | constants)), SHAPE)


def test_constants_that_would_fill_the_memory(tmp_path):
    add = node("Add", ["x", "big"], ["y"])
    huge = {"s": np.array([1 << 20, 1 << 20]), "one": np.ones(1, np.float32)}
    refused(tmp_path, [node("ConstantOfShape", ["s"], ["big"]), add], huge, "too large")
    refused(tmp_path, [node("Expand", ["one", "s"], ["big"]), add], huge, "too large")
    tile = {"r": np.array([1 << 40]), "one": np.ones(1, np.float32)}
    refused(tmp_path, [node("Tile", ["one", "r"], ["big"]), add], tile, "too large")
    ends = {"a": np.float32(0), "b": np.float32(1e12), "c": np.float32(1)}
    refused(tmp_path, [node("Range", ["a", "b", "c"], ["big"]), add], ends, "too large")
    outer = {"a": np.ones((1 << 14, 1), np.float32), "b": np.ones((1, 1 << 14), np.float32)}
    refused(tmp_path, [node("Mul", ["a", "b"], ["big"]), add], outer, "too large")
    rows = {"a": np.ones((1, 1 << 14), np.float32), "b": np.zeros(1 << 14, np.int64)}
    refused(tmp_path, [node("Gather", ["a", "b"], ["big"]), add], rows, "too large")


def test_all_constants_together(tmp_path, monkeypatch):
    monkeypatch.setattr(folding, "_LARGEST_SUM", 1000)
    nodes = [node("Identity", ["w"], ["v"]), node("Conv", ["x", "v"], ["y"])]
    compared(tmp_path, model(nodes, {"w": random(4, 3, 3, 3)}))
    monkeypatch.setattr(folding, "_LARGEST_SUM", 100)
    refused(tmp_path, nodes, {}, "The constants that the file computes take more than")


@pytest.mark.parametrize(
    ("made", "why"),
    [
        (node("Det", ["w"], ["k"], name="odd"), "an operator that is not supported there"),
        (node("RandomNormal", [], ["k"], name="odd", shape=[1]), "not supported there"),
        (node("Constant", [], ["k"], name="odd", value_string=b"a"), "has a value_string"),
        (node("Constant", [], ["k"], name="odd"), "must have one value"),
        (node("Reshape", ["w", "seven"], ["k"], name="odd"), "its constants do not fit it"),
        (node("Cast", ["w"], ["k"], name="odd", to=8), "not numbers"),
    ],
)
def test_refused(tmp_path, made, why):
    nodes = [made, node("Conv", ["x", "w"], ["c"]), node("Add", ["c", "k"], ["y"])]
    refused(tmp_path, nodes, {"seven": np.array([7])}, f"'odd'.*{why}|one number")
