"""``hawx train-predictors`` and ``hawx predictors evaluate``, on synthetic designs."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import typer
from typer.testing import CliRunner

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.cli.predict import predictors_app, train_predictors
from hawx_hw.errors import UserError
from hawx_hw.prediction import evaluation, training
from hawx_hw.prediction.evaluation import HeldOut
from hawx_hw.prediction.predictors import Estimates
from hawx_hw.prediction.storage import load_predictors
from hawx_hw.technology import load
from tests.prediction import synthetic_designs
from tests.prediction.synthetic_designs import SYNTHETIC


@pytest.fixture
def hawx(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setitem(ARCHITECTURES, "synthetic", SYNTHETIC)
    app = typer.Typer()
    app.command()(train_predictors)
    app.add_typer(predictors_app, name="predictors")

    def run(*words: str) -> tuple[str, BaseException | None]:
        result = CliRunner().invoke(app, words)
        return result.stdout, result.exception if result.exit_code else None

    return run


@pytest.fixture
def described(monkeypatch: pytest.MonkeyPatch):
    """A synthetic table in place of the sweep's; blocks are not measured."""

    def describe(text, architecture, technology, **options):
        assert (text, architecture, technology.name) == ("sweep", SYNTHETIC, "generic45")
        return synthetic_designs.table(24), BlockTable()

    monkeypatch.setattr(training, "describe_sweep", describe)
    monkeypatch.setattr(BlockTable, "completed", lambda self, blocks, technology, **options: self)
    Path("designs.csv").write_text("sweep", encoding="utf-8")


@pytest.fixture
def held_out(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Given errors in place of those of predictors; what was held out."""
    kinds: list[str] = []
    measured = np.array([1.0, 2.0, 4.0])
    estimates = Estimates(1.1 * measured, measured, 1.2 * measured)

    def evaluate(table, kind, *, progress):
        assert len(table) == 24
        kinds.append(kind)
        return {name: HeldOut(measured, estimates) for name in ("area", "power", "fmax")}

    monkeypatch.setattr(evaluation, "evaluate", evaluate)
    return kinds


def test_train_and_evaluate(hawx, described, held_out: list[str]) -> None:
    train = ("train-predictors", "designs.csv", "--architecture", "synthetic")
    printed, error = hawx(*train, "--output", "mine")
    assert error is None
    assert "generic45: trained on 24 designs, in mine" in printed
    trained = load_predictors(SYNTHETIC, "generic45", Path("mine")).predictors
    assert (trained.designs, trained.library) == (24, load("generic45").digest)
    evaluate = ("predictors", "evaluate", "--architecture", "synthetic", "--folder", "mine")
    printed, error = hawx(*evaluate, "--hold-out", "blocks", "--json")
    assert error is None
    scores = json.loads(printed)
    assert list(scores) == ["area", "power", "fmax"]
    assert scores["area"]["smape"] == pytest.approx(200 * 0.1 / 2.1)
    assert scores["area"]["coverage"] == 100
    printed, error = hawx(*evaluate, "--plot", "plot.svg")
    assert error is None
    assert "generic45, 24 designs, designs held out" in printed
    assert Path("plot.svg").read_text(encoding="utf-8").startswith("<?xml")
    assert held_out == ["blocks", "designs"]


def test_what_is_refused(hawx, described) -> None:
    for words, message in (
        (("train-predictors", "nothing.csv"), "The table cannot be read: No such file"),
        (("train-predictors", "designs.csv", "--architecture", "x"), "no architecture 'x'"),
        (("predictors", "evaluate", "--hold-out", "x"), "must be designs or blocks"),
        (("predictors", "evaluate", "--technology", "osu018"), "no predictors of systolic designs"),
    ):
        _, error = hawx(*words)
        assert isinstance(error, UserError)
        assert message in str(error)
