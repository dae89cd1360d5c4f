import numpy as np
import pytest

from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import check_float, kinds, refusal

RANDOM = np.random.default_rng(3)


def ended(file, source, size):
    weight = RANDOM.normal(size=(3, size)).astype(np.float32)
    file.operator("FULLY_CONNECTED", [source, file.constant(weight), -1], file.tensor((1, 3)))
    return weight


def conv(file, source, size, channels, filters=4):
    """A 1 x 1 convolution, and its weight."""
    weight = RANDOM.normal(size=(filters, 1, 1, channels)).astype(np.float32)
    y = file.tensor((1, *size, filters))
    file.operator("CONV_2D", [source, file.constant(weight)], y)
    return y, weight[:, 0, 0]


def test_reshape_without_a_constant_shape(tmp_path):
    """The shape is computed from that of the batch: what computes it is left out."""
    file = File()
    x, shape, flat = file.tensor((1, 2, 3, 2)), file.tensor((4,), "int32"), file.tensor((1, 12))
    file.operator("SHAPE", [x], shape)
    file.operator("RESHAPE", [x, shape], flat)
    dense = ended(file, flat, 12)
    path = file.write(tmp_path / "a.tflite")
    from hawx_hw.importing.tflite_files.reading import read

    layers = read(path, (2, 2, 3)).layers.layers
    order = np.arange(12).reshape(2, 3, 2).transpose(2, 0, 1).ravel()
    np.testing.assert_array_equal(layers[-1].weight, dense[:, order])


def test_squeeze_and_expand(tmp_path):
    file = File()
    x = file.tensor((1, 1, 1, 6))
    y = file.operator("SQUEEZE", [x], file.tensor((1, 6)))
    z = file.operator("EXPAND_DIMS", [y, file.constant([1], "int32")], file.tensor((1, 1, 6)))
    u = file.operator(
        "RESHAPE", [z, file.constant([1, 1, 1, -1], "int32")], file.tensor((1, 1, 1, 6))
    )
    v, weight = conv(file, u, (1, 1), 6)
    dense = ended(file, v, 4)
    path = file.write(tmp_path / "a.tflite")
    check_float(path, (6, 1, 1), lambda image: dense @ weight @ image.ravel())


def test_transposes_around_layers(tmp_path):
    """As converters write them for networks of channels first."""
    file = File()
    x = file.tensor((1, 3, 4, 5))
    y = file.tensor((1, 4, 5, 3))
    file.operator("TRANSPOSE", [x, file.constant([0, 2, 3, 1], "int32")], y)
    z, weight = conv(file, y, (4, 5), 3)
    back = file.tensor((1, 4, 4, 5))
    file.operator("TRANSPOSE", [z, file.constant([0, 3, 1, 2], "int32")], back)
    flat = file.tensor((1, 80))
    file.operator("RESHAPE", [back, file.constant([1, 80], "int32")], flat)
    dense = ended(file, flat, 80)
    path = file.write(tmp_path / "a.tflite")
    from hawx_hw.graph.pixels import Preprocessing
    from hawx_hw.importing.tflite_files.reading import read
    from tests.importing.tflite_files.comparing import images

    network = read(path, (3, 4, 5), Preprocessing(1.0))
    assert kinds(network) == ["Conv", "Flatten", "Linear"]
    pixels = images((3, 4, 5))
    expected = [dense @ np.einsum("fc,chw->fhw", weight, image).ravel() for image in pixels]
    np.testing.assert_allclose(next(network.outputs(pixels)), expected, rtol=1e-4, atol=1e-2)


def test_images_of_one_channel_as_vectors(tmp_path):
    for dims in ((20,), (4, 5), (4, 5, 1)):
        file = File()
        dense = ended(file, file.tensor((1, *dims)), 20)
        path = file.write(tmp_path / "a.tflite")
        check_float_of(path, (1, 4, 5), dense)


def check_float_of(path, shape, dense):
    from hawx_hw.graph.pixels import Preprocessing
    from hawx_hw.importing.tflite_files.reading import read
    from tests.importing.tflite_files.comparing import images

    network = read(path, shape, Preprocessing(1.0))
    pixels = images(shape)
    expected = pixels.reshape(len(pixels), -1) @ dense.T
    np.testing.assert_allclose(next(network.outputs(pixels)), expected, rtol=1e-5, atol=1e-3)


def test_concatenation_of_maps(tmp_path):
    file = File()
    x = file.tensor((1, 4, 3, 2))
    parts = [conv(file, x, (4, 3), 2, filters) for filters in (3, 1)]
    y = file.tensor((1, 4, 3, 6))
    file.operator("CONCATENATION", [parts[0][0], x, parts[1][0]], y)
    dense = ended(file, y, 72)
    path = file.write(tmp_path / "a.tflite")

    def formula(image):
        joined = [image @ parts[0][1].T, image, image @ parts[1][1].T]
        return dense @ np.concatenate(joined, axis=2).ravel()

    network = check_float(path, (2, 4, 3), formula)
    assert kinds(network) == ["Conv", "Conv", "Concat", "Flatten", "Linear"]


def test_concatenation_of_vectors(tmp_path):
    """Flattened maps: each keeps the order of the file."""
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y, weight = conv(file, x, (2, 3), 2)
    flat = [
        file.operator("RESHAPE", [each, file.constant([-1, size], "int32")], file.tensor((1, size)))
        for each, size in ((y, 24), (x, 12))
    ]
    z = file.operator("CONCATENATION", flat, file.tensor((1, 36)), Axis=1)
    dense = ended(file, z, 36)
    path = file.write(tmp_path / "a.tflite")
    check_float(
        path,
        (2, 2, 3),
        lambda image: dense @ np.concatenate([(image @ weight.T).ravel(), image.ravel()]),
    )


def test_concatenation_with_a_fused_function(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    file.operator("CONCATENATION", [x, x], file.tensor((1, 2, 3, 4)), FusedActivationFunction=1)
    assert "has a fused function" in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))


def test_one_tensor_is_no_concatenation(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y = file.operator("CONCATENATION", [x], file.tensor((1, 2, 3, 2)))
    dense = ended(file, y, 12)
    path = file.write(tmp_path / "a.tflite")
    network = check_float(path, (2, 2, 3), lambda image: dense @ image.ravel())
    assert kinds(network) == ["Flatten", "Linear"]


@pytest.mark.parametrize(
    ("sizes", "axis", "message"),
    [
        (((2, 3, 2), (2, 3, 2)), 1, "along another axis"),
        (((2, 3, 2), (2, 3, 2)), 9, "axes do not fit"),
        (((2, 3, 2), (3, 2, 2)), 3, "of different sizes"),
        (((2, 3, 2), (12,)), 1, "axes do not fit"),
        (((2, 6), (2, 6)), 2, "neither feature maps nor vectors"),
    ],
)
def test_other_concatenations(tmp_path, sizes, axis, message):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    parts = [
        file.operator("RESHAPE", [x, file.constant([1, *size], "int32")], file.tensor((1, *size)))
        for size in sizes
    ]
    file.operator("CONCATENATION", parts, file.tensor((0,)), Axis=axis)
    assert message in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))


@pytest.mark.parametrize(
    ("kind", "numbers"),
    [
        ("RESHAPE", [1, 13]),
        ("RESHAPE", [-1, 5]),
        ("RESHAPE", [-1, -1]),
        ("RESHAPE", [1, 0]),
        ("RESHAPE", [2, 6]),
        ("RESHAPE", [12]),
        ("RESHAPE", [2**31 - 1, 2**31 - 1, 4]),
        ("TRANSPOSE", [0, 1, 2]),
        ("TRANSPOSE", [1, 0, 2, 3]),
        ("TRANSPOSE", [0, 1, 1, 2]),
    ],
)
def test_other_layouts(tmp_path, kind, numbers):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y = file.operator(kind, [x, file.constant(numbers, "int32")], file.tensor((0,)))
    ended(file, y, 12)
    text = refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    assert ("reshapes (1, 2, 3, 2)" if kind == "RESHAPE" else "transposes 4 axes") in text


def test_layers_that_need_channels_last(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y = file.tensor((1, 2, 2, 3))
    file.operator("TRANSPOSE", [x, file.constant([0, 3, 1, 2], "int32")], y)
    conv(file, y, (2, 2), 3)
    text = refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))
    assert "expects a feature map (height, width, channels)" in text


def test_codes_copied_to_another_scale(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2), "int8", scale=1.0, zero_point=-128)
    y = file.tensor((1, 12), "int8", scale=0.5, zero_point=-128)
    file.operator("RESHAPE", [x, file.constant([-1, 12], "int32")], y)
    assert "another scale" in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))
