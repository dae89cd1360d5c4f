import json
import sys
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.config.load import load_config
from hawx_hw.errors import UserError
from hawx_hw.graph.storage import load_graph
from hawx_hw.pipeline.order import STAGES
from hawx_hw.pipeline.pipeline import Pipeline
from hawx_hw.util.progress import console_for
from tests.datasets.images import folder, noise


def test_results(new_project: Path, run) -> None:
    run(new_project, "quantize")
    result = json.loads((new_project / "build" / "quantize.json").read_text())
    assert result["dataset"] | {"sha256": ""} == {
        "name": "tiny.npz",
        "classes": 3,
        "shape": [2, 12, 13],
        "train_images": 48,
        "test_images": 12,
        "sha256": "",
        "note": "",
    }
    assert result["calibration_images"] == 16
    assert result["accuracy"]["images"] == 12
    assert 0 <= result["accuracy"]["int8"] <= 1
    assert result["parameters"] == 6 * 51 + 16 * 151 + 120 * 17 + 84 * 121 + 3 * 85
    graph = load_graph(new_project / "build" / "quantized")
    assert graph.name == "lenet5_tiny"
    assert graph.tensors[graph.input].shape == (2, 12, 13)


def test_same_config_same_bytes(new_project: Path, run) -> None:
    def files() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (new_project / "build").iterdir() if p.is_file()}

    run(new_project, "quantize")
    first = files()
    (new_project / "build" / "quantize.json").unlink()
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]
    assert files() == first
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [False]


def test_the_checkpoint_is_an_input_with_its_record(new_project: Path, edit) -> None:
    """The shipped one as well."""
    (stage,) = (each for each in STAGES if each.name == "quantize")
    own = stage.files(load_config(new_project / "tiny.yaml"), new_project)
    assert own["network.checkpoint (record)"] == new_project / "tiny.json"
    edit(new_project, "dataset: tiny.npz\n  checkpoint: tiny.safetensors", "dataset: digits")
    shipped = stage.files(load_config(new_project / "tiny.yaml"), new_project)
    assert shipped["network.checkpoint"].name == "lenet5_digits.safetensors"
    assert shipped["network.checkpoint (record)"].is_file()


OWN_NETWORK = """\
from torch import nn

from own_sizes import FILTERS


def build(shape, classes, kernel=3):
    return nn.Sequential(
        nn.Conv2d(shape[0], FILTERS, kernel), nn.ReLU(), nn.AdaptiveAvgPool2d(1), nn.Flatten(),
        nn.Linear(FILTERS, classes), nn.Softmax(1),
    )
"""


def test_a_network_of_the_users_own(new_project: Path, run, edit) -> None:
    """Results are out of date when its file or one that it imports is another."""
    (new_project / "own_network.py").write_text(OWN_NETWORK)
    (new_project / "own_sizes.py").write_text("FILTERS = 4\n")
    edit(new_project, "model: lenet5", "model: python:own_network:build")
    edit(new_project, "checkpoint: tiny.safetensors", "options: {kernel: 5}")
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]
    graph = load_graph(new_project / "build" / "quantized")
    assert graph.name == "build_tiny"
    assert graph.nodes[0].weight.shape == (4, 2, 5, 5)
    notes = json.loads((new_project / "build" / "quantize.json").read_text())["notes"]
    assert [note.partition(",")[0] for note in notes] == [
        "Nothing states what the network takes of pixels",
        "The '5' at the end is dropped: the largest output is the same without it.",
    ]
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [False]
    for name in ("own_network", "own_sizes"):
        del sys.modules[name]
    (new_project / "own_sizes.py").write_text("FILTERS = 12\n")
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]
    graph = load_graph(new_project / "build" / "quantized")
    assert graph.nodes[0].weight.shape == (12, 2, 5, 5)


def test_a_folder_of_images(new_project: Path, run, edit) -> None:
    """What was understood is a note; another image or preparation makes the results outdated."""
    (new_project / "own_network.py").write_text(OWN_NETWORK)
    (new_project / "own_sizes.py").write_text("FILTERS = 4\n")
    images = {
        f"pngs/{label}/{n}.png": noise(12 + n, 20, 3 if n else 4, seed=10 * at + n)
        for at, label in enumerate(("rose", "iris", "tulip"))
        for n in range(6)
    }
    folder(new_project, images)
    edit(new_project, "model: lenet5", "model: python:own_network:build")
    preprocess = "preprocess: {resize: [9, 8], fit: crop, channels: bgr}"
    edit(new_project, "dataset: tiny.npz", f"dataset: pngs\n  {preprocess}")
    edit(new_project, "  checkpoint: tiny.safetensors\n", "")
    edit(new_project, "calibration_images: 16", "calibration_images: 12")
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]
    result = json.loads((new_project / "build" / "quantize.json").read_text())
    assert result["dataset"] | {"sha256": ""} == {
        "name": "pngs/",
        "classes": 3,
        "shape": [3, 9, 8],
        "train_images": 15,
        "test_images": 3,
        "sha256": "",
        "note": "Classes in the order of labels: iris 0, rose 1, tulip 2. 3 of 18 images have "
        "transparency, which is dropped (iris/0.png).",
    }
    (new_project / "pngs" / ".hidden").touch()
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [False]
    edit(new_project, "fit: crop", "fit: pad")
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]
    folder(new_project, {"pngs/rose/3.png": noise(12, 20, 3)})
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]
    edit(new_project, "[9, 8]", "[1000, 100000000]")
    with pytest.raises(UserError, match=r"tiny\.yaml:[0-9]+: network\.preprocess\.resize: "):
        run(new_project, "quantize")


def test_a_mistake_in_a_network_of_the_users_own(new_project: Path, run, edit) -> None:
    (new_project / "own_network.py").write_text("def build():\n    return 1 / 0\n")
    edit(new_project, "model: lenet5", "model: python:own_network:build")
    with pytest.raises(UserError) as caught:
        run(new_project, "quantize")
    assert "build() fails: ZeroDivisionError: division by zero (own_network.py:2)" in str(
        caught.value
    )


def test_other_data_are_noticed(new_project: Path, run) -> None:
    run(new_project, "quantize")
    with np.load(new_project / "tiny.npz") as archive:
        x, y = archive["x"], archive["y"]
    np.savez(new_project / "tiny.npz", x=255 - x, y=y)
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]


@pytest.mark.parametrize("learned", [0, 2])
def test_validation_images_that_are_no_new_ones(new_project: Path, run, edit, learned: int) -> None:
    with np.load(new_project / "tiny.npz") as archive:
        x = archive["x"]
    new = np.random.default_rng(0).integers(0, 256, x[:6].shape).astype(np.uint8)
    images = np.concatenate([new[learned:], x[:learned]])
    np.savez(new_project / "other.npz", x=images, y=np.array([0, 1] * 3))
    edit(new_project, "tiny.npz\n", "tiny.npz\n  validation: other.npz\n")
    run(new_project, "quantize")
    roles = json.loads((new_project / "build" / "quantize.json").read_text())["roles"]
    note = "No image that selects is of class 2."
    if learned:
        note += " 2 of the 6 that select are images to learn from as well."
    assert roles["note"] == note
    assert roles["unseen"] is (learned == 0)
    assert (roles["learn"], roles["select"]) == (48, 6)


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("tiny.npz", "letters", ":4: network.dataset: Unknown dataset 'letters'. Use one of"),
        (
            "tiny.npz",
            "gone.npz",
            ":4: network.dataset: {folder}/gone.npz: There is no such file.",
        ),
        (
            "tiny.safetensors",
            "gone.safetensors",
            ":5: network.checkpoint: {folder}/gone.safetensors: The file cannot be read: "
            "No such file or directory.",
        ),
        ("tiny.safetensors", "~nosuchuser/x", ":5: network.checkpoint: There is no user for the"),
        ("tiny.safetensors", "a" * 300, ":5: network.checkpoint: A name in a path has at most"),
        ("tiny.safetensors", "/", ":5: network.checkpoint: /: The file cannot be read: Is a dir"),
        (
            "  checkpoint: tiny.safetensors\n",
            "",
            ":2: network.checkpoint: No trained checkpoint of lenet5 for the dataset tiny.npz "
            "is shipped. Train one",
        ),
    ],
)
def test_bad_config(new_project: Path, run, edit, before: str, after: str, message: str) -> None:
    edit(new_project, before, after)
    with pytest.raises(UserError) as caught:
        run(new_project, "quantize")
    expected = f"{new_project / 'tiny.yaml'}{message.format(folder=new_project)}"
    assert str(caught.value).startswith(expected)


@pytest.mark.parametrize(
    ("before", "after", "stage", "message"),
    [
        (
            "calibration_images: 16",
            "calibration_images: 49",
            "quantize",
            "only 39 training images",
        ),
        ("  images: 2", "  images: 13", "verify", "verify.images: There are only 12 test images"),
        (
            "verify:",
            "power: {images: 13}\nverify:",
            "power",
            "power.images: There are only 12 test",
        ),
        (
            "verify:",
            "search: {images: 49}\nverify:",
            "emit",
            "search.images: There are only 39",
        ),
        ("verify:", "search: {profile_images: 1_000}\nverify:", "emit", "Write 1000."),
        (
            "verify:",
            "search: {profile_images: 1000}\nverify:",
            "emit",
            "search.profile_images: There are only 39 training images, not 1,000. Ask for 39 or",
        ),
    ],
)
def test_more_images_than_there_are_before_any_stage_runs(
    new_project: Path, run, edit, before: str, after: str, stage: str, message: str
) -> None:
    edit(new_project, before, after)
    with pytest.raises(UserError) as caught:
        run(new_project, stage)
    assert message in str(caught.value)
    assert not list((new_project / "build").glob("*.json"))


def test_a_network_of_other_data_is_doubted(new_project: Path, capsys) -> None:
    """Its data are stored in a range that it was not trained with, and each image twice."""
    with np.load(new_project / "tiny.npz") as file:
        x, y = file["x"] // 100, file["y"]
    np.savez(new_project / "tiny.npz", x=x, y=y, x_test=x, y_test=y)
    path = new_project / "tiny.yaml"
    config = load_config(path)
    Pipeline(config, new_project / "build", STAGES, console_for(), base=new_project).run(
        ["quantize"]
    )
    printed = " ".join(capsys.readouterr().err.split())
    assert "tiny.npz: The pixels are from 0 to 2, of 0 to 255" in printed
    assert "tiny.npz: 60 of the 60 test images are training images as well." in printed
    assert (
        "right on 33.3 % of the test images, no more than one answer for all of them (33.3 %)"
        in printed
    )
    note = json.loads((new_project / "build" / "quantize.json").read_text())["dataset"]["note"]
    assert note.startswith("The pixels are from 0 to 2") and note.endswith("images as well.")


def test_damaged_checkpoint(new_project: Path, run) -> None:
    path = new_project / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError) as caught:
        run(new_project, "quantize")
    expected = f"{new_project / 'tiny.yaml'}:5: network.checkpoint: {path}: The checkpoint is not"
    assert str(caught.value).startswith(expected)


def test_damaged_data(new_project: Path, run) -> None:
    path = new_project / "tiny.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError) as caught:
        run(new_project, "quantize")
    expected = f"{new_project / 'tiny.yaml'}:4: network.dataset: {path}: "
    assert str(caught.value).startswith(expected)


def test_images_of_the_wrong_size(new_project: Path, run) -> None:
    with np.load(new_project / "tiny.npz") as archive:
        x, y = archive["x"], archive["y"]
    np.savez(new_project / "tiny.npz", x=x[:, :, :8, :8], y=y)
    with pytest.raises(UserError) as caught:
        run(new_project, "quantize")
    message = str(caught.value)
    assert message.startswith(f"{new_project / 'tiny.yaml'}:4: network.dataset: ")
    assert "12 x 12 pixels, not 8 x 8" in message
