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
