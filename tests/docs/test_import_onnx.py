"""docs/import.md: the examples of ONNX files run on small ones, and the tables are complete."""

from __future__ import annotations

import logging
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn
from typer.testing import CliRunner

from hawx_hw import datasets
from hawx_hw.cli.main import app
from hawx_hw.importing.onnx_files import builder, ending, files, folding, operators
from hawx_hw.quantize.result import QuantizeResult

PAGE = (Path(__file__).parents[2] / "docs" / "import.md").read_text("utf-8")
ONNX = PAGE.partition("## ONNX files")[2].partition("\n## ")[0]
BLOCKS = re.findall(r"^```(\w*)\n(.*?)^```$", ONNX, re.MULTILINE | re.DOTALL)
MEAN, STD = 0.1307, 0.3081


def classifier() -> tuple[nn.Module, np.ndarray]:
    """A network of class means, and images as it takes them."""
    digits = datasets.load("digits")
    images = ((digits.train.images / 255 - MEAN) / STD).astype(np.float32)
    flat = images.reshape(len(images), -1)
    means = np.stack([flat[digits.train.labels == c].mean(axis=0) for c in range(10)])
    network = nn.Sequential(
        nn.Conv2d(1, 2, 1), nn.MaxPool2d(1), nn.Flatten(), nn.Linear(2 * flat.shape[1], 10),
        nn.Softmax(1),
    )  # fmt: skip
    with torch.no_grad():
        network[0].weight.copy_(torch.tensor([1.0, 0.5]).reshape(2, 1, 1, 1))
        network[0].bias.zero_()
        both = np.concatenate([means, means / 2], axis=1) / 1.25
        network[3].weight.copy_(torch.from_numpy(both))
        network[3].bias.copy_(torch.from_numpy(-(means**2).sum(axis=1) / 2))
    return network, images[:64]


def run(name: str, config: str) -> tuple[QuantizeResult, str]:
    Path(f"{name}.yaml").write_text(config, "utf-8")
    result = CliRunner().invoke(app, ["run", f"{name}.yaml", "--until", "quantize"])
    assert result.exit_code == 0, result.output
    return QuantizeResult.read(Path("build") / name), " ".join(result.output.split())


def test_the_examples(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    export, quantize = (text for kind, text in BLOCKS if kind == "python")
    first, second = (text for kind, text in BLOCKS if kind == "yaml")
    (output,) = (text for kind, text in BLOCKS if not kind)
    network, images = classifier()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(export, {"network": network})
    result, printed = run("classifier", first)
    assert " ".join(output.split()) in printed
    assert result.accuracy.int8 > 0.8
    logging.disable(logging.WARNING)
    try:
        exec(quantize, {"images": images})
    finally:
        logging.disable(logging.NOTSET)
    quantized, _ = run("classifier_int8", second)
    assert abs(quantized.accuracy.int8 - result.accuracy.int8) < 0.02


def test_the_operators() -> None:
    table = ONNX.partition("### Operators of ONNX")[2].partition("What depends")[0]
    first = [line.split("|")[1] for line in table.splitlines() if line.startswith("|")]
    named = set(re.findall(r"\b[A-Z]\w+", " ".join(first)))
    handled = {op for group in operators._HANDLERS.values() for op in group}
    assert named == handled | set(ending._DROPPED)


def test_the_limits() -> None:
    table = ONNX.partition("### Limits of ONNX files")[2]
    numbers = [int(n.replace(",", "")) for n in re.findall(r"\b\d[\d,]+\d\b", table)]
    assert numbers == [
        files._MOST_PARTS, builder._LARGEST_TENSOR, folding._LARGEST_NEW,
        builder._LARGEST_DIAGONAL,
    ]  # fmt: skip
    assert files.LARGEST_FILE + 1 == folding._LARGEST_SUM == 2 * 2**30
    assert files._OLDEST_OPSET == 9
