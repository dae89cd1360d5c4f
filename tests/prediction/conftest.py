"""A technology of synthetic designs, trained once."""

from __future__ import annotations

import pytest

from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable
from tests.prediction import synthetic_designs


@pytest.fixture(scope="session")
def trained_on() -> TrainingTable:
    return synthetic_designs.table(40)


@pytest.fixture(scope="session")
def predictors(trained_on: TrainingTable) -> Predictors:
    return Predictors.fit(trained_on, "synthetic45", "0" * 64)
