from pathlib import Path

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.characterization.block_table import BlockTable
from hawx_hw.errors import UserError
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.storage import (
    PredictorSet,
    load_predictors,
    load_table,
    predictor_files,
    save_predictors,
    shipped_folder,
)
from hawx_hw.prediction.table import TrainingTable
from hawx_hw.technology import load
from tests.prediction.synthetic_designs import SYNTHETIC

SYSTOLIC = ARCHITECTURES["systolic"]


@pytest.fixture
def saved(predictors: Predictors, trained_on: TrainingTable, tmp_path: Path) -> Path:
    save_predictors(PredictorSet(predictors, BlockTable()), trained_on, tmp_path)
    return tmp_path


def test_what_is_saved_comes_back(
    saved: Path, predictors: Predictors, trained_on: TrainingTable
) -> None:
    assert {path.name for path in saved.iterdir()} == {
        "synthetic_synthetic45.csv",
        "synthetic_synthetic45.json",
        "synthetic_synthetic45_blocks.csv",
    }
    trained = load_predictors(SYNTHETIC, "synthetic45", saved)
    assert trained.predictors.text() == predictors.text()
    assert trained.blocks.text() == BlockTable().text()
    table = load_table(SYNTHETIC, "synthetic45", saved)
    assert table.text() == trained_on.text()
    np.testing.assert_allclose(table.values, trained_on.values, rtol=1e-9)


def test_a_users_own_come_first(saved: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HAWX_PREDICTORS", str(saved))
    files = predictor_files(SYNTHETIC, "synthetic45")
    assert set(files) == {"table", "parameters", "blocks"}
    assert {path.parent for path in files.values()} == {saved}
    assert load_predictors(SYNTHETIC, "synthetic45").predictors.designs == 40
    # Those of another architecture or technology remain the package's.
    files = predictor_files(SYSTOLIC, "generic45")
    assert {path.parent for path in files.values()} == {shipped_folder(SYSTOLIC)}


def test_none() -> None:
    assert predictor_files(SYSTOLIC, "no_such_technology") == {}
    with pytest.raises(UserError, match="There are no predictors of systolic designs in no_such"):
        load_predictors(SYSTOLIC, "no_such_technology")


def test_shipped_predictors_are_of_the_shipped_library() -> None:
    trained = load_predictors(SYSTOLIC, "generic45")
    assert trained.predictors.library == load("generic45").digest
    assert trained.predictors.designs == 80
