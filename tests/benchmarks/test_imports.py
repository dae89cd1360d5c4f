"""The table of imports, and one network in two forms: as a TFLite and as an ONNX file."""

from __future__ import annotations

import numpy as np
import pytest
from imports import CASES, HEAD, Case, compared, lines, litert, litert_reference, measure

from hawx_hw import datasets
from hawx_hw.datasets import Split
from hawx_hw.graph import fast
from hawx_hw.graph.pixels import Preprocessing
from hawx_hw.importing.onnx_files.reading import read as read_onnx
from hawx_hw.importing.tflite_files.reading import read
from hawx_hw.quantize.calibration import quantize_layers
from tests.importing.tflite_files.building import File
from tests.importing.tflite_files.comparing import images, kinds
from tests.importing.tflite_files.random_files import random_file
from tests.material import material

onnx = pytest.importorskip("onnx", reason="onnx is missing")

from written_onnx import write_onnx  # noqa: E402

WRITTEN = {"Conv", "Linear", "MaxPool", "AveragePool", "Add", "Concat", "Flatten", "Clamp"}


def both(tmp_path, path, shape):
    """A TFLite file as read, and the ONNX file written of it as read."""
    network = read(path, shape, Preprocessing(1.0))
    write_onnx(network.layers, tmp_path / "a.onnx")
    return network, read_onnx(tmp_path / "a.onnx", shape, Preprocessing(1.0))


def test_two_forms_of_one_network(tmp_path):
    seen = set()
    for seed in range(40):
        file, shape = random_file(seed)
        path = file.write(tmp_path / "a.tflite")
        if not set(kinds(read(path, shape))) <= WRITTEN:
            continue
        first, second = both(tmp_path, path, shape)
        seen |= set(kinds(first))
        pixels = images(shape, 4)
        for one, other in zip(first.outputs(pixels), second.outputs(pixels), strict=True):
            np.testing.assert_allclose(one, other, rtol=1e-4, atol=1e-4)
        graphs = [quantize_layers(each.layers, pixels, name="net") for each in (first, second)]
        codes = [fast.run(graph, graph.codes(pixels)) for graph in graphs]
        np.testing.assert_array_equal(*codes)
    assert seen >= WRITTEN - {"Clamp"}


def test_resnet8_in_two_forms(tmp_path):
    """Bit for bit equal after quantization."""
    path = material("models/mlperf_resnet8_float.tflite")
    pixels = np.load(material("data/cifar10/test_1000.npz"))["x"][:16].transpose(0, 3, 1, 2)
    pixels = np.ascontiguousarray(pixels)
    graphs = [
        quantize_layers(each.layers, pixels, name="net")
        for each in both(tmp_path, path, (3, 32, 32))
    ]
    codes = [fast.run(graph, graph.codes(pixels)) for graph in graphs]
    np.testing.assert_array_equal(*codes)


def test_lines_of_a_file():
    test = Split(np.zeros((4, 1, 2, 2), np.uint8), np.array([0, 1, 1, 0]))
    ours = np.array([[3.0, 1.0], [1.0, 2.0], [2.0, 1.0], [4.0, 0.0]])
    swapped = ours[:, ::-1]
    theirs = {"one": 2 * ours, "other": swapped}
    table = list(compared("net", test, ours, theirs, 0.5, 7.2))
    assert table[0] == ["net", "4", "50.00", "75.00", "one", "75.00", "1.00000", "100.00", "7"]
    correlation = np.corrcoef(ours.ravel(), swapped.ravel())[0, 1]
    assert table[1][5:8] == ["25.00", f"{correlation:.5f}", "0.00"]
    assert table[2][4:8] == ["one and other", "", f"{correlation:.5f}", "0.00"]


def test_what_is_missing_is_named(tmp_path):
    table = lines(tmp_path, None, "")
    assert [line[0] for line in table] == [case.file for case in CASES]
    assert all(len(line) == len(HEAD) and line[1].startswith("missing in") for line in table)


def test_a_small_file(tmp_path):
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is missing")
    dataset = datasets.load("digits")
    _, height, width = dataset.shape
    file = File()
    x = file.tensor((1, height, width, 1), "int8", scale=1.0, zero_point=-128)
    random = np.random.default_rng(0)
    weight = file.tensor(
        (10, height * width), "int8", scale=0.01,
        data=random.integers(-127, 128, (10, height * width)).astype(np.int8),
    )  # fmt: skip
    y = file.tensor((1, 10), "int8", scale=4.0, zero_point=3)
    file.operator("FULLY_CONNECTED", [x, weight, -1], y)
    file.operator("SOFTMAX", [y], file.tensor((1, 10), "int8", scale=1 / 256, zero_point=-128))
    file.write(tmp_path / "small.tflite")
    case = Case("small.tflite", "digits", {"a": litert, "b": litert_reference})
    table = measure(case, tmp_path, dataset, 50)
    assert [line[4] for line in table] == ["a", "b", "a and b"]
    assert all(float(line[6]) > 0.999 for line in table)
    assert all(float(line[7]) >= 98 for line in table)
