"""``hawx retrain``: what it prints, and what it refuses."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from hawx_hw.cli.retrain import with_training
from hawx_hw.config.models import Config
from hawx_hw.errors import UserError
from hawx_hw.retraining.result import RetrainResult

CONFIG = """\
name: tiny
network: {model: lenet5, dataset: digits, calibration_images: 16}
accelerator: {rows: 4, columns: 4}
"""
NETWORK = {"name": "x", "network": {"model": "lenet5", "dataset": "digits"}}


@pytest.fixture(scope="module")
def folder(tmp_path_factory) -> Path:
    """One build for all tests: later ones find what earlier ones trained."""
    path = tmp_path_factory.mktemp("retrain")
    (path / "tiny.yaml").write_text(CONFIG + "blocks: drum(k=2)\n", encoding="utf-8")
    return path


def test_a_table_of_what_became_of_the_network(hawx, folder: Path) -> None:
    status, printed, _ = hawx("retrain", "tiny.yaml", "--epochs", "1", "--gradient", "gain")
    assert status == 0
    result = RetrainResult.read(folder / "build/tiny")
    (design,) = result.designs
    assert result.settings.epochs == 1 and result.settings.gradient == "gain"
    assert f"{100 * design.select.before:.2f} %" in printed
    assert f"{100 * design.select.after:.2f} %" in printed
    assert f"1 epoch on {result.settings.images:,} images" in printed
    assert "put training: {epochs: 1, gradient: gain} there" in printed
    assert "drum(k=2)" in printed and "hawx pick" not in printed


def test_json_is_the_file(hawx, folder: Path) -> None:
    status, printed, _ = hawx("retrain", "tiny.yaml", "--epochs", "1", "--json")
    assert status == 0
    assert json.loads(printed) == json.loads((folder / "build/tiny/retrain.json").read_text())
    assert json.loads(printed)["settings"]["gradient"] == "straight"


def config(**sections) -> Config:
    return Config.model_validate({**NETWORK, **sections})


def test_options_change_the_configs_training() -> None:
    given = config(blocks="drum(k=4)", training={"epochs": 7, "seed": 2})
    changed = with_training(given, {"seed": 3, "gradient": None}).training
    assert changed is not None
    assert (changed.epochs, changed.seed, changed.gradient) == (7, 3, "straight")
    assert with_training(config(search={}), {}).training is not None


@pytest.mark.parametrize(
    ("sections", "options", "message"),
    [
        ({"blocks": "drum(k=4)"}, {"epochs": 0}, "--epochs: .*greater than or equal to 1, not 0"),
        ({"blocks": "drum(k=4)"}, {"learning_rate": 0.0}, "--learning-rate: .*greater than 0"),
        ({"blocks": "drum(k=4)"}, {"gradient": "up"}, "--gradient: It must be 'straight'"),
        ({}, {}, "blocks: All blocks are exact; there is nothing to retrain for"),
        ({"blocks": "drum(k=4)"}, {"finalists": 2}, "--finalists: Finalists are designs of a se"),
        ({"search": {}}, {"finalists": 0}, "--finalists: .*greater than or equal to 1"),
    ],
)
def test_refused(sections, options, message: str) -> None:
    with pytest.raises(UserError, match=message) as caught:
        with_training(config(**sections), options)
    assert caught.value.exit_status == 2
