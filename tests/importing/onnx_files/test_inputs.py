import numpy as np
import pytest
from onnx import TensorProto, helper

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.onnx_files.inputs import check_fit, default_preprocessing
from hawx_hw.importing.onnx_files.reading import read
from tests.importing.onnx_files.models import SHAPE, model, node, random, save

CONV = node("Conv", ["x", "w"], ["y"])
WEIGHT = {"w": random(4, 3, 3, 3)}


def read_shape(tmp_path, declared, shape=SHAPE, nodes=(CONV,)):
    return read(save(tmp_path, model(nodes, WEIGHT, shape=declared)), shape)


@pytest.mark.parametrize("declared", [(1, 3, 8, 8), ("n", 3, "h", "w"), ("n", "c", 8, 8), None])
def test_shapes_that_fit(tmp_path, declared):
    assert read_shape(tmp_path, declared).layers.shape == SHAPE


@pytest.mark.parametrize(
    ("declared", "shape", "shown"),
    [
        (("n", 3, 9, 8), "3x9x8", "3x8x8"),
        (("n", 1, "h", "w"), r"1x\?x\?", "3x8x8"),
        (("n", 192), "192", "3x8x8"),
        ((3, 8, 8), "8x8", "3x8x8"),
        (("n", 3, 8, 8, 1), "3x8x8x1", "3x8x8"),
    ],
)
def test_shapes_that_do_not(tmp_path, declared, shape, shown):
    with pytest.raises(UserError, match=rf"takes inputs of shape {shape}, .* have {shown}"):
        read_shape(tmp_path, declared)


def test_gigantic_batches(tmp_path):
    with pytest.raises(UserError, match="images at once"):
        read_shape(tmp_path, (1 << 40, 3, 8, 8))


def test_inputs_of_other_types(tmp_path):
    made = model([CONV], WEIGHT, kind=TensorProto.INT64)
    with pytest.raises(UserError, match=r"'x' is of type INT64"):
        read(save(tmp_path, made), SHAPE)
    made.graph.input[0].CopyFrom(helper.make_tensor_sequence_value_info("x", 1, None))
    with pytest.raises(UserError, match=r"'x' is of type"):
        read(save(tmp_path, made), SHAPE)


def test_pixels_as_they_are(tmp_path):
    nodes = [node("Cast", ["x"], ["f"], to=1), node("Conv", ["f", "w"], ["y"])]
    network = read(save(tmp_path, model(nodes, WEIGHT, kind=TensorProto.UINT8)), SHAPE)
    assert network.layers.preprocessing == Preprocessing(1.0)


def test_two_inputs(tmp_path):
    made = model([node("Add", ["x", "z"], ["y"])])
    made.graph.input.append(helper.make_tensor_value_info("z", 1, ("n", *SHAPE)))
    with pytest.raises(UserError, match=r"must have one input, not 2 \('x', 'z'\)"):
        read(save(tmp_path, made), SHAPE)
    made.graph.node[0].input[1] = "x"
    read(save(tmp_path, made), SHAPE)  # nothing reads the second


def test_means_of_other_channels(tmp_path):
    with pytest.raises(UserError, match="2 means or deviations for images of 3 channels"):
        read(save(tmp_path, model([CONV], WEIGHT)), SHAPE, Preprocessing(1.0, (1.0, 2.0)))


@pytest.mark.parametrize("scale", [1 / 255, float(np.float32(1 / 255)), 1.0, 0.0187])
def test_by_default_codes_are_pixels_less_128(scale):
    rule, note = default_preprocessing(Encoding(scale, -128))
    np.testing.assert_array_equal(rule.table(scale, -128), DEFAULT_CODES)
    assert "pixel" in note
    for zero_point in (-31, 17):
        rule, note = default_preprocessing(Encoding(scale, zero_point))
        np.testing.assert_array_equal(rule.table(scale, zero_point), DEFAULT_CODES)
        assert f"(pixel - {zero_point + 128})" in note


@pytest.mark.parametrize(
    ("encoding", "expected"),
    [
        (Encoding(0.98 / 255, -128), Preprocessing()),
        (Encoding(1.01, -128), Preprocessing(1.0)),
        (Encoding(1.98 / 255, -1), Preprocessing(1 / 127.5, (1.0,))),
    ],
)
def test_a_range_that_is_nearly_a_usual_one(encoding, expected):
    """The images of a calibration may lack the brightest pixel."""
    assert default_preprocessing(encoding)[0] == expected


def test_a_symmetric_input_does_not_give_its_pixels():
    with pytest.raises(UserError, match="quantized symmetrically") as caught:
        default_preprocessing(Encoding(1 / 127, 0))
    assert caught.value.where == "network.preprocess"


def test_the_stated_preprocessing_is_compared_with_the_scale():
    assert check_fit(Preprocessing(), Encoding(1 / 255, -128)) == ()
    assert check_fit(Preprocessing(), Encoding(1 / 127, 0)) == ()
    (note,) = check_fit(Preprocessing(), Encoding(0.9 / 255, -128))
    assert "10 % of the pixel values saturate" in note
    for wrong in (Preprocessing(1.0), Preprocessing(1 / 255**2)):
        with pytest.raises(UserError, match="pixels become"):
            check_fit(wrong, Encoding(1 / 255, -128))
