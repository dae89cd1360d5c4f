import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.storage import load_graph


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


def test_other_data_are_noticed(new_project: Path, run) -> None:
    run(new_project, "quantize")
    with np.load(new_project / "tiny.npz") as archive:
        x, y = archive["x"], archive["y"]
    np.savez(new_project / "tiny.npz", x=255 - x, y=y)
    assert [outcome.ran for outcome in run(new_project, "quantize")] == [True]


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("tiny.npz", "letters", ":4: network.dataset: Unknown dataset 'letters'. Use one of"),
        (
            "tiny.npz",
            "gone.npz",
            ":4: network.dataset: {folder}/gone.npz: The file cannot be read: "
            "No such file or directory.",
        ),
        (
            "tiny.safetensors",
            "gone.safetensors",
            ":5: network.checkpoint: {folder}/gone.safetensors: The file cannot be read: "
            "No such file or directory.",
        ),
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
