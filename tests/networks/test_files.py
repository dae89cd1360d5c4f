"""The files of trained networks."""

from __future__ import annotations

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from hawx_hw.networks import files
from hawx_hw.networks.files import (
    checkpoint_files,
    default_checkpoint,
    held_out,
    record_of,
    shipped_checkpoint,
)

SHIPPED = [
    ("lenet5", "digits"),
    ("lenet5", "mnist"),
    ("resnet8", "cifar10"),
    ("resnet20", "cifar10"),
]


@pytest.mark.parametrize(("model", "dataset"), SHIPPED)
def test_the_shipped_checkpoint_and_its_record(model: str, dataset: str) -> None:
    path = shipped_checkpoint(model, dataset)
    assert path is not None
    assert path.stat().st_size < 1_200_000
    assert checkpoint_files(model, dataset, None) == {
        "checkpoint": path,
        "record": path.with_suffix(".json"),
    }


def test_none_is_shipped() -> None:
    assert shipped_checkpoint("lenet5", "own.npz") is None
    assert checkpoint_files("lenet5", "own.npz", None) == {}


def test_one_that_is_given(tmp_path: Path) -> None:
    path = tmp_path / "own.safetensors"
    assert checkpoint_files("lenet5", "digits", path) == {"checkpoint": path}
    record_of(path).write_text("{}", encoding="utf-8")
    assert checkpoint_files("lenet5", "digits", path) == {
        "checkpoint": path,
        "record": tmp_path / "own.json",
    }


def test_weights_of_an_installed_package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The package is not imported: it may do anything."""
    monkeypatch.syspath_prepend(tmp_path)
    monkeypatch.setitem(files._PACKAGES, "vgg11", ("nf_weights", "models/a.pth"))
    assert default_checkpoint("vgg11", "cifar10") is None
    package = tmp_path / "nf_weights"
    (package / "models").mkdir(parents=True)
    (package / "__init__.py").write_text("raise SystemExit")
    importlib.invalidate_caches()
    assert default_checkpoint("vgg11", "cifar10") is None
    (package / "models" / "a.pth").touch()
    assert default_checkpoint("vgg11", "cifar10") == package / "models" / "a.pth"
    assert checkpoint_files("vgg11", "cifar10", None) == {"checkpoint": package / "models/a.pth"}
    assert default_checkpoint("lenet5", "digits") == shipped_checkpoint("lenet5", "digits")


def test_torch_is_not_needed() -> None:
    code = "import sys, hawx_hw.networks.files; sys.exit('torch' in sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_what_a_training_left_out_is_read_from_its_record(tmp_path: Path) -> None:
    checkpoint, record = tmp_path / "a.safetensors", tmp_path / "a.json"
    checkpoint.touch()
    assert not held_out("lenet5", "own.npz", checkpoint, "ab")
    record.write_text('{"held_out_sha256": "ab"}')
    assert held_out("lenet5", "own.npz", checkpoint, "ab")
    assert not held_out("lenet5", "own.npz", checkpoint, "cd")
    for text in ("{}", "[]", "{", '{"held_out_sha256": null}'):
        record.write_text(text)
        assert not held_out("lenet5", "own.npz", checkpoint, "ab")
    assert not held_out("lenet5", "no such data set", None, "ab")
