"""``hawx import``: what it prints of a file, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hawx_hw.cli import main as cli
from tests.importing.tflite_files.building import File


def network(path: Path, *, integers: bool = False) -> Path:
    """A convolution with RELU6, a flattening and a matrix product, then a softmax."""
    random = np.random.default_rng(0)
    kind, encoding = ("int8", {"scale": 1 / 4, "zero_point": -10}) if integers else ("float32", {})
    file = File()
    first = {"scale": 1.0, "zero_point": -128} if integers else {}

    def weights(*shape: int) -> int:
        if not integers:
            return file.constant(random.normal(size=shape) / 30)
        return file.tensor(
            shape, "int8", data=random.integers(-127, 128, shape).astype(np.int8), scale=0.0004
        )

    x = file.tensor((1, 6, 5, 3), kind, **first)
    y = file.tensor((1, 4, 3, 4), kind, **encoding)
    bias = file.constant(np.zeros(4), "int32" if integers else "float32")
    file.operator("CONV_2D", [x, weights(4, 3, 3, 3), bias], y, FusedActivationFunction=3)
    z = file.tensor((1, 3), kind, **encoding)
    file.operator("FULLY_CONNECTED", [y, weights(3, 48), -1], z)
    last = {"scale": 1 / 256, "zero_point": -128} if integers else {}
    file.operator("SOFTMAX", [z], file.tensor((1, 3), kind, **last))
    return file.write(path)


def hawx(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(["import", *map(str, words)])
    output = capsys.readouterr()
    assert end.value.code == 0, output.err
    return output.out


def refused(capsys: pytest.CaptureFixture[str], *words: object) -> str:
    with pytest.raises(SystemExit) as end:
        cli.main(["import", *map(str, words)])
    assert end.value.code == 2
    (message,) = (line for line in capsys.readouterr().err.splitlines() if "hawx: " in line)
    return message


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    pixels = np.random.default_rng(1).integers(0, 256, (6, 5, 3)).astype(np.uint8)
    Image.fromarray(pixels).save(tmp_path / "photo.png")
    return tmp_path / "photo.png"


def test_table(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    lines = hawx(capsys, network(tmp_path / "net.tflite")).splitlines()
    assert lines[0].split() == ["layer", "kind", "reads", "shape", "parameters", "MACs", "clamp"]
    assert lines[1].split() == ["tensor3", "conv", "input", "4x4x3", "112", "1,296", "0..6"]
    assert lines[3].split() == ["tensor5", "linear", "flatten", "3", "147", "144"]
    assert lines[4] == "259 parameters, 1,440 MACs; floating point"
    assert any("SOFTMAX at the end: left out" in line for line in lines[5:])


def test_json(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = network(tmp_path / "net.tflite", integers=True)
    content = json.loads(hawx(capsys, path, "--json"))
    assert content["quantized"]
    assert content["shape"] == [3, 6, 5]
    assert content["preprocess"] == {"scale": 1.0, "mean": [0.0], "std": [1.0]}
    assert [layer["kind"] for layer in content["layers"]] == ["conv", "flatten", "linear"]
    assert content["differences"] is None
    assert len(content["notes"]) == 2


@pytest.mark.parametrize("integers", [True, False])
def test_beside_its_runtime(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], photo: Path, integers: bool
) -> None:
    pytest.importorskip("ai_edge_litert", reason="ai-edge-litert is missing")
    path = network(tmp_path / "net.tflite", integers=integers)
    content = json.loads(hawx(capsys, path, "--image", photo, "--json"))
    assert [each["layer"] for each in content["differences"]] == ["tensor3", "tensor5"]
    limit = 1 if integers else 1e-5
    assert all(each["largest"] <= limit for each in content["differences"])
    printed = hawx(capsys, path, "--image", photo)
    assert "largest difference" in printed
    assert ("runtime, in codes" if integers else "relative to the layer's largest") in printed


def test_other_shapes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = network(tmp_path / "net.tflite")
    assert "takes images of (6, 5, 3)" in refused(capsys, path, "--shape", "3x6x6")
    for text in ("3x6", "3x6x0", "axbxc", "3x6x6x6", ""):
        assert "such as 3x32x32" in refused(capsys, path, "--shape", text)


def test_other_images(tmp_path: Path, capsys: pytest.CaptureFixture[str], photo: Path) -> None:
    path = network(tmp_path / "net.tflite")
    Image.new("L", (5, 5)).save(tmp_path / "small.png")
    message = refused(capsys, path, "--image", tmp_path / "small.png")
    assert "the shape 3x5x5, and the network takes 3x6x5" in message
    assert "cannot be read" in refused(capsys, path, "--image", path)
    assert "No such file" in refused(capsys, path, "--image", tmp_path / "none.png")


def test_hostile_files(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    path = network(tmp_path / "net.tflite")
    content = path.read_bytes()
    for damaged in (b"", content[:100], content[:8] + b"\xff" * 500, bytes(1000)):
        path.write_bytes(damaged)
        assert "TFLite file" in refused(capsys, path)
    assert "is no file of a network" in refused(capsys, tmp_path / "net.bin")


def test_what_becomes_of_a_pixel(capsys: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    path = network(tmp_path / "net.tflite")
    words = ("--mean", "0.5,0.25,0.125", "--std", "0.5", "--scale", "0.0078125", "--json")
    content = json.loads(hawx(capsys, path, *words))
    assert content["preprocess"] == {"scale": 1 / 128, "mean": [0.5, 0.25, 0.125], "std": [0.5]}


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--mean", "0.5,half"), "--mean: '0.5,half' is no list of numbers"),
        (("--std", "0"), "--std: std must be above 0"),
        (("--scale", "-1"), "--scale: Input should be greater than 0"),
        (("--mean", "1,2", "--std", "1,2,3"), "--std: mean and std must be one number"),
        (("--mean", "nan"), "--mean: mean must be finite"),
    ],
)
def test_what_can_become_of_no_pixel(
    capsys: pytest.CaptureFixture[str], tmp_path: Path, words: tuple[str, ...], message: str
) -> None:
    assert message in refused(capsys, network(tmp_path / "net.tflite"), *words)
