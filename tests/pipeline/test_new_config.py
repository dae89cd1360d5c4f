"""Configs that are written for a network: what is understood, and the text."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from hawx_hw import datasets
from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.config.load import load_config
from hawx_hw.config.zoo import ZOO
from hawx_hw.errors import UserError
from hawx_hw.pipeline import new_config
from hawx_hw.pipeline.new_config import Examined, NewConfig, examine
from tests.cli.test_onnx_files import CONSTANTS, NODES, good
from tests.importing.onnx_files.models import model, save
from tests.material import dataset

UNKNOWN = Examined(None, None, None, None, False, {}, None, ())


def new(path: Path, **changes: object) -> NewConfig:
    values: dict[str, object] = {
        "model": "lenet5", "dataset": "digits", "architecture": "systolic", "multipliers": 64,
        "accuracy_drop": 0.5, "command": "hawx init lenet5", "examined": UNKNOWN,
    }  # fmt: skip
    return NewConfig(path, **{**values, **changes})  # type: ignore[arg-type]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The current folder, with a network."""
    save(tmp_path, good(), "net.onnx")
    monkeypatch.chdir(tmp_path)
    return tmp_path


def images(folder: Path, *shapes: tuple[int, int]) -> None:
    """A folder of colored images of two classes, five of each shape."""
    for label in "ab":
        (folder / label).mkdir(parents=True)
        for number, (height, width) in enumerate(5 * shapes):
            pixels = np.random.default_rng(number).integers(0, 256, (height, width, 3), np.uint8)
            Image.fromarray(pixels).save(folder / label / f"{number}.png")


def test_a_file_is_read(folder: Path) -> None:
    known = examine("net.onnx", "digits")
    assert (known.shape, known.outputs, known.deep) == ((1, 28, 28), 10, False)
    assert (known.parameters, known.macs) == (4 * 9 + 4 + 324 * 10 + 10, 81 * 36 + 3240)
    assert known.preprocess == {}
    assert any("pixel / 255" in note for note in known.notes)


@pytest.mark.parametrize("shapes", [((28, 28),), ((40, 30),), ((40, 30), (28, 28))])
def test_images_are_made_to_fit(folder: Path, shapes: tuple[tuple[int, int], ...]) -> None:
    images(folder / "photos", *shapes)
    known = examine("net.onnx", "photos/")
    resized = {} if shapes == ((28, 28),) else {"resize": [28, 28]}
    assert known.preprocess == {"channels": "grey", **resized}
    # What was chosen is what the data set can be read with.
    config = new(folder / "x.yaml", model="net.onnx", dataset="photos/", examined=known).checked()
    options = datasets.options_of(config.network)
    assert datasets.load("photos/", options=options).shape == (1, 28, 28)


def test_named_data_sets_have_the_shapes_that_are_written_here() -> None:
    for name in ("digits", "mnist", "cifar10"):
        shape, classes = new_config._KNOWN[name]
        if name == "digits":
            data = datasets.load(name)
            assert (data.shape, data.classes) == (shape, classes)
    assert set(new_config._KNOWN) == set(datasets.NAMES)


@pytest.mark.parametrize("name", ["mnist", "cifar10"])
def test_those_with_material_too(name: str) -> None:
    data = dataset(name)
    assert (data.shape, data.classes) == new_config._KNOWN[name]


def test_networks_of_the_zoo() -> None:
    assert examine("lenet5", "digits").checkpoint is None
    known = examine("resnet32", "cifar10")
    assert known.deep and known.large
    assert known.checkpoint == "resnet32_cifar10.safetensors"
    assert set(new_config._SHALLOW) < set(ZOO)


@pytest.mark.parametrize(
    ("network", "data", "message"),
    [
        ("alexnet", "digits", "MODEL: There is no network alexnet. Name a file"),
        ("missing.onnx", "digits", "missing.onnx"),
        ("net.onnx", "cifar100", "--dataset: Unknown dataset 'cifar100'"),
        ("python:nowhere:net", "digits", "There is no Python module nowhere. Save it as nowhere.p"),
        ("two.onnx", "digits", "--dataset: The network has 2 outputs, and the data set 10 classes"),
    ],
)
def test_what_cannot_be_used(folder: Path, network: str, data: str, message: str) -> None:
    constants = {**CONSTANTS, "v": CONSTANTS["v"][:, :2]}
    save(folder, model(NODES, constants, shape=("n", 1, 28, 28)), "two.onnx")
    with pytest.raises(UserError) as error:
        examine(network, data)
    assert message in str(error.value)


def test_a_module_is_not_run(folder: Path) -> None:
    (folder / "own.py").write_text("raise RuntimeError('it was run')")
    assert examine("python:own:net", "digits").shape is None


@pytest.mark.parametrize("architecture", ARCHITECTURES)
def test_the_text_is_a_config_in_which_every_key_is_explained(
    tmp_path: Path, architecture: str
) -> None:
    deep = Examined((3, 32, 32), 10, 9, 10**8, True, {"resize": [32, 32]}, "w.safetensors", ())
    config = new(tmp_path / "my net.yaml", architecture=architecture, examined=deep)
    config.path.write_text(config.text, "utf-8")
    loaded = load_config(config.path)
    assert loaded == config.checked()
    assert loaded.name == "my_net"
    assert loaded.accelerator.architecture == architecture
    assert loaded.search is not None and loaded.search.constraints.accuracy_drop == 0.5
    assert loaded.search.blocks[0] == "precision(w=7,a=7)"
    assert (loaded.verify.images, loaded.power.images) == (2, 16)
    lines = config.text.splitlines()
    # But for the command, in which the path is as long as it is.
    assert max(len(line) for line in lines if "hawx run" not in line) <= 100
    for before, line in pairwise(lines):
        key = line.strip().partition(":")[0]
        if line.strip() and not line.strip().startswith(("#", "-")):
            assert before.strip().startswith("#"), f"{key} has no meaning above it"


def test_paths_are_seen_from_the_configs_folder(folder: Path) -> None:
    config = new(Path("sub/x.yaml"), model="net.onnx", dataset="photos/")
    assert config.content["network"] == {"model": "../net.onnx", "dataset": "../photos/"}
    absolute = new(Path("sub/x.yaml"), model=str(folder / "net.onnx"))
    assert absolute.content["network"]["model"] == str(folder / "net.onnx")


@pytest.mark.parametrize(
    "name", ["a b.onnx", "#x.onnx", "1:2.onnx", "yes.onnx", "é 'x'.onnx", "true"]
)
def test_odd_names_are_read_back(tmp_path: Path, name: str) -> None:
    config = new(tmp_path / "x.yaml", model=str(tmp_path / f"{name}.onnx"))
    assert config.checked().network.model == str(tmp_path / f"{name}.onnx")


@pytest.mark.parametrize(
    ("file", "name"), [("a b.yaml", "a_b"), ("-x-.yaml", "x"), ("ü.yaml", "network")]
)
def test_the_name_is_that_of_the_file(tmp_path: Path, file: str, name: str) -> None:
    assert new(tmp_path / file).checked().name == name
