"""A technology of a known world, trained once."""

from __future__ import annotations

import pytest

from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable
from tests.prediction import worlds


@pytest.fixture(scope="session")
def seen() -> TrainingTable:
    return worlds.table(40)


@pytest.fixture(scope="session")
def predictors(seen: TrainingTable) -> Predictors:
    return Predictors.fit(seen, "known", "0" * 64)
