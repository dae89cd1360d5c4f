"""docs/import.md: its examples run on small files, its tables are those of the code."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
from typer.testing import CliRunner

from hawx_hw import datasets
from hawx_hw.cli.main import app
from hawx_hw.importing.tflite_files import reading
from hawx_hw.quantize.result import QuantizeResult
from tests.importing.tflite_files.building import File

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
TFLITE = PAGE.partition("## TFLite files")[2]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", TFLITE, re.MULTILINE | re.DOTALL)


def classifier(path: Path) -> None:
    """A quantized file: the class whose mean image is the most similar to the image."""
    digits = datasets.load("digits")
    _, height, width = digits.shape
    size = height * width
    images = digits.train.images.reshape(-1, size) / 255
    means = np.stack([images[digits.train.labels == c].mean(axis=0) for c in range(10)])
    bias = -(means**2).sum(axis=1) / 2
    scale = np.float32(np.abs(means).max() / 127)
    outputs = images @ means.T + bias
    step = np.float32(np.ptp(outputs) / 255)
    zero_point = int(np.rint(-128 - outputs.min() / step))
    file = File()
    x = file.tensor((1, height, width, 1), "int8", scale=1 / 255, zero_point=-128)
    codes = np.rint(means / scale).astype(np.int8)
    weight = file.tensor((10, size), "int8", data=codes, scale=scale)
    biases = file.constant(np.rint(bias / (scale / 255)), "int32")
    y = file.tensor((1, 10), "int8", scale=step, zero_point=np.clip(zero_point, -128, 127))
    file.operator("FULLY_CONNECTED", [x, weight, biases], y)
    file.operator("SOFTMAX", [y], file.tensor((1, 10), "int8", scale=1 / 256, zero_point=-128))
    file.write(path)


def test_the_example(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (config,) = (text for kind, text in BLOCKS if kind == "yaml")
    (output,) = (text for kind, text in BLOCKS if not kind)
    classifier(tmp_path / "classifier.tflite")
    (tmp_path / "classifier.yaml").write_text(config)
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(app, ["run", "classifier.yaml", "--until", "quantize"])
    assert result.exit_code == 0, result.output
    for line in output.splitlines():
        assert line in result.output
    quantized = QuantizeResult.read(tmp_path / "build" / "classifier")
    assert quantized.accuracy.int8 > 0.8
    assert len(quantized.notes) == 2


def test_the_operators() -> None:
    table = TFLITE.partition("### Operators")[2].partition("Refused by name")[0]
    named = set(re.findall(r"\b[A-Z][A-Z0-9_]+\b", table))
    assert named == {*reading._OPERATORS, *reading._ENDS} - {"SHAPE"}
