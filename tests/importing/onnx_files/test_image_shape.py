import numpy as np
import pytest

pytest.importorskip("onnx", reason="onnx is missing")

from onnx import helper

from hawx_hw.importing.onnx_files.image_shape import image_shape
from tests.importing.onnx_files.models import model, save

RELU = [helper.make_node("Relu", ["x"], ["y"])]


@pytest.mark.parametrize(
    ("dims", "shape"),
    [(("n", 3, 6, 5), (3, 6, 5)), ((1, 6, 5, 3), (3, 6, 5)), ((1, 1, 6, 3), (1, 6, 3)),
     ((2, 6, 5), (1, 6, 5)), (("n", 30), None), (("n", 3, "h", "w"), None),
     ((1, 16, 6, 5), (16, 6, 5))],
)  # fmt: skip
def test_images_that_a_file_declares(tmp_path, dims, shape):
    assert image_shape(save(tmp_path, model(RELU, shape=dims))) == shape


def test_initializers_are_no_inputs(tmp_path):
    made = model([helper.make_node("Add", ["x", "c"], ["y"])], {"c": np.ones(1, np.float32)})
    made.graph.input.extend([helper.make_tensor_value_info("c", 1, [1])])
    assert image_shape(save(tmp_path, made)) is not None


def test_several_inputs(tmp_path):
    made = model([helper.make_node("Add", ["x", "z"], ["y"])])
    made.graph.input.extend([helper.make_tensor_value_info("z", 1, [1, 3, 6, 6])])
    assert image_shape(save(tmp_path, made)) is None
