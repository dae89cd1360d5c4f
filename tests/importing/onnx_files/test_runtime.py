import sys

import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is missing")
pytest.importorskip("onnxruntime", reason="onnxruntime is missing")

from onnx import TensorProto, helper

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.onnx_files.runtime import Runtime
from tests.importing.onnx_files.models import model, save

NODES = [
    helper.make_node("Neg", ["x"], ["negative"]),
    helper.make_node("Relu", ["negative"], ["between"]),
    helper.make_node("Abs", ["between"], ["y"]),
]
IMAGES = np.arange(2 * 3 * 4 * 5, dtype=np.uint8).reshape(2, 3, 4, 5)


def values(path, tensors, rule=Preprocessing(1.0, (50.0,))):  # noqa: B008
    return list(Runtime(path, tensors).run(IMAGES, rule))


@pytest.mark.parametrize("shape", [("n", 3, 4, 5), (1, 3, "h", "w")])
def test_tensors_in_between(tmp_path, shape):
    path = save(tmp_path, model(NODES, shape=shape))
    first, second = values(path, ["between", "negative", "y", "between"])
    assert sorted(first) == ["between", "negative", "y"]
    np.testing.assert_array_equal(first["negative"], 50.0 - IMAGES[0])
    np.testing.assert_array_equal(second["between"], np.maximum(50.0 - IMAGES[1], 0))


def test_a_file_for_several_images_at_once(tmp_path):
    path = save(tmp_path, model(NODES, shape=(4, 3, 4, 5)))
    first, second = values(path, ["negative"])
    np.testing.assert_array_equal(first["negative"], 50.0 - IMAGES[0])
    np.testing.assert_array_equal(second["negative"], 50.0 - IMAGES[1])


def test_what_the_runtime_cannot_run(tmp_path):
    """Its own shapes do not fit: found only when it runs."""
    nodes = [helper.make_node("Reshape", ["x", "s"], ["y"])]
    path = save(tmp_path, model(nodes, {"s": np.array([1, 7])}, shape=("n", 3, "h", "w")))
    with pytest.raises(UserError, match="ONNX Runtime refuses"):
        values(path, ["y"])


def test_channels_last(tmp_path):
    path = save(tmp_path, model(NODES, shape=("n", 4, 5, 3)))
    np.testing.assert_array_equal(
        values(path, ["negative"])[0]["negative"], 50.0 - IMAGES[0].transpose(1, 2, 0)
    )


def test_vectors_of_pixels(tmp_path):
    cast = [helper.make_node("Cast", ["x"], ["y"], to=TensorProto.FLOAT)]
    path = save(tmp_path, model(cast, shape=("n", 60), kind=TensorProto.UINT8))
    np.testing.assert_array_equal(
        values(path, ["y"], Preprocessing(1.0))[1]["y"], IMAGES[1].ravel()
    )


def test_package_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "onnxruntime", None)
    with pytest.raises(UserError, match="is missing") as caught:
        Runtime(tmp_path / "a.onnx", [])
    assert "pip install onnxruntime" in caught.value.hint


def test_refused_files(tmp_path):
    path = save(tmp_path, model([helper.make_node("Mine", ["x"], ["y"], domain="own")]))
    with pytest.raises(UserError, match="ONNX Runtime refuses") as caught:
        Runtime(path, ["y"])
    assert "\n" not in str(caught.value)
