"""``hawx train-predictors`` and ``hawx predictors evaluate``."""

from __future__ import annotations

import json
from pathlib import Path
from types import SimpleNamespace

import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.blocks.registry import by_name
from hawx_hw.cli.predict import predictors_app, train_predictors
from hawx_hw.config.search import SEARCHED
from hawx_hw.errors import UserError
from hawx_hw.prediction import evaluation, storage, training
from tests.prediction import synthetic_designs

app = typer.Typer()
app.command()(train_predictors)
app.add_typer(predictors_app, name="predictors")


def hawx(*words: str) -> tuple[str, BaseException | None]:
    result = CliRunner().invoke(app, words)
    return result.stdout, result.exception if result.exit_code else None


@pytest.fixture(scope="module")
def held_out():
    """Predictions of synthetic designs that were held out."""
    return evaluation.evaluate(synthetic_designs.table(24), "designs")


@pytest.fixture
def table(monkeypatch: pytest.MonkeyPatch, held_out) -> None:
    """The predictors in use are trained on synthetic designs."""
    designs = synthetic_designs.table(24)
    monkeypatch.setattr(storage, "load_table", lambda kind, technology, folder: designs)
    monkeypatch.setattr(evaluation, "evaluate", lambda table, kinds, progress: held_out)


def test_evaluation(table: None) -> None:
    text, error = hawx("predictors", "evaluate", "--json")
    assert error is None
    scores = json.loads(text)
    assert {"area", "power"} <= set(scores)
    assert all(0 <= each["coverage"] <= 100 for each in scores.values())
    assert scores["area"]["designs"] == 24


def test_evaluation_as_a_table(table: None) -> None:
    text, error = hawx("predictors", "evaluate", "--technology", "generic45")
    assert error is None
    lines = text.splitlines()
    assert lines[0] == "generic45, 24 designs, designs held out"
    assert lines[1].split()[:3] == ["predictions", "sMAPE", "%"]


def test_what_is_held_out() -> None:
    _, error = hawx("predictors", "evaluate", "--hold-out", "layers")
    assert isinstance(error, UserError)
    assert error.where == "--hold-out"


def test_training(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    designs, completed = synthetic_designs.table(30), []

    def complete(blocks, technology, **options):
        completed.extend(block.name for block in blocks)
        return "blocks"

    def describe_sweep(text, kind, technology, **options):
        assert text == "the table"
        return designs, SimpleNamespace(completed=complete)

    saved = []
    monkeypatch.setattr(training, "describe_sweep", describe_sweep)
    monkeypatch.setattr(storage, "save_predictors", lambda *given: saved.append(given))
    (tmp_path / "designs.csv").write_text("the table")
    output = tmp_path / "predictors"
    text, error = hawx("train-predictors", str(tmp_path / "designs.csv"), "--output", str(output))
    assert error is None
    assert text == f"generic45: trained on 30 designs, in {output}\n"
    ((predictors, described, folder),) = saved
    assert (described, folder) == (designs, output)
    assert predictors.predictors.designs == 30
    assert completed == [by_name(name).name for name in SEARCHED]


def test_no_table(tmp_path: Path) -> None:
    _, error = hawx("train-predictors", str(tmp_path / "gone.csv"))
    assert isinstance(error, UserError)
    assert error.where == str(tmp_path / "gone.csv")
