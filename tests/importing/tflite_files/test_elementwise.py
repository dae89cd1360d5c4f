import math

import numpy as np
import pytest

from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.tflite_files.elementwise import CLAMPS
from hawx_hw.importing.tflite_files.reading import read
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import check_float, kinds, refusal

RANDOM = np.random.default_rng(4)
SMALL = Preprocessing(1 / 16, (8.0,))
"""Images as values of -8 to 8, where functions bend."""


def start(file, size=8):
    """A layer of a vector; the weight."""
    x = file.tensor((1, 1, 1, size))
    weight = RANDOM.normal(size=(5, size)).astype(np.float32) / 8
    y = file.tensor((1, 5))
    return file.operator("FULLY_CONNECTED", [x, file.constant(weight), -1], y), weight


FUNCTIONS = {
    "ABS": (np.abs, {}),
    "ELU": (lambda x: np.where(x > 0, x, np.expm1(x)), {}),
    "GELU": (np.vectorize(lambda x: x * (1 + math.erf(x / math.sqrt(2))) / 2), {}),
    "HARD_SWISH": (lambda x: x * np.clip(x + 3, 0, 6) / 6, {}),
    "LEAKY_RELU": (lambda x: np.where(x > 0, x, 0.25 * x), {"Alpha": 0.25}),
    "LOGISTIC": (lambda x: 1 / (1 + np.exp(-x)), {}),
    "NEG": (np.negative, {}),
    "TANH": (np.tanh, {}),
} | {kind: (lambda x, ends=ends: np.clip(x, *ends), {}) for kind, ends in CLAMPS.items()}


@pytest.mark.parametrize("kind", sorted(FUNCTIONS))
def test_functions(tmp_path, kind):
    function, options = FUNCTIONS[kind]
    file = File()
    y, weight = start(file)
    file.operator(kind, [y], file.tensor((1, 5)), **options)
    path = file.write(tmp_path / "a.tflite")
    network = read(path, (8, 1, 1), SMALL)
    pixels = np.random.default_rng(0).integers(0, 256, (20, 8, 1, 1)).astype(np.uint8)
    inputs = pixels.reshape(20, 8) / 16 - 8
    np.testing.assert_allclose(
        next(network.outputs(pixels)), function(inputs @ weight.T), atol=1e-5
    )
    check_float(path, (8, 1, 1))  # against the interpreter


def test_gelu_by_its_usual_approximation(tmp_path):
    file = File()
    y, _ = start(file)
    file.operator("GELU", [y], file.tensor((1, 5)), Approximate=True)
    network = check_float(file.write(tmp_path / "a.tflite"), (8, 1, 1))
    assert network.layers.layers[-1].function == "gelu_tanh"


def test_clamps_are_fused(tmp_path):
    file = File()
    y, _ = start(file)
    file.operator("RELU", [y], file.tensor((1, 5)))
    network = check_float(file.write(tmp_path / "a.tflite"), (8, 1, 1))
    assert kinds(network) == ["Flatten", "Linear"]
    assert network.layers.layers[-1].low == 0


def test_add(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    weight = RANDOM.normal(size=(2, 1, 1, 2)).astype(np.float32)
    y = file.tensor((1, 2, 3, 2))
    file.operator("CONV_2D", [x, file.constant(weight)], y)
    z = file.operator("ADD", [y, x], file.tensor((1, 2, 3, 2)), FusedActivationFunction=1)
    dense = RANDOM.normal(size=(3, 12)).astype(np.float32)
    file.operator("FULLY_CONNECTED", [z, file.constant(dense), -1], file.tensor((1, 3)))
    path = file.write(tmp_path / "a.tflite")
    check_float(
        path,
        (2, 2, 3),
        lambda x: dense @ np.maximum(x @ weight[:, 0, 0].T + x, 0).ravel(),
    )


@pytest.mark.parametrize("dims", [(1, 12), (1, 3, 2, 2), (1, 1, 1, 2)])
def test_add_of_other_shapes(tmp_path, dims):
    file = File()
    x = file.tensor((1, 2, 3, 2))
    y = file.tensor(dims)
    if dims[-1] * dims[1] < 6:
        file.operator("MEAN", [x, file.constant([1, 2], "int32")], y, KeepDims=True)
    else:
        file.operator("RESHAPE", [x, file.constant(dims, "int32")], y)
    file.operator("ADD", [y, x], file.tensor((0,)))
    assert "which must be one shape" in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 3))


def test_add_in_other_layouts(tmp_path):
    file = File()
    x = file.tensor((1, 2, 2, 2))
    y = file.tensor((1, 2, 2, 2))
    file.operator("TRANSPOSE", [x, file.constant([0, 2, 1, 3], "int32")], y)
    file.operator("ADD", [y, x], file.tensor((1, 2, 2, 2)))
    assert "in different layouts" in refusal(file.write(tmp_path / "a.tflite"), (2, 2, 2))


OPERATIONS = {
    ("MUL", 1): lambda x, c: x * c, ("MUL", 0): lambda x, c: x * c,
    ("ADD", 1): lambda x, c: x + c, ("ADD", 0): lambda x, c: x + c,
    ("SUB", 1): lambda x, c: x - c, ("SUB", 0): lambda x, c: c - x,
    ("DIV", 1): lambda x, c: x / c,
}  # fmt: skip


@pytest.mark.parametrize(("kind", "position"), OPERATIONS)
@pytest.mark.parametrize("numbers", [[0.5], [0.5, 2.0, 4.0]])
@pytest.mark.parametrize("first", [True, False])
def test_changes_by_constants(tmp_path, kind, position, numbers, first):
    """At the input they become preprocessing, elsewhere a part of a layer."""
    operation = OPERATIONS[kind, position]
    file = File()
    x = file.tensor((1, 2, 3, 3))
    weight = RANDOM.normal(size=(3, 1, 1, 3)).astype(np.float32)

    def conv(source):
        y = file.tensor((1, 2, 3, 3))
        return file.operator("CONV_2D", [source, file.constant(weight)], y)

    source = x if first else conv(x)
    inputs = [source, file.constant(numbers)]
    changed = file.tensor((1, 2, 3, 3))
    file.operator(kind, inputs if position else inputs[::-1], changed)
    dense = RANDOM.normal(size=(3, 18)).astype(np.float32)
    last = conv(changed) if first else changed
    file.operator("FULLY_CONNECTED", [last, file.constant(dense), -1], file.tensor((1, 3)))
    path = file.write(tmp_path / "a.tflite")

    def formula(image):
        if first:
            return dense @ (operation(image, np.array(numbers)) @ weight[:, 0, 0].T).ravel()
        return dense @ operation(image @ weight[:, 0, 0].T, np.array(numbers)).ravel()

    network = check_float(path, (3, 2, 3), formula)
    names = ["Conv", "Flatten", "Linear"]
    # A negative gain is no preprocessing: it becomes a layer.
    assert kinds(network) == (
        ["Conv", *names] if (kind, position, first) == ("SUB", 0, True) else names
    )


@pytest.mark.parametrize(
    ("kind", "inputs", "message"),
    [
        ("DIV", lambda f, x: [f.constant([1.0]), x], "divides by what is computed"),
        ("DIV", lambda f, x: [x, f.constant([0.0])], "or by zero"),
        ("MUL", lambda f, x: [x, f.constant([1.0, 2.0])], "one number, or one a channel"),
        (
            "MUL",
            lambda f, x: [x, f.constant([[1.0], [2.0], [3.0]])],
            "one number, or one a channel",
        ),
        ("MUL", lambda f, x: [x, x], "works on two computed tensors"),
        ("ADD", lambda f, x: [f.constant([1.0]), f.constant([1.0])], "or on none"),
        ("MUL", lambda f, x: [x, f.constant([np.inf])], "numbers that are not finite"),
    ],
)
def test_other_arithmetic(tmp_path, kind, inputs, message):
    file = File()
    x = file.tensor((1, 2, 3, 3))
    file.operator(kind, inputs(file, x), file.tensor((1, 2, 3, 3)))
    assert message in refusal(file.write(tmp_path / "a.tflite"), (3, 2, 3))


def test_an_input_that_several_layers_read_is_not_changed_for_all(tmp_path):
    file = File()
    x = file.tensor((1, 2, 3, 3))
    y = file.operator("MUL", [x, file.constant([2.0])], file.tensor((1, 2, 3, 3)))
    z = file.operator("ADD", [x, y], file.tensor((1, 2, 3, 3)))
    dense = RANDOM.normal(size=(3, 18)).astype(np.float32)
    file.operator("FULLY_CONNECTED", [z, file.constant(dense), -1], file.tensor((1, 3)))
    path = file.write(tmp_path / "a.tflite")
    check_float(path, (3, 2, 3), lambda image: dense @ (3 * image).ravel())


def test_weights_of_half_precision(tmp_path):
    """Converters store them so, and let the file convert them."""
    weight = RANDOM.normal(size=(4, 8)).astype(np.float16)
    file = File()
    x = file.tensor((1, 1, 1, 8))
    full = file.tensor((4, 8))
    file.operator("DEQUANTIZE", [file.constant(weight, "float16")], full)
    file.operator("FULLY_CONNECTED", [x, full, -1], file.tensor((1, 4)))
    path = file.write(tmp_path / "a.tflite")
    network = check_float(path, (8, 1, 1), lambda x: weight.astype(float) @ x.ravel())
    assert kinds(network) == ["Flatten", "Linear"]
