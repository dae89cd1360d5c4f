import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.importing.files import read_file, run_file
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.random_files import random_file


def tflite(tmp_path, seed=3):
    file, shape = random_file(seed)
    return file.write(tmp_path / "net.tflite"), shape


def onnx_of(tmp_path, path, shape):
    pytest.importorskip("onnxruntime", reason="onnxruntime is missing")
    from written_onnx import write_onnx

    write_onnx(read_file(path, shape).layers, tmp_path / "net.onnx")
    return tmp_path / "net.onnx"


def check_layers(path, network):
    """The layers of a network in floating point are those of its runtime."""
    image = np.random.default_rng(0).integers(0, 256, network.layers.shape).astype(np.uint8)
    source = run_file(path, network, image)
    inputs = network.layers.inputs(image[None], np.float32)
    compared = 0
    for name, values in network.layers.evaluate(inputs):
        if name in source:
            np.testing.assert_allclose(values[0].numpy(), source[name], rtol=1e-4, atol=1e-4)
            compared += 1
    assert name in source
    assert compared >= len(network.layers.layers) - 1


def test_tflite(tmp_path):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is missing")
    path, _ = tflite(tmp_path)
    check_layers(path, read_file(path))


def test_onnx(tmp_path):
    path, shape = tflite(tmp_path, 4)
    written = onnx_of(tmp_path, path, shape)
    check_layers(written, read_file(written))


def test_sizes_that_a_file_does_not_declare(tmp_path):
    file = File()
    file.operator(
        "FULLY_CONNECTED",
        [file.tensor((1, 12)), file.constant(np.ones((3, 12))), -1],
        file.tensor((1, 3)),
    )
    path = file.write(tmp_path / "net.tflite")
    with pytest.raises(UserError, match="does not declare the size") as caught:
        read_file(path)
    assert caught.value.where == "--shape"
    assert read_file(path, (1, 3, 4)).layers.shape == (1, 3, 4)


def test_other_files(tmp_path):
    with pytest.raises(UserError, match="is no file of a network") as caught:
        read_file(tmp_path / "net.pb")
    assert ".tflite" in caught.value.hint
