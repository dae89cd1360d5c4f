import numpy as np
import pytest
from onnx import TensorProto, helper

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing
from hawx_hw.importing.encoding import Encoding
from hawx_hw.importing.input_values import UNSTATED
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


MEAN, STD = np.float32([0.485, 0.456, 0.406]), np.float32([0.1, 0.25, 0.4])


def normalized(mean, std, *behind, constants=None):
    """``(x - mean) / std`` a channel, what follows, and a convolution."""
    last = behind[-1].output[0] if behind else "b"
    nodes = [node("Sub", ["x", "m"], ["a"]), node("Div", ["a", "s"], ["b"]), *behind,
             node("Conv", [last, "w"], ["y"])]  # fmt: skip
    columns = {"m": mean.reshape(-1, 1, 1), "s": std.reshape(-1, 1, 1)}
    return model(nodes, {**WEIGHT, **columns, **(constants or {})}, opset=19)


def quantized(mean, std, low, high):
    """The same with codes of uint8 for ``low`` to ``high`` before the convolution."""
    scale = np.float32((high - low) / 255)
    pair = [node("QuantizeLinear", ["b", "qs", "qz"], ["q"]),
            node("DequantizeLinear", ["q", "qs", "qz"], ["d"])]  # fmt: skip
    constants = {"qs": scale, "qz": np.uint8(round(float(-low / scale)))}
    return normalized(mean, std, *pair, constants=constants)


def expected_codes(layers, mean, std, scale):
    encoding = layers.encodings["input"]
    values = (np.arange(256) * scale - mean[:, None].astype(float)) / std[:, None].astype(float)
    codes = np.floor(values / encoding.scale + 0.5) + encoding.zero_point
    return np.clip(codes, -128, 127)


@pytest.mark.parametrize("scale", [1 / 255, 1.0])
def test_a_quantized_file_that_normalizes_its_input(tmp_path, scale):
    """Its scale covers normalized values: each channel has means and deviations of its own."""
    mean, std = MEAN * np.float32(255 * scale), STD * np.float32(255 * scale)
    network = read(save(tmp_path, quantized(mean, std, -4.85, 5.15)), SHAPE)
    table = network.layers.preprocessing.table(
        network.layers.encodings["input"].scale, network.layers.encodings["input"].zero_point
    )
    expected = expected_codes(network.layers, mean, std, scale)
    assert table.shape == (3, 256)
    assert np.abs(table - expected).max() <= 1  # the file's numbers have 24 bits
    assert network.source is not None
    np.testing.assert_allclose(network.source.values(), [np.arange(256) * scale] * 3, atol=1e-4)


def test_a_scale_that_fits_neither_pixels_nor_fractions(tmp_path):
    with pytest.raises(UserError, match=r"^made\.onnx|Pixels become") as caught:
        read(save(tmp_path, quantized(MEAN, STD, -4e4, 4e4)), SHAPE)
    assert caught.value.where == "network.preprocess"
    assert "the file's own input" in caught.value.hint


@pytest.mark.parametrize("scale", [1 / 255, 1.0])
def test_a_file_in_floating_point_that_normalizes_pixels(tmp_path, scale):
    """Only pixels of 0 to 255 are divided by that much."""
    mean, std = MEAN * np.float32(255 * scale), STD * np.float32(255 * scale)
    network = read(save(tmp_path, normalized(mean, std)), SHAPE)
    expected = (np.arange(256) * scale - mean[:, None]) / std[:, None]
    np.testing.assert_allclose(network.layers.preprocessing.values(), expected, atol=1e-4)
    assert ("pixels of 0 to 255" in network.notes[0]) is (scale == 1)


def test_nothing_states_the_input(tmp_path):
    assert read(save(tmp_path, model([CONV], WEIGHT)), SHAPE).notes == (UNSTATED,)
    assert read(save(tmp_path, model([CONV], WEIGHT)), SHAPE, Preprocessing()).notes == ()
