import numpy as np
import pytest

from tests.importing.tflite_files import formulas
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import check_float, kinds, refusal

RANDOM = np.random.default_rng(2)


def ended(file, source, size):
    """A product with each number of a map, so that their order matters; returns its weight."""
    weight = RANDOM.normal(size=(3, size)).astype(np.float32)
    file.operator("FULLY_CONNECTED", [source, file.constant(weight), -1], file.tensor((1, 3)))
    return weight


def pooled(tmp_path, kind, shape, window, stride, same, size, **options):
    channels, height, width = shape
    file = File()
    x, y = file.tensor((1, height, width, channels)), file.tensor((1, *size, channels))
    file.operator(
        kind, [x], y, FilterHeight=window[0], FilterWidth=window[1], StrideH=stride[0],
        StrideW=stride[1], Padding=0 if same else 1, **options,
    )  # fmt: skip
    dense = ended(file, y, channels * size[0] * size[1])
    return file.write(tmp_path / "a.tflite"), dense


POOLS = [
    ((2, 6, 7), (2, 3), (2, 2), False, (3, 3)),
    ((2, 5, 7), (3, 3), (2, 2), True, (3, 4)),
    ((1, 6, 6), (2, 2), (1, 1), True, (6, 6)),
]


@pytest.mark.parametrize(("shape", "window", "stride", "same", "size"), POOLS)
def test_max_pool(tmp_path, shape, window, stride, same, size):
    path, dense = pooled(tmp_path, "MAX_POOL_2D", shape, window, stride, same, size)
    network = check_float(
        path, shape, lambda x: dense @ formulas.max_pool(x, window, stride, same).ravel()
    )
    assert kinds(network)[0] == "MaxPool"


def test_clamp_after_max_pool(tmp_path):
    path, dense = pooled(
        tmp_path, "MAX_POOL_2D", (2, 6, 6), (2, 2), (2, 2), False, (3, 3), FusedActivationFunction=3
    )
    network = check_float(
        path,
        (2, 6, 6),
        lambda x: dense @ np.clip(formulas.max_pool(x, (2, 2), (2, 2)), 0, 6).ravel(),
    )
    assert kinds(network)[:2] == ["MaxPool", "Clamp"]


@pytest.mark.parametrize(
    ("shape", "window", "stride", "same", "size"),
    [
        ((2, 6, 7), (2, 3), (2, 2), False, (3, 3)),
        ((2, 6, 6), (2, 2), (2, 2), True, (3, 3)),  # nothing is padded
        ((2, 3, 5), (4, 5), (4, 5), True, (1, 1)),  # one window, of which 3 x 5 are inside
        ((2, 3, 4), (5, 2), (3, 2), True, (1, 2)),
    ],
)
def test_average_pool(tmp_path, shape, window, stride, same, size):
    path, dense = pooled(
        tmp_path, "AVERAGE_POOL_2D", shape, window, stride, same, size, FusedActivationFunction=3
    )

    def formula(image):
        return dense @ np.clip(formulas.average_pool(image, window, stride, same), 0, 6).ravel()

    check_float(path, shape, formula)


@pytest.mark.parametrize(("shape", "window", "stride", "same", "size"), POOLS[1:])
def test_averages_of_the_inside_only(tmp_path, shape, window, stride, same, size):
    path, _ = pooled(tmp_path, "AVERAGE_POOL_2D", shape, window, stride, same, size)
    assert "averages over the pixels inside the map only" in refusal(path, shape)


@pytest.mark.parametrize("keep", [True, False])
@pytest.mark.parametrize(
    ("axes", "dims"), [([1, 2], (1, 1)), ([-2, -3], (1, 1)), ([1], (1, 5)), ([2], (4, 1))]
)
def test_mean(tmp_path, keep, axes, dims):
    file = File()
    x = file.tensor((1, 4, 5, 3))
    over = {axis % 4 for axis in axes}
    shape = [s for axis, s in enumerate((*dims, 3), 1) if keep or axis not in over]
    y = file.tensor((1, *shape))
    file.operator("MEAN", [x, file.constant(axes, "int32")], y, KeepDims=keep)
    flat = file.tensor((1, int(np.prod(shape))))
    file.operator("RESHAPE", [y, file.constant([1, flat and int(np.prod(shape))], "int32")], flat)
    dense = ended(file, flat, int(np.prod(shape)))
    path = file.write(tmp_path / "a.tflite")
    network = check_float(
        path, (3, 4, 5), lambda x: dense @ x.mean(axis=tuple(a - 1 for a in over)).ravel()
    )
    assert kinds(network)[0] == "AveragePool"


@pytest.mark.parametrize("axes", [[3], [0], [1, 2, 3], [7]])
def test_other_means(tmp_path, axes):
    file = File()
    x = file.tensor((1, 6, 6, 3))
    file.operator("MEAN", [x, file.constant(axes, "int32")], file.tensor((0,)), KeepDims=True)
    assert "averages over" in refusal(file.write(tmp_path / "a.tflite"))


def padded(file, amounts, shape=(6, 6, 3), **fill):
    x = file.tensor((1, *shape))
    size = [before + n + after for (before, after), n in zip(amounts, shape, strict=True)]
    y = file.tensor((1, *size))
    inputs = [x, file.constant([[0, 0], *amounts], "int32")]
    if fill:
        inputs.append(file.constant([fill["value"]]))
    file.operator("PADV2" if fill else "PAD", inputs, y)
    return y, size


AMOUNTS = [[1, 2], [0, 1], [0, 0]]


@pytest.mark.parametrize("same", [True, False])
def test_pad_before_a_convolution(tmp_path, same):
    file = File()
    amounts = [[1, 0], [0, 1], [0, 0]] if same else AMOUNTS
    y, size = padded(file, amounts)
    weight = RANDOM.normal(size=(2, 4, 3, 3)).astype(np.float32)
    out = (
        [-(-size[0] // 2), -(-size[1] // 2)]
        if same
        else [(size[0] - 4) // 2 + 1, (size[1] - 3) // 2 + 1]
    )
    z = file.tensor((1, *out, 2))
    file.operator(
        "CONV_2D", [y, file.constant(weight)], z, StrideH=2, StrideW=2, Padding=0 if same else 1
    )
    dense = ended(file, z, 2 * out[0] * out[1])
    path = file.write(tmp_path / "a.tflite")

    def formula(image):
        image = np.pad(image, amounts)
        return dense @ formulas.convolution(image, weight, np.zeros(2), (2, 2), same).ravel()

    network = check_float(path, (3, 6, 6), formula)
    assert any("is done by the layer after it" in note for note in network.notes)


def pool_after(file, y, size, kind):
    z = file.tensor((1, size[0] - 3, size[1] - 2, 3))
    file.operator(kind, [y], z, FilterHeight=4, FilterWidth=3)
    return z, ended(file, z, (size[0] - 3) * (size[1] - 2) * 3)


def test_pad_before_an_average(tmp_path):
    """Its zeros count, other than those of SAME."""
    file = File()
    _, dense = pool_after(file, *padded(file, AMOUNTS), "AVERAGE_POOL_2D")
    path = file.write(tmp_path / "a.tflite")
    check_float(
        path,
        (3, 6, 6),
        lambda x: dense @ formulas.average_pool(np.pad(x, AMOUNTS), (4, 3), (1, 1)).ravel(),
    )


@pytest.mark.parametrize("lowest", [-np.inf, np.finfo(np.float32).min])
def test_pad_with_the_lowest_before_a_maximum(tmp_path, lowest):
    file = File()
    _, dense = pool_after(file, *padded(file, AMOUNTS, value=lowest), "MAX_POOL_2D")
    path = file.write(tmp_path / "a.tflite")
    check_float(
        path,
        (3, 6, 6),
        lambda x: dense @ formulas.max_pool(np.pad(x, AMOUNTS), (4, 3), (1, 1)).ravel(),
    )


def test_pad_with_zero_before_a_maximum(tmp_path):
    """Right where nothing is below zero: after a convolution with RELU, but not of the image."""
    file = File()
    pool_after(file, *padded(file, AMOUNTS), "MAX_POOL_2D")
    assert "which may be larger" in refusal(file.write(tmp_path / "a.tflite"))

    file = File()
    weight = RANDOM.normal(size=(3, 1, 1, 3)).astype(np.float32)
    x, y = file.tensor((1, 6, 6, 3)), file.tensor((1, 6, 6, 3))
    file.operator("CONV_2D", [x, file.constant(weight)], y, FusedActivationFunction=1)
    z = file.tensor((1, 9, 7, 3))
    file.operator("PAD", [y, file.constant([[0, 0], *AMOUNTS], "int32")], z)
    _, dense = pool_after(file, z, (9, 7), "MAX_POOL_2D")
    path = file.write(tmp_path / "b.tflite")

    def formula(image):
        image = np.maximum(formulas.convolution(image, weight, np.zeros(3)), 0)
        return dense @ formulas.max_pool(np.pad(image, AMOUNTS), (4, 3), (1, 1)).ravel()

    check_float(path, (3, 6, 6), formula)


@pytest.mark.parametrize(
    ("amounts", "fill", "message"),
    [
        ([[0, 0], [0, 0], [0, 1]], {}, "adds to the batch or to the channels"),
        ([[0, -1], [0, 0], [0, 0]], {}, "four pairs"),
        ([[0, 4], [0, 0], [0, 0]], {}, "must be smaller than its window"),
        ([[0, 1], [0, 0], [0, 0]], {"value": 0.5}, "follows a PAD with 0.5"),
        ([[0, 1], [0, 0], [0, 0]], {"value": np.nan}, "follows a PAD with nan"),
    ],
)
def test_other_pads(tmp_path, amounts, fill, message):
    file = File()
    y, _ = padded(file, amounts, **fill)
    weight = np.ones((1, 4, 4, 3))
    file.operator("CONV_2D", [y, file.constant(weight)], file.tensor((0,)))
    assert message in refusal(file.write(tmp_path / "a.tflite"))


def test_pad_of_what_no_window_reads(tmp_path):
    file = File()
    y, size = padded(file, AMOUNTS)
    ended(file, y, int(np.prod(size)))
    assert "only windows can do its work" in refusal(file.write(tmp_path / "a.tflite"))
    file = File()
    padded(file, AMOUNTS)
    assert "no layer that computes its output" in refusal(file.write(tmp_path / "b.tflite"))


@pytest.mark.parametrize("key", ["FilterHeight", "StrideW"])
@pytest.mark.parametrize("size", [0, -1, 2**30])
def test_sizes_of_windows(tmp_path, key, size):
    options = {"FilterHeight": 2, "FilterWidth": 2, key: size}
    file = File()
    file.operator("MAX_POOL_2D", [file.tensor((1, 6, 6, 3))], file.tensor((0,)), **options)
    assert "which must be 1 or more" in refusal(file.write(tmp_path / "a.tflite"))
