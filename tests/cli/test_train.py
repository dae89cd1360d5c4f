import json
from pathlib import Path

import numpy as np
import pytest

from hawx_hw.cli import main as cli


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
