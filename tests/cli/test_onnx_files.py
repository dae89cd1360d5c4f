"""ONNX files through the command: good ones run, damaged and hostile ones end with one message."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import onnx
import pytest
from onnx import TensorProto, helper

from tests.fuzz.running import run_hawx
from tests.importing.onnx_files.models import model, node, random, save

SHAPE = (1, 28, 28)
CONFIG = "name: tiny\nnetwork: {{model: {}, dataset: digits, calibration_images: 16}}\n"
NODES = [
    node("Conv", ["x", "w"], ["c"], name="conv1", strides=[3, 3]), node("Flatten", ["c"], ["f"]),
    node("Gemm", ["f", "v"], ["y"]),
]  # fmt: skip
CONSTANTS = {"w": random(4, 1, 3, 3), "v": random(324, 10)}


def good() -> onnx.ModelProto:
    return model(NODES, CONSTANTS, shape=("n", *SHAPE))


def run(folder: Path, name: str = "net.onnx", until: str = "quantize"):
    (folder / "tiny.yaml").write_text(CONFIG.format(name), "utf-8")
    return run_hawx(["run", "tiny.yaml", "--until", until], folder)


def test_a_network_of_a_file(tmp_path):
    save(tmp_path, good(), "net.onnx")
    end = run(tmp_path)
    assert end.status == 0, end.errors
    assert (tmp_path / "build" / "tiny" / "quantize.json").is_file()


def test_weights_beside_the_file_are_watched(tmp_path):
    """A change of the file with the weights is a change of the network."""
    path = tmp_path / "net.onnx"
    onnx.save(good(), path, save_as_external_data=True, location="w.data", size_threshold=0)
    assert run(tmp_path).status == 0
    result = tmp_path / "build" / "tiny" / "quantized.npz"
    before = result.read_bytes()
    data = bytearray((tmp_path / "w.data").read_bytes())
    data[:144] = np.random.default_rng(1).normal(size=36).astype(np.float32).tobytes()
    (tmp_path / "w.data").write_bytes(data)
    assert run(tmp_path).status == 0
    assert result.read_bytes() != before


def _changed(change: Callable[[onnx.ModelProto], object]) -> bytes:
    made = good()
    change(made)
    return made.SerializeToString()


def _gigantic(made: onnx.ModelProto) -> None:
    made.graph.initializer[0].dims[:] = [1 << 30, 1, 3, 3]


def _external(made: onnx.ModelProto) -> None:
    tensor = made.graph.initializer[0]
    tensor.ClearField("raw_data")
    tensor.data_location = TensorProto.EXTERNAL
    tensor.external_data.add(key="location", value="../../etc/passwd")


def _not_finite(made: onnx.ModelProto) -> None:
    tensor = made.graph.initializer[0]
    tensor.raw_data = np.full(36, np.nan, np.float32).tobytes()


def _cyclic(made: onnx.ModelProto) -> None:
    made.graph.node[0].input[0] = "f"


def _huge_constant(made: onnx.ModelProto) -> None:
    made.graph.initializer.append(
        helper.make_tensor("s", TensorProto.INT64, [2], [1 << 30, 1 << 30])
    )
    made.graph.node.insert(2, node("ConstantOfShape", ["s"], ["big"]))
    made.graph.node.insert(3, node("Add", ["f", "big"], ["g"]))
    made.graph.node[4].input[0] = "g"


def _many_filters(made: onnx.ModelProto) -> None:
    made.graph.initializer[0].CopyFrom(
        onnx.numpy_helper.from_array(np.zeros((1 << 18, 1, 1, 1), np.float32), "w")
    )


def _bomb() -> bytes:
    body = b"\x0a\x00" * 600_000  # empty nodes, of two bytes each
    length, digits = len(body), b""
    while length >= 128:
        length, digits = length // 128, digits + bytes([length % 128 + 128])
    return b"\x3a" + digits + bytes([length]) + body


HOSTILE: dict[str, tuple[Callable[[], bytes], str]] = {
    "truncated": (lambda: good().SerializeToString()[:-200], "a damaged one"),
    "zip": (lambda: b"PK\x03\x04" + bytes(1000), "no ONNX file"),
    "gigantic shape": (lambda: _changed(_gigantic), "'w' of shape"),
    "external": (lambda: _changed(_external), "outside the folder"),
    "not a number": (lambda: _changed(_not_finite), "'conv1' (Conv) has a weight"),
    "cyclic": (lambda: _changed(_cyclic), "a cycle"),
    "custom": (
        lambda: _changed(lambda m: m.graph.node[0].MergeFrom(onnx.NodeProto(domain="my.own"))),
        "'conv1' (Conv) is of the domain 'my.own'",
    ),
    "constant": (lambda: _changed(_huge_constant), "is too large"),
    "tensor": (lambda: _changed(_many_filters), "at most 8,388,608 values"),
    "bomb": (_bomb, "more than 500,000 parts"),
}  # fmt: skip


@pytest.mark.parametrize("name", [name for name in HOSTILE if name != "bomb"])
def test_hostile_files(tmp_path, name):
    make, why = HOSTILE[name]
    content = make()
    (tmp_path / "net.onnx").write_bytes(content)
    end = run(tmp_path)
    assert end.status == 2
    assert end.fault is None
    (message,) = [line for line in end.errors.splitlines() if line.startswith("hawx: ")]
    assert "network.model" in message
    assert "net.onnx" in message
    assert why in message


@pytest.mark.parametrize("kind", ["missing", "folder", "pipe", "outside"])
def test_what_is_no_file(tmp_path, kind):
    import os

    if kind == "folder":
        (tmp_path / "net.onnx").mkdir()
    elif kind == "pipe":
        os.mkfifo(tmp_path / "net.onnx")
    elif kind == "outside":
        (tmp_path / "net.onnx").symlink_to("/dev/zero")
    end = run(tmp_path)
    assert end.status == 2
    assert "network.model" in end.errors


def test_a_checkpoint_beside_the_file(tmp_path):
    save(tmp_path, good(), "net.onnx")
    text = CONFIG.format("net.onnx, checkpoint: x.safetensors")
    (tmp_path / "tiny.yaml").write_text(text, "utf-8")
    end = run_hawx(["run", "tiny.yaml", "--until", "quantize"], tmp_path)
    assert end.status == 2
    assert "network.checkpoint: the weights are in the file of network.model" in end.errors


def test_memory_is_bounded(tmp_path):
    """A process that may take 256 MiB of addresses more than Python and its libraries do."""
    paths = []
    for name in ("gigantic shape", "constant", "tensor", "bomb"):
        paths.append(tmp_path / f"{name}.onnx")
        paths[-1].write_bytes(HOSTILE[name][0]())
    program = (
        "import resource, sys; from pathlib import Path; import onnx, torch, numpy\n"
        "from hawx_hw.errors import UserError\n"
        "from hawx_hw.importing.onnx_files.reading import read\n"
        "pages = int(Path('/proc/self/statm').read_text().split()[0]) * resource.getpagesize()\n"
        "resource.setrlimit(resource.RLIMIT_AS, (pages + 2**28,) * 2)\n"
        "for path in sys.argv[1:]:\n"
        "    try:\n        read(Path(path), (1, 28, 28))\n"
        "    except UserError as error:\n        print(error)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", program, *map(str, paths)],
        capture_output=True, text=True, check=True,
    )  # fmt: skip
    messages = done.stdout.splitlines()
    assert len(messages) == len(paths)
    for path, message in zip(paths, messages, strict=True):
        assert HOSTILE[path.stem][1] in message
