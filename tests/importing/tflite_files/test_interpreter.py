import sys

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.tflite_files.interpreter import Interpreter
from hawx_hw.importing.tflite_files.reading import read
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import images
from tests.importing.tflite_files.random_files import random_file


@pytest.fixture(autouse=True)
def _installed():
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is missing")


@pytest.mark.parametrize("exact", [True, False])
@pytest.mark.parametrize("seed", [1, 2, 3, 4, 5, 6])
def test_layer_by_layer(tmp_path, seed, exact):
    file, shape = random_file(seed)
    path = file.write(tmp_path / "a.tflite")
    network = read(path, shape, Preprocessing(1.0))
    pixels = images(shape, 2)
    assert network.source is None  # what the first layer reads
    numbers = network.tensors
    assert network.layers.layers[-1].name in numbers
    theirs = list(
        Interpreter(path, exact=exact).run(pixels, Preprocessing(1.0), [*numbers.values()])
    )
    for layer, values in network.layers.evaluate(network.layers.inputs(pixels)):
        if layer not in numbers:
            continue
        expected = np.stack([each[numbers[layer]] for each in theirs])
        scale = max(1.0, float(np.abs(expected).max()))
        np.testing.assert_allclose(values.numpy() / scale, expected / scale, atol=1e-5)


def test_integers(tmp_path):
    file = File()
    x = file.tensor((1, 2, 2, 3), "uint8", scale=0.5, zero_point=10)
    y = file.tensor((1, 2, 2, 3), "int8", scale=0.25, zero_point=-100)
    file.operator("QUANTIZE", [x], y)
    path = file.write(tmp_path / "a.tflite")
    pixels = np.arange(12, dtype=np.uint8).reshape(1, 3, 2, 2) * 20
    (values,) = Interpreter(path).run(pixels, Preprocessing(0.5, (5.0,)), [str(x), str(y)])
    np.testing.assert_array_equal(values[str(x)], (pixels[0] - 10.0) * 0.5)
    expected = np.clip((pixels[0] - 10.0) * 0.5, -28 * 0.25, 227 * 0.25)
    np.testing.assert_array_equal(values[str(y)], expected)


def test_package_is_missing(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "ai_edge_litert", None)
    with pytest.raises(UserError, match="is missing") as caught:
        Interpreter(tmp_path / "a.tflite")
    assert "pip install ai-edge-litert" in caught.value.hint


def test_refused_files(tmp_path):
    file = File()
    file.operator("CUSTOM Mine", [file.tensor((1, 2, 2, 3))], file.tensor((1, 3)))
    path = file.write(tmp_path / "a.tflite")
    with pytest.raises(UserError, match="The TFLite interpreter refuses"):
        Interpreter(path)


def test_a_file_for_several_images_at_once(tmp_path):
    file = File()
    x, y = file.tensor((3, 2, 2, 3)), file.tensor((3, 2, 2, 3))
    file.operator("NEG", [x], y)
    path = file.write(tmp_path / "a.tflite")
    pixels = np.arange(24, dtype=np.uint8).reshape(2, 3, 2, 2)
    for image, values in zip(
        pixels, Interpreter(path).run(pixels, Preprocessing(1.0), [str(y)]), strict=True
    ):
        np.testing.assert_array_equal(values[str(y)], -1.0 * image)
