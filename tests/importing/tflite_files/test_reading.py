from importlib.util import find_spec

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from hawx_hw.graph.graph import Clamp, Lookup
from hawx_hw.graph.pixels import DEFAULT_CODES, Preprocessing
from hawx_hw.importing.float_graph import INPUT
from hawx_hw.importing.tflite_files.reading import image_shape, read
from tests.importing.tflite_files import formulas
from tests.importing.tflite_files.building import File, interpreted
from tests.importing.tflite_files.comparing import (
    check_float,
    codes_of,
    images,
    kinds,
    last,
    refusal,
)
from tests.importing.tflite_files.quantizing import quantized_file
from tests.importing.tflite_files.random_files import random_file
from tests.material import material

SHAPE = (3, 6, 6)


def quantized(kind="int8", end="map"):
    """A convolution with RELU and a matrix product, in 8-bit integers; the numbers in it."""
    random = np.random.default_rng(5)
    low = -128 if kind == "int8" else 0
    file = File()
    numbers = {
        "conv": random.integers(-127, 128, (4, 3, 3, 3)),
        "conv_scale": np.float32(random.uniform(0.5, 2, 4) / 4000),
        "conv_bias": random.integers(-3000, 3000, 4),
        "dense": random.integers(-127, 128, (5, 64)),
        "dense_scale": np.float32(0.01),
        "dense_bias": random.integers(-300, 300, 5),
        "in": (np.float32(1.0), low),
        "map": (np.float32(1 / 16), low + 20),
        "out": (np.float32(1 / 4), low + 133),
    }

    def tensor(shape, key):
        scale, zero_point = numbers[key]
        return file.tensor((1, *shape), kind, scale=scale, zero_point=zero_point)

    def weights(key, zero_point):
        codes = numbers[key] if kind == "int8" else np.clip(numbers[key], -100, 127) + 100
        numbers[key] = codes - (0 if kind == "int8" else 100)
        scale = numbers[f"{key}_scale"] if kind == "int8" else np.float32(0.0002)
        if kind == "uint8":
            numbers[f"{key}_scale"] = scale
        zero = np.zeros(np.shape(scale) or 1, dtype=int) if kind == "int8" else 100
        return file.tensor(codes.shape, kind, data=codes.astype(kind), scale=scale, zero_point=zero)

    x = tensor((6, 6, 3), "in")
    y = tensor((4, 4, 4), "map")
    bias = file.constant(numbers["conv_bias"], "int32")
    file.operator("CONV_2D", [x, weights("conv", 0), bias], y, FusedActivationFunction=1)
    z = tensor((64,), "map")
    file.operator("RESHAPE", [y, file.constant([-1, 64], "int32")], z)
    bias = file.constant(numbers["dense_bias"], "int32")
    out = tensor((5,), "out")
    file.operator("FULLY_CONNECTED", [z, weights("dense", 0), bias], out)
    return file, numbers, out


def rounded(values, scale, zero_point, low=-128):
    return np.clip(np.floor(values / scale + 0.5) + zero_point, low, low + 255)


def by_hand(image, numbers, low):
    """What the file computes, in real numbers, rounded once a layer."""
    (x_scale, _), (y_scale, y_zero), (z_scale, z_zero) = (
        [float(n) for n in numbers[key]] for key in ("in", "map", "out")
    )
    sums = formulas.convolution(image, numbers["conv"], numbers["conv_bias"])
    real = np.maximum(sums * x_scale * numbers["conv_scale"].astype(float), 0)
    codes = rounded(real, y_scale, y_zero, low)
    sums = numbers["dense"] @ (codes - y_zero).ravel() + numbers["dense_bias"]
    return rounded(sums * y_scale * float(numbers["dense_scale"]), z_scale, z_zero, low)


@pytest.mark.parametrize("kind", ["int8", "uint8"])
def test_integers_are_taken_as_they_are(tmp_path, kind):
    file, numbers, _ = quantized(kind)
    path = file.write(tmp_path / "a.tflite")
    pixels = images(SHAPE, 8)
    codes, graph, network = codes_of(path, SHAPE, pixels)
    codes = codes.astype(int)
    conv = graph.nodes[0]
    np.testing.assert_array_equal(conv.weight, numbers["conv"].transpose(0, 3, 1, 2))
    low = -128 if kind == "int8" else 0
    assert [tensor.zero_point for tensor in graph.tensors.values()] == [
        n - (0 if kind == "int8" else 128)
        for n in (low, low + 20, low + 20, low + 133)
    ]  # fmt: skip
    assert graph.tensors[graph.nodes[-1].name].scale == 0.25
    np.testing.assert_array_equal(graph.pixels, DEFAULT_CODES)
    assert network.quantized
    assert conv.requantization.low == graph.tensors[conv.name].zero_point

    expected = np.array([by_hand(image, numbers, low) for image in last(pixels)])
    shift = 0 if kind == "int8" else 128
    # A multiplier of 16 bits differs from the file's scales by 2**-17 at most.
    assert np.abs(codes + shift - expected).max() <= 1
    assert np.count_nonzero(codes + shift != expected) <= 1
    if find_spec("ai_edge_litert") is not None:
        for exact in (False, True):
            inputs = pixels.transpose(0, 2, 3, 1).astype(int) - (128 if kind == "int8" else 0)
            theirs = interpreted(path, inputs, exact=exact).astype(int) - shift
            assert np.abs(codes - theirs).max() <= 1


def test_ends_of_a_quantized_file(tmp_path):
    """Images and results in floating point: the conversions are left out."""
    inner, _, out = quantized()
    file = File()
    real = file.tensor((1, 6, 6, 3))
    file.tensors += inner.tensors
    shifted = [(k, [i + 1 for i in a], [i + 1 for i in b], c) for k, a, b, c in inner.operators]
    file.operator("QUANTIZE", [real], 1)
    file.operators += shifted
    soft = file.tensor((1, 5), "int8", scale=1 / 256, zero_point=-128)
    file.operator("SOFTMAX", [out + 1], soft)
    file.operator("DEQUANTIZE", [soft], file.tensor((1, 5)))
    path = file.write(tmp_path / "a.tflite")
    pixels = images(SHAPE)
    codes, _, network = codes_of(path, SHAPE, pixels)
    plain, _, _ = codes_of(inner.write(tmp_path / "b.tflite"), SHAPE, pixels)
    np.testing.assert_array_equal(codes, plain)
    assert any("SOFTMAX and DEQUANTIZE at the end: left out" in note for note in network.notes)


def test_result_in_floating_point(tmp_path):
    file, _, out = quantized()
    file.operator("DEQUANTIZE", [out], file.tensor((1, 5)))
    network = read(file.write(tmp_path / "a.tflite"), SHAPE)
    assert kinds(network) == ["Conv", "Flatten", "Linear"]
    assert any(note.startswith("DEQUANTIZE at the end") for note in network.notes)


def test_unsigned_images_of_a_signed_network(tmp_path):
    """A QUANTIZE that only subtracts 128 is none."""
    inner, _, _ = quantized()
    file = File()
    unsigned = file.tensor((1, 6, 6, 3), "uint8", scale=1.0, zero_point=0)
    file.tensors += inner.tensors
    file.operator("QUANTIZE", [unsigned], 1)
    file.operators += [
        (k, [i + 1 for i in a], [i + 1 for i in b], c) for k, a, b, c in inner.operators
    ]
    network = read(file.write(tmp_path / "a.tflite"), SHAPE)
    assert kinds(network) == ["Conv", "Flatten", "Linear"]
    assert network.layers.encodings[INPUT].zero_point == -128


def test_change_of_scale_in_between(tmp_path):
    file, _, out = quantized()
    y = file.tensor((1, 5), "int8", scale=0.5, zero_point=-20)
    file.operator("QUANTIZE", [out], y)
    path = file.write(tmp_path / "a.tflite")
    pixels = images(SHAPE, 8)
    codes, graph, _ = codes_of(path, SHAPE, pixels)
    assert isinstance(graph.nodes[-1], Clamp)
    before, _, _ = codes_of(quantized()[0].write(tmp_path / "b.tflite"), SHAPE, pixels)
    expected = np.floor((before.astype(int) - 5) / 2 + 0.5) - 20
    np.testing.assert_array_equal(codes, np.clip(expected, -128, 127))


def test_floating_point_between_integers(tmp_path):
    """Its ranges come from calibration; what QUANTIZE prescribes is taken."""
    file, _, out = quantized()
    y = file.operator("DEQUANTIZE", [out], file.tensor((1, 5)))
    z = file.operator("TANH", [y], file.tensor((1, 5)))
    w = file.tensor((1, 5), "int8", scale=1 / 128, zero_point=0)
    file.operator("QUANTIZE", [z], w)
    path = file.write(tmp_path / "a.tflite")
    _, graph, network = codes_of(path, SHAPE, images(SHAPE))
    assert isinstance(graph.nodes[-1], Lookup)
    assert graph.tensors[graph.output].scale == 1 / 128
    assert any("computed in floating point in the file" in note for note in network.notes)


@pytest.mark.parametrize(
    ("kind", "scale", "zero_point"),
    [("LOGISTIC", 1 / 256, -128), ("TANH", 1 / 128, 0), ("HARD_SWISH", 1 / 8, -100),
     ("LEAKY_RELU", 1 / 8, -30)],
)  # fmt: skip
def test_functions_of_codes(tmp_path, kind, scale, zero_point):
    """Each code of the result is the nearest; the interpreter's is at most one beside it."""
    file, _, out = quantized()
    y = file.tensor((1, 5), "int8", scale=scale, zero_point=zero_point)
    file.operator(kind, [out], y)
    path = file.write(tmp_path / "a.tflite")
    pixels = images(SHAPE, 8)
    codes, graph, _ = codes_of(path, SHAPE, pixels)
    before = graph.tensors[graph.nodes[-1].inputs[0]]
    values = (np.arange(-128, 128) - before.zero_point) * before.scale
    real = {
        "LOGISTIC": lambda x: 1 / (1 + np.exp(-x)),
        "TANH": np.tanh,
        "HARD_SWISH": lambda x: x * np.clip(x + 3, 0, 6) / 6,
        "LEAKY_RELU": lambda x: np.where(x > 0, x, np.float32(0.1) * x),
    }[kind](values)
    np.testing.assert_array_equal(graph.nodes[-1].table, rounded(real, scale, zero_point))
    if find_spec("ai_edge_litert") is not None:
        theirs = interpreted(path, pixels.transpose(0, 2, 3, 1).astype(int) - 128)
        assert np.abs(codes.astype(int) - theirs).max() <= 1


@pytest.mark.parametrize("end", ["RELU", "RELU6"])
def test_clamps_of_codes(tmp_path, end):
    """Fused where the scale remains, else a layer of its own."""
    for scale, expected in ((0.25, "Linear"), (0.125, "Clamp")):
        file, _, out = quantized()
        y = file.tensor((1, 5), "int8", scale=scale, zero_point=5)
        file.operator(end, [out], y)
        network = read(file.write(tmp_path / "a.tflite"), SHAPE)
        assert kinds(network)[-1] == expected


def test_preprocessing_of_the_config(tmp_path):
    path = quantized()[0].write(tmp_path / "a.tflite")
    given = Preprocessing(1.0)
    assert read(path, SHAPE, given).layers.preprocessing == given
    text = refusal(path, SHAPE, Preprocessing())
    assert "network.preprocess: Pixels become 0 to 1, but the file's input takes 0 to 255" in text


@pytest.mark.parametrize("ends", [["SOFTMAX"], ["ARG_MAX"], ["SOFTMAX", "ARG_MAX"]])
def test_ends_that_change_no_class(tmp_path, ends):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y = file.tensor((1, 4))
    file.operator("FULLY_CONNECTED", [x, file.constant(np.ones((4, 12))), -1], y)
    for end in ends:
        if end == "SOFTMAX":
            y = file.operator(end, [y], file.tensor((1, 4)))
        else:
            axis = file.constant(1, "int32")
            y = file.operator(end, [y, axis], file.tensor((1,), "int64"))
    network = read(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    assert kinds(network) == ["Flatten", "Linear"]
    assert [note for note in network.notes if "left out" in note] != []


def test_softmax_elsewhere(tmp_path):
    file = File()
    x = file.tensor((1, 1, 1, 12))
    y = file.operator("SOFTMAX", [x], file.tensor((1, 1, 1, 12)))
    file.operator("FULLY_CONNECTED", [y, file.constant(np.ones((4, 12))), -1], file.tensor((1, 4)))
    text = refusal(file.write(tmp_path / "a.tflite"), (12, 1, 1))
    assert "(SOFTMAX) is an operator without an integer counterpart" in text


def test_softmax_that_reverses(tmp_path):
    file = File()
    x = file.tensor((1, 1, 1, 12))
    y = file.operator("RELU", [x], file.tensor((1, 1, 1, 12)))
    file.operator("SOFTMAX", [y], file.tensor((1, 1, 1, 12)), Beta=-1.0)
    assert "(SOFTMAX)" in refusal(file.write(tmp_path / "a.tflite"), (12, 1, 1))


def test_what_the_output_does_not_need_is_left_out(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("CUSTOM Debug", [x], file.tensor((1, 1)))
    y = file.tensor((1, 4))
    file.operator("FULLY_CONNECTED", [x, file.constant(np.ones((4, 12))), -1], y)
    assert kinds(read(file.write(tmp_path / "a.tflite"), (2, 2, 3))) == ["Flatten", "Linear"]


@pytest.mark.parametrize(
    ("dims", "shape"),
    [((1, 6, 6, 3), (3, 6, 5)), ((1, 6, 6, 1), (3, 6, 6)), ((1, 108), (3, 6, 6)),
     ((1, 5, 4), (1, 4, 5)), ((), (3, 6, 6)), ((2**31 - 1,) * 4, (3, 6, 6))],
)  # fmt: skip
def test_images_that_do_not_fit(tmp_path, dims, shape):
    file = File()
    x = file.tensor(dims)
    file.operator("RELU", [x], file.tensor(dims))
    assert "The network takes images of" in refusal(file.write(tmp_path / "a.tflite"), shape)


def test_images_that_are_too_large(tmp_path):
    file = File()
    file.operator("RELU", [file.tensor((1, 6, 6, 3))], file.tensor((1, 6, 6, 3)))
    path = file.write(tmp_path / "a.tflite")
    assert "too large" in refusal(path, (3, 100_000, 100_000))


def test_input_of_another_type(tmp_path):
    file = File()
    file.operator("RELU", [file.tensor((1, 6, 6, 3), "int16", scale=1.0)], file.tensor((1, 3)))
    assert "has the type int16" in refusal(file.write(tmp_path / "a.tflite"))


@pytest.mark.parametrize(
    "make",
    [
        lambda f: f.operator("RESHAPE", [0, f.constant([1, 108], "int32")], f.tensor((1, 108))),
        lambda f: f.operator("RELU", [0], f.tensor((1, 6, 6, 3))),
    ],
)
def test_outputs_that_are_no_classes(tmp_path, make):
    file = File()
    file.tensor((1, 6, 6, 3))
    make(file)
    text = refusal(file.write(tmp_path / "a.tflite"))
    assert "no layer that computes" in text or "a number a class is needed" in text


@settings(
    max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_files(tmp_path, seed):
    file, shape = random_file(seed)
    check_float(file.write(tmp_path / "a.tflite"), shape)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_files_after_quantization(tmp_path, seed):
    """The integer graph is what the network in real numbers is, to a few codes."""
    file, shape = random_file(seed)
    path = file.write(tmp_path / "a.tflite")
    pixels = images(shape, 16)
    given = Preprocessing(1.0)
    codes, graph, network = codes_of(path, shape, pixels, given)
    outputs = np.concatenate(list(network.outputs(pixels)))
    end = graph.tensors[graph.output]
    real = (codes.astype(float) - end.zero_point) * end.scale
    if np.ptp(outputs) > 0:
        assert np.corrcoef(real.ravel(), outputs.ravel())[0, 1] > 0.85


@pytest.mark.skipif(find_spec("ai_edge_litert") is None, reason="ai-edge-litert is missing")
@settings(
    max_examples=12, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32 - 1))
def test_random_files_in_integers(tmp_path, seed):
    """Layers of all kinds after each other, beside both sets of kernels of the interpreter."""
    file, shape = random_file(seed)
    pixels = images(shape, 8)
    path = quantized_file(file, tmp_path / "a.tflite", pixels).write(tmp_path / "b.tflite")
    codes, _, network = codes_of(path, shape, pixels)
    assert network.quantized
    inputs = pixels.transpose(0, 2, 3, 1).astype(int) - 128
    for exact in (True, False):
        try:
            theirs = interpreted(path, inputs, exact=exact)
        except RuntimeError:  # its kernels for this machine lack some changes of scale
            assert not exact
            continue
        distance = np.abs(codes.astype(int) - theirs.reshape(len(inputs), -1))
        assert distance.max() <= 8
        assert np.mean(distance > 1) <= 0.5


def test_resnet8_in_integers():
    """A few images; the benchmark of imports compares all."""
    path = material("models/mlperf_resnet8_int8.tflite")
    pixels = np.load(material("data/cifar10/test_1000.npz"))["x"][:10].transpose(0, 3, 1, 2)
    codes, _, network = codes_of(path, (3, 32, 32), np.ascontiguousarray(pixels))
    assert kinds(network).count("Conv") == 9
    assert kinds(network).count("Add") == 3
    inputs = pixels.transpose(0, 2, 3, 1).astype(int) - 128
    theirs = interpreted(path, inputs)
    assert np.mean(codes.argmax(axis=1) == theirs.argmax(axis=1)) >= 0.9


def test_resnet8_in_floating_point():
    path = material("models/mlperf_resnet8_float.tflite")
    pixels = np.load(material("data/cifar10/test_1000.npz"))["x"][:20].transpose(0, 3, 1, 2)
    network = read(path, (3, 32, 32), Preprocessing(1.0))
    logits = next(network.outputs(np.ascontiguousarray(pixels)))
    exponents = np.exp(logits - logits.max(axis=1, keepdims=True))
    expected = exponents / exponents.sum(axis=1, keepdims=True)
    theirs = interpreted(path, pixels.transpose(0, 2, 3, 1))
    np.testing.assert_allclose(expected, theirs, atol=1e-5)


@pytest.mark.parametrize(
    ("dims", "shape"),
    [((1, 6, 5, 3), (3, 6, 5)), ((1, 3, 6, 5), (3, 6, 5)), ((1, 6, 5), (1, 6, 5)),
     ((1, 30), None), ((1, 0, 5, 3), None), ((4, 6, 5, 7), (7, 6, 5))],
)  # fmt: skip
def test_images_that_a_file_declares(tmp_path, dims, shape):
    file = File()
    file.operator("RELU", [file.tensor(dims)], file.tensor(dims))
    assert image_shape(file.write(tmp_path / "a.tflite")) == shape


@pytest.mark.parametrize("end", ["SOFTMAX", "ARG_MAX"])
def test_an_end_along_one_axis_of_several(tmp_path, end):
    """The largest of all outputs would be another without it."""
    file = File()
    x, y, z = file.tensor((1, 1, 1, 12)), file.tensor((1, 12)), file.tensor((1, 3, 4))
    file.operator("FULLY_CONNECTED", [x, file.constant(np.ones((12, 12))), -1], y)
    file.operator("RESHAPE", [y, file.constant([1, 3, 4], "int32")], z)
    if end == "SOFTMAX":
        file.operator(end, [z], file.tensor((1, 3, 4)))
    else:
        file.operator(end, [z, file.constant(2, "int32")], file.tensor((1, 3), "int64"))
    text = refusal(file.write(tmp_path / "a.tflite"), (12, 1, 1))
    assert f"({end}) at the end is along one axis of (3, 4)" in text
