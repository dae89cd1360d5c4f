"""A small data set and a network trained on it for a moment, for the tests of the stages."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.config.load import load_config, located
from hawx_hw.datasets import load
from hawx_hw.errors import UserError
from hawx_hw.networks import train
from hawx_hw.pipeline.order import pipeline_of
from hawx_hw.pipeline.stage import Outcome
from hawx_hw.util.progress import console_for

CONFIG = """\
name: tiny
network:
  model: lenet5
  dataset: tiny.npz
  checkpoint: tiny.safetensors
  calibration_images: 16
accelerator:
  rows: 4
  columns: 4
verify:
  images: 2
  traced_images: 1
"""


@pytest.fixture(autouse=True)
def users_modules(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Modules of Python blocks are loaded anew in the next test, which may hold others."""
    monkeypatch.setattr(sys, "path", [*sys.path])
    yield
    for name in [name for name in sys.modules if name.startswith("own_")]:
        del sys.modules[name]


@pytest.fixture(scope="session")
def material(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with ``tiny.npz``, 60 images of 2 x 12 x 13, and ``tiny.safetensors``."""
    folder = tmp_path_factory.mktemp("material")
    rng = np.random.default_rng(5)
    labels = np.arange(60) % 3
    images = rng.integers(0, 256, (60, 2, 12, 13)) // (1 + labels.reshape(-1, 1, 1, 1))
    np.savez(folder / "tiny.npz", x=images.astype(np.uint8), y=labels)
    data = load(str(folder / "tiny.npz"))
    train("lenet5", data, seed=1, epochs=1, output=folder / "tiny.safetensors")
    return folder


#: Runs stages of the config in ``tiny.yaml``; the folder is the first argument.
Run = Callable[[Path, str], Sequence[Outcome]]


def run_stages(folder: Path, stage: str) -> Sequence[Outcome]:
    """Run what a stage needs, and itself, for ``tiny.yaml`` in a folder, as the command does."""
    path = folder / "tiny.yaml"
    config = load_config(path)
    try:
        console = console_for(silent=True)
        pipeline = pipeline_of(config, folder / "build", console, base=path.parent)
        return pipeline.run(pipeline.needed(stage))
    except UserError as error:
        raise located(error, path) from error


@pytest.fixture
def run() -> Run:
    """:func:`run_stages`."""
    return run_stages


def started(source: Path, folder: Path, stage: str) -> Path:
    """A copy of a project in ``folder`` where a stage, and what it needs, has run."""
    shutil.copytree(source, folder, dirs_exist_ok=True)
    run_stages(folder, stage)
    return folder


@pytest.fixture(scope="session")
def unbuilt(material: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The material and ``tiny.yaml``; not to be changed."""
    folder = tmp_path_factory.mktemp("unbuilt") / "project"
    shutil.copytree(material, folder)
    (folder / "tiny.yaml").write_text(CONFIG)
    return folder


@pytest.fixture(scope="session")
def quantized(unbuilt: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with ``quantize`` and ``accelerator`` up to date; not to be changed."""
    return started(unbuilt, tmp_path_factory.mktemp("quantized"), "accelerator")


@pytest.fixture(scope="session")
def emitted(quantized: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same with the stage ``emit`` up to date; not to be changed."""
    return started(quantized, tmp_path_factory.mktemp("emitted"), "emit")


@pytest.fixture
def new_project(unbuilt: Path, tmp_path: Path) -> Path:
    """A project of the test's own in which nothing has run."""
    shutil.copytree(unbuilt, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def project(quantized: Path, tmp_path: Path) -> Path:
    """A project of the test's own; its network is quantized, which takes longest."""
    shutil.copytree(quantized, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def emitted_project(emitted: Path, tmp_path: Path) -> Path:
    """A project of the test's own; its accelerator is emitted."""
    shutil.copytree(emitted, tmp_path, dirs_exist_ok=True)
    return tmp_path


@pytest.fixture
def edit() -> Callable[[Path, str, str], None]:
    """Replace text in ``tiny.yaml`` of a folder."""

    def go(folder: Path, before: str, after: str) -> None:
        path = folder / "tiny.yaml"
        text = path.read_text()
        assert before in text
        path.write_text(text.replace(before, after))

    return go
