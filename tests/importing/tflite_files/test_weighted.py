import numpy as np
import pytest

from hawx_hw.importing.tflite_files.reading import read
from tests.importing.tflite_files import formulas
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import check_float, kinds, refusal

RANDOM = np.random.default_rng(1)


def conv_file(tmp_path, shape, weight, options=None, kind="CONV_2D", size=(4, 4)):
    """A convolution of an image, then a product with each number of the map."""
    options = options or {}
    channels, height, width = shape
    filters = weight.shape[3] if kind == "DEPTHWISE_CONV_2D" else len(weight)
    bias = RANDOM.normal(size=filters).astype(np.float32)
    file = File()
    x = file.tensor((1, height, width, channels))
    y = file.tensor((1, *size, filters))
    file.operator(kind, [x, file.constant(weight), file.constant(bias)], y, **options)
    dense = flat_end(file, y, filters * size[0] * size[1])
    return file.write(tmp_path / "a.tflite"), bias, dense


def flat_end(file, source, size):
    """RESHAPE and FULLY_CONNECTED, whose weight depends on the order of its inputs."""
    weight = RANDOM.normal(size=(3, size)).astype(np.float32)
    flat = file.operator(
        "RESHAPE", [source, file.constant([-1, size], "int32")], file.tensor((1, size))
    )
    file.operator("FULLY_CONNECTED", [flat, file.constant(weight), -1], file.tensor((1, 3)))
    return weight


@pytest.mark.parametrize(
    ("shape", "window", "stride", "same", "dilation", "size"),
    [
        ((3, 6, 7), (3, 3), (1, 1), False, (1, 1), (4, 5)),
        ((3, 6, 7), (3, 3), (2, 2), True, (1, 1), (3, 4)),
        ((1, 8, 5), (5, 2), (3, 1), True, (1, 1), (3, 5)),
        ((2, 9, 9), (3, 3), (1, 1), True, (2, 3), (9, 9)),
        ((2, 4, 4), (1, 1), (2, 2), True, (1, 1), (2, 2)),
        ((2, 9, 8), (2, 3), (2, 2), False, (1, 1), (4, 3)),
    ],
)
def test_convolution(tmp_path, shape, window, stride, same, dilation, size):
    weight = RANDOM.normal(size=(4, *window, shape[0])).astype(np.float32)
    options = {
        "Padding": 0 if same else 1, "StrideH": stride[0], "StrideW": stride[1],
        "DilationHFactor": dilation[0], "DilationWFactor": dilation[1],
        "FusedActivationFunction": 1,
    }  # fmt: skip
    path, bias, dense = conv_file(tmp_path, shape, weight, options, size=size)

    def formula(image):
        result = formulas.convolution(image, weight, bias, stride, same, dilation)
        return dense @ np.maximum(result, 0).ravel()

    assert kinds(check_float(path, shape, formula)) == ["Conv", "Flatten", "Linear"]


def test_padding_of_an_even_sum_is_greater_at_the_end(tmp_path):
    weight = RANDOM.normal(size=(4, 3, 3, 3)).astype(np.float32)
    options = {"Padding": 0, "StrideH": 2, "StrideW": 2}
    path, _, _ = conv_file(tmp_path, (3, 6, 8), weight, options, size=(3, 4))
    assert check_float(path, (3, 6, 8)).layers.layers[0].padding == (0, 0, 1, 1)


def test_groups(tmp_path):
    weight = RANDOM.normal(size=(6, 3, 3, 2)).astype(np.float32)
    path, bias, dense = conv_file(tmp_path, (4, 6, 6), weight)
    network = check_float(
        path, (4, 6, 6), lambda x: dense @ formulas.convolution(x, weight, bias).ravel()
    )
    assert network.layers.layers[0].groups == 2


@pytest.mark.parametrize("multiplier", [1, 3])
@pytest.mark.parametrize("stride", [1, 2])
def test_depthwise(tmp_path, multiplier, stride):
    weight = RANDOM.normal(size=(1, 3, 2, 2 * multiplier)).astype(np.float32)
    options = {"Padding": 0, "StrideH": stride, "StrideW": stride, "DepthMultiplier": multiplier,
               "FusedActivationFunction": 3}  # fmt: skip
    size = (-(-7 // stride), -(-6 // stride))
    path, bias, dense = conv_file(tmp_path, (2, 7, 6), weight, options, "DEPTHWISE_CONV_2D", size)

    def formula(image):
        result = formulas.depthwise(image, weight, bias, (stride, stride), same=True)
        return dense @ np.clip(result, 0, 6).ravel()

    layer = check_float(path, (2, 7, 6), formula).layers.layers[0]
    assert (layer.groups, layer.weight.shape) == (2, (2 * multiplier, 1, 3, 2))


def test_fully_connected_of_a_map_reads_it_channels_last(tmp_path):
    """Without a RESHAPE the operator flattens the map itself."""
    file = File()
    weight = RANDOM.normal(size=(4, 24)).astype(np.float32)
    file.operator(
        "FULLY_CONNECTED",
        [file.tensor((1, 4, 3, 2)), file.constant(weight)],
        file.tensor((1, 4)),
        FusedActivationFunction=1,
    )
    path = file.write(tmp_path / "a.tflite")
    check_float(path, (2, 4, 3), lambda image: np.maximum(weight @ image.ravel(), 0))


def test_fully_connected_at_every_place(tmp_path):
    """With the option to keep the axes, and weights for the channels: a 1 x 1 convolution."""
    file = File()
    weight = RANDOM.normal(size=(5, 2)).astype(np.float32)
    x, y = file.tensor((1, 4, 3, 2)), file.tensor((1, 4, 3, 5))
    file.operator(
        "FULLY_CONNECTED", [x, file.constant(weight), -1], y,
        KeepNumDims=True,
    )  # fmt: skip
    dense = flat_end(file, y, 60)
    path = file.write(tmp_path / "a.tflite")
    network = check_float(path, (2, 4, 3), lambda image: dense @ (image @ weight.T).ravel())
    assert kinds(network)[0] == "Conv"


def test_vectors_that_keep_their_axes(tmp_path):
    file = File()
    weight = RANDOM.normal(size=(5, 4)).astype(np.float32)
    x = file.tensor((1, 1, 1, 4))
    file.operator(
        "FULLY_CONNECTED", [x, file.constant(weight), -1], file.tensor((1, 1, 1, 5)),
        KeepNumDims=True,
    )  # fmt: skip
    path = file.write(tmp_path / "a.tflite")
    check_float(path, (4, 1, 1), lambda image: weight @ image.ravel())


def test_integer_weights_in_floating_point(tmp_path):
    """A file of dynamic range quantization: its weights are exact, and quantized anew."""
    codes = RANDOM.integers(-127, 128, (4, 2, 2, 3)).astype(np.int8)
    scale = np.float32([0.1, 0.2, 0.3, 0.4])
    file = File()
    x, y = file.tensor((1, 4, 4, 3)), file.tensor((1, 3, 3, 4))
    weight = file.tensor(codes.shape, "int8", data=codes, scale=scale, zero_point=0)
    file.operator("CONV_2D", [x, weight], y)
    flat_end(file, y, 36)
    network = read(file.write(tmp_path / "a.tflite"), (3, 4, 4))
    layer = network.layers.layers[0]
    expected = codes.astype(float) * scale.astype(float)[:, None, None, None]
    np.testing.assert_array_equal(layer.weight, expected.transpose(0, 3, 1, 2))
    assert layer.codes is None
    assert any("quantized anew" in note for note in network.notes)


def one(weight, kind="CONV_2D", channels=3, **options):
    file = File()
    x, y = file.tensor((1, 6, 6, channels)), file.tensor((0,))
    file.operator(kind, [x, file.constant(weight)], y, **options)
    return file


@pytest.mark.parametrize(
    ("file", "message"),
    [
        (one(np.ones((4, 3, 3))), "needs 4 axes"),
        (one(np.ones((4, 3, 3, 2))), "has weights for 2 channels, not 3"),
        (one(np.full((4, 3, 3, 3), np.nan)), "numbers that are not finite"),
        (one(np.ones((4, 7, 7, 3))), "larger than its input"),
        (one(np.ones((4, 3, 3, 3)), StrideH=0), "has the stride"),
        (one(np.ones((4, 3, 3, 3)), DilationHFactor=0), "has the dilation"),
        (one(np.ones((4, 3, 3, 3)), Padding=2), "has the padding 2"),
        (one(np.ones((4, 3, 3, 3)), FusedActivationFunction=4), "fused function 4"),
        (one(np.ones((4, 3, 3, 3)), DilationHFactor=2**31 - 1), "larger than its input"),
        (one(np.ones((1, 3, 3, 4)), "DEPTHWISE_CONV_2D"), "no multiple of 3"),
        (one(np.ones((1, 3, 3, 6)), "DEPTHWISE_CONV_2D"), "has the multiplier 1"),
        (one(np.ones((2, 3, 3, 3)), "DEPTHWISE_CONV_2D"), "no multiple of 3"),
        (one(np.ones((4, 5)), "FULLY_CONNECTED"), "has weights for 5 inputs"),
        (one(np.ones((4, 108)), "FULLY_CONNECTED", WeightsFormat=1), "shuffled"),
    ],
)
def test_refused(tmp_path, file, message):
    text = refusal(file.write(tmp_path / "a.tflite"))
    assert message in text
    assert "'model/tensor2'" in text


def test_biases_of_other_sizes(tmp_path):
    file = File()
    x, w = file.tensor((1, 6, 6, 3)), file.constant(np.ones((4, 3, 3, 3)))
    file.operator("CONV_2D", [x, w, file.constant(np.ones(5))], file.tensor((0,)))
    assert "has a bias of (5,) for 4 filters" in refusal(file.write(tmp_path / "a.tflite"))
