"""``hawx profile`` on the digits: files, tables, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hawx_hw import datasets
from hawx_hw.cli.profile import profile
from hawx_hw.datasets.dataset import evenly_spaced
from hawx_hw.datasets.roles import roles
from hawx_hw.errors import UserError
from hawx_hw.scores.profiling import load_profiling
from hawx_hw.scores.scores import layer_scores

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: digits, calibration_images: 16}
blocks: {default: exact, layers: {conv1: "array(3,3,0)"}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("profile")
    (path / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return path


def hawx(folder: Path, *words: str):
    app = typer.Typer()
    app.command()(profile)
    options = ["--build", str(folder / "build"), "--images", "8"]
    return CliRunner().invoke(app, [str(folder / "tiny.yaml"), *options, *words])


def test_json_and_files(folder: Path) -> None:
    result = hawx(folder, "--evaluations", "2", "--json")
    assert result.exit_code == 0, result.exception
    content = json.loads(result.stdout)
    target = folder / "build" / "tiny" / "profile"
    names = ["accuracy.svg", "activations.svg", "filters.svg", "operations.svg"]
    assert sorted(p.name for p in target.iterdir()) == [*names, "profile.json", "scores.npz"]
    assert json.loads((target / "profile.json").read_text("utf-8")) == content
    profiling = load_profiling(target)
    profile, report = profiling.profile, profiling.report
    assert report.blocks == profile.blocks == ("exact", "array(ha=3,hb=3,v=0)")
    assert report.layers == ("conv1", "conv2", "fc1", "fc2", "fc3")
    assert report.indices == tuple(range(8)) and report.weights == (1.0,) * 8
    assert list(report.scores.layers) == sorted(report.layers)
    assert report.scores.layers["conv1"] == pytest.approx(
        layer_scores(profile, "fidelity")[0], abs=1e-12
    )
    assert len(report.accuracy.evaluated_accuracies) == len(report.accuracy.predicted) == 2
    assert profile.shifts.shape[2] == 8
    assert profile.bias_correction and profile.weight_choice == "together"


def test_a_table_of_the_blocks_asked_for(folder: Path) -> None:
    words = ["--block", "array(2,2,0)", "--block", "drum(k=3)", "--block", "exact"]
    result = hawx(folder, *words, "--evaluations", "0", "--no-plots", "--variant", "logits")
    assert result.exit_code == 0, result.exception
    assert "hawx(l), logits, lenet5_digits, 8 images" in result.stdout
    names = [line.split()[0] for line in result.stdout.splitlines() if "(" in line.split()[0]]
    assert names == ["hawx(l),", "array(ha=2,hb=2,v=0)", "drum(k=3)"]


def test_with_validation_images_all_training_images_are_profiled(tmp_path: Path) -> None:
    digits = datasets.load("digits")
    np.savez(tmp_path / "other.npz", x=digits.test.images, y=digits.test.labels)
    config = CONFIG.replace("digits,", "digits, validation: other.npz,")
    (tmp_path / "tiny.yaml").write_text(config, encoding="utf-8")
    result = hawx(tmp_path, "--evaluations", "0", "--no-plots")
    assert result.exit_code == 0, result.exception
    labels = load_profiling(tmp_path / "build" / "tiny" / "profile").profile.labels
    assert labels.tolist() == evenly_spaced(digits.train, 8).labels.tolist()
    assert labels.tolist() != roles(digits).proposing(8).labels.tolist()


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--variant", "luck"), "There is no score 'luck'"),
        (("--evaluations", "1"), "Evaluations must be 0, or 2 to 300, not 1"),
        (("--block", "exact"), "a block beside the exact one"),
        (("--block", "nothing"), "Unknown block 'nothing'"),
    ],
)
def test_what_is_refused(folder: Path, words: tuple[str, ...], message: str) -> None:
    result = hawx(folder, *words)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)
