import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.cli import main as cli
from tests.datasets.images import folder


@pytest.fixture
def data(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    labels = np.arange(30) % 3
    images = np.full((30, 12, 12), 60, dtype=np.uint8) * (1 + labels.reshape(-1, 1, 1))
    np.savez(tmp_path / "shades.npz", x=images.astype(np.uint8), y=labels)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def hawx(*arguments: str) -> int:
    with pytest.raises(SystemExit) as end:
        cli.main(arguments)
    return end.value.code or 0


def test_training_writes_checkpoint_and_record(data: Path, capsys) -> None:
    assert hawx("train", "--dataset", "shades.npz", "--epochs", "1") == 0
    record = json.loads((data / "lenet5_shades.json").read_text())
    out = capsys.readouterr().out
    assert out == (
        f"lenet5_shades.safetensors: {100 * record['test_accuracy']:.2f} % of 6 test images "
        "of shades.npz are right\n"
    )
    assert (data / "lenet5_shades.safetensors").exists()


def test_a_folder_and_the_data_set_of_a_config(data: Path, capsys) -> None:
    """Resized as the config states, which a training then leaves to the record to normalize."""
    for n in range(30):
        pixels = np.full((14 + n, 20, 3), 60 * (1 + n % 3), dtype=np.uint8)
        folder(data, {f"png/shade{n % 3}/{n}.png": pixels, f"more/shade{n % 3}/{n}.png": pixels})
    config = (
        "name: own\nnetwork:\n  model: lenet5\n  dataset: png\n  validation: more\n"
        "  preprocess: {resize: [12, 12], channels: grey}\n"
    )
    (data / "own.yaml").write_text(config)
    assert hawx("train", "--dataset", "png", "--epochs", "1") == 2
    assert "State network.preprocess.resize" in capsys.readouterr().err
    assert hawx("train", "--dataset", "own.yaml", "--epochs", "1") == 0
    captured = capsys.readouterr()
    assert "Classes in the order of labels: shade0 0, shade1 1, shade2 2." in captured.err
    record = json.loads((data / "lenet5_own.json").read_text())
    assert (record["dataset"], record["train_images"]) == ("png/", 24)
    assert record["held_out_images"] == 30
    (data / "own.yaml").write_text(config.replace("}", ", mean: 0.5}"))
    assert hawx("train", "--dataset", "own.yaml", "--epochs", "1") == 2
    assert "own.yaml: network.preprocess: A training determines" in capsys.readouterr().err


def test_json_is_the_record(data: Path, capsys) -> None:
    words = ("train", "--dataset", "shades.npz", "--epochs", "1", "--seed", "3", "--json")
    assert hawx(*words, "--output", "weights.safetensors") == 0
    out, err = capsys.readouterr()
    assert json.loads(out) == json.loads((data / "weights.json").read_text())
    assert json.loads(out)["recipe"]["seed"] == 3
    assert err == ""


def test_a_network_with_options(data: Path, capsys) -> None:
    words = ("train", "cnn_small", "--dataset", "shades.npz", "--epochs", "1")
    assert hawx(*words, "--option", "width=2", "--threads", "2", "--device", "cpu") == 0
    record = json.loads((data / "cnn_small_shades.json").read_text())
    assert record["options"] == {"width": 2}
    assert (record["threads"], record["device"]) == (2, "cpu")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--option", "width"), "--option: The option 'width' must be NAME=VALUE"),
        (
            ("--option", "width=2", "--option", "width=3"),
            "--option: The option 'width' is given twice",
        ),
        (
            ("--option", "depth=2"),
            "--option: cnn_small has no option 'depth': it has width.",
        ),
        (
            ("--option", "width=0"),
            "--option: width of cnn_small must be a whole number from 1 to 512, not 0.",
        ),
        (
            ("--option", "width=x"),
            "--option: width of cnn_small must be a whole number from 1 to 512, not 'x'.",
        ),
        (
            ("--device", "nosuch"),
            "--device: Torch cannot compute on a device 'nosuch'. Leave it out to use cpu.",
        ),
    ],
)
def test_options_that_are_refused(data: Path, capsys, words, message) -> None:
    assert hawx("train", "cnn_small", "--dataset", "shades.npz", *words) == 2
    assert message in capsys.readouterr().err
    assert [path.name for path in data.iterdir()] == ["shades.npz"]
