import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.graph.storage import load_graph


def test_results(project: Path, run) -> None:
    run(project, "quantize")
    found = json.loads((project / "build" / "quantize.json").read_text())
    assert found["dataset"] | {"sha256": ""} == {
        "name": "tiny.npz",
        "classes": 3,
        "shape": [2, 12, 13],
        "train_images": 48,
        "test_images": 12,
        "sha256": "",
        "note": "",
    }
    assert found["calibration_images"] == 16
    assert found["accuracy"]["images"] == 12
    assert 0 <= found["accuracy"]["int8"] <= 1
    assert found["parameters"] == 6 * 51 + 16 * 151 + 120 * 17 + 84 * 121 + 3 * 85
    graph = load_graph(project / "build" / "quantized")
    assert graph.name == "lenet5_tiny"
    assert graph.tensors[graph.input].shape == (2, 12, 13)


def test_same_config_same_bytes(project: Path, run) -> None:
    def files() -> dict[str, bytes]:
        return {p.name: p.read_bytes() for p in (project / "build").iterdir() if p.is_file()}

    run(project, "quantize")
    first = files()
    (project / "build" / "quantize.json").unlink()
    assert [outcome.ran for outcome in run(project, "quantize")] == [True]
    assert files() == first
    assert [outcome.ran for outcome in run(project, "quantize")] == [False]


def test_other_data_are_noticed(project: Path, run) -> None:
    run(project, "quantize")
    with np.load(project / "tiny.npz") as archive:
        x, y = archive["x"], archive["y"]
    np.savez(project / "tiny.npz", x=255 - x, y=y)
    assert [outcome.ran for outcome in run(project, "quantize")] == [True]


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
def test_bad_config(project: Path, run, edit, before: str, after: str, message: str) -> None:
    edit(project, before, after)
    with pytest.raises(UserError) as caught:
        run(project, "quantize")
    expected = f"{project / 'tiny.yaml'}{message.format(folder=project)}"
    assert str(caught.value).startswith(expected)


def test_damaged_checkpoint(project: Path, run) -> None:
    path = project / "tiny.safetensors"
    path.write_bytes(path.read_bytes()[:-10])
    with pytest.raises(UserError) as caught:
        run(project, "quantize")
    expected = f"{project / 'tiny.yaml'}:5: network.checkpoint: {path}: The checkpoint is not"
    assert str(caught.value).startswith(expected)


def test_damaged_data(project: Path, run) -> None:
    path = project / "tiny.npz"
    path.write_bytes(path.read_bytes()[:-100])
    with pytest.raises(UserError) as caught:
        run(project, "quantize")
    expected = f"{project / 'tiny.yaml'}:4: network.dataset: {path}: "
    assert str(caught.value).startswith(expected)


def test_images_of_the_wrong_size(project: Path, run) -> None:
    with np.load(project / "tiny.npz") as archive:
        x, y = archive["x"], archive["y"]
    np.savez(project / "tiny.npz", x=x[:, :, :8, :8], y=y)
    with pytest.raises(UserError) as caught:
        run(project, "quantize")
    message = str(caught.value)
    assert message.startswith(f"{project / 'tiny.yaml'}:4: network.dataset: ")
    assert "12 x 12 pixels, not 8 x 8" in message
