"""``hawx inspect`` on the digits: what it prints and draws, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.cli import inspect as module
from hawx_hw.cli.inspect import inspect
from hawx_hw.errors import UserError
from hawx_hw.inspection.result import Inspection
from hawx_hw.util import plotting
from tests.material import dataset

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: digits, calibration_images: 32}
accelerator: {rows: 8, columns: 8, slice_columns: 8, weight_rows: 4, requantizers: 2}
blocks: {layers: {fc1: "array(2,2,0)"}}
compensation: {bias: false, weights: none}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    path = tmp_path_factory.mktemp("inspect")
    (path / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    return path


def hawx(folder: Path, *words: str):
    app = typer.Typer()
    app.command()(inspect)
    options = ["--build", str(folder / "build")]
    return CliRunner().invoke(app, [str(folder / "tiny.yaml"), *options, *words])


def test_json(folder: Path) -> None:
    result = hawx(folder, "--images", "40", "--json")
    assert result.exit_code == 0, result.exception
    inspection = Inspection.model_validate(json.loads(result.stdout))
    assert inspection.images == 40
    assert [(each.kind, each.layer) for each in inspection.culprits] == [("blocks", "fc1")]
    assert inspection.culprits[0].hint.startswith("Leave out bias: false of compensation")


def test_text_and_picture(folder: Path) -> None:
    pytest.importorskip("matplotlib")
    picture = folder / "folder of its own" / "layers.svg"
    result = hawx(folder, "--images", "33", "--picture", str(picture))
    assert result.exit_code == 0, result.exception
    lines = result.stdout.splitlines()
    assert lines[0] == "lenet5_digits"
    assert "33 for learning" in lines[1]
    assert any(line.startswith("likely culprit: blocks") for line in lines)
    assert any(line.split()[:1] == ["conv2"] for line in lines)
    assert "<svg" in picture.read_text("utf-8")


def test_at_most_256_images_where_no_number_is_given(folder: Path, monkeypatch) -> None:
    monkeypatch.setattr(module, "_IMAGES", 35)
    result = hawx(folder, "--json")
    assert json.loads(result.stdout)["images"] == 35


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--images", "1000000"), "There are only"),
        (("--picture", "layers.pdf"), "must end in .png or .svg"),
    ],
)
def test_what_is_refused(folder: Path, words: tuple[str, ...], message: str) -> None:
    result = hawx(folder, *words)
    assert isinstance(result.exception, UserError)
    assert message in str(result.exception)


def test_pictures_need_matplotlib_before_anything_runs(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(plotting, "can_draw", lambda: False)
    (tmp_path / "tiny.yaml").write_text(CONFIG, encoding="utf-8")
    result = hawx(tmp_path, "--picture", str(tmp_path / "layers.svg"))
    assert isinstance(result.exception, UserError)
    assert "Pictures need matplotlib" in str(result.exception)
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize(
    "config",
    [
        "lenet5_mixed",
        *(
            pytest.param(name, marks=pytest.mark.slow)
            for name in ("lenet5_simt_mixed", "lenet5_mnist_mixed", "lenet5", "lenet5_simt")
        ),
    ],
)
def test_configs_that_come_with_hawx_have_no_culprit(config: str, tmp_path: Path) -> None:
    if "mnist" in config:
        dataset("mnist")
    app = typer.Typer()
    app.command()(inspect)
    result = CliRunner().invoke(app, [config, "--build", str(tmp_path), "--json"])
    assert result.exit_code == 0, result.exception
    inspection = Inspection.model_validate(json.loads(result.stdout))
    assert inspection.culprits == ()
    assert inspection.images == 256
    # A search uses most images for learning of so small a data set.
    assert (inspection.seen > 0) == ("mixed" not in config)
