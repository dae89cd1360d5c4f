"""The terms of systolic designs are of features and kinds of modules that exist."""

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.quantities import FEATURES, QUANTITIES
from hawx_hw.prediction.evaluation import smape
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.storage import load_predictors, load_table

SYSTOLIC = ARCHITECTURES["systolic"]


def test_terms_are_of_features() -> None:
    assert set(FEATURES) >= QUANTITIES.features


def test_names_of_terms_differ() -> None:
    for quantity in QUANTITIES.by_name.values():
        for part in quantity.parts:
            assert len(set(map(str, part.terms))) == len(part.terms)


def test_targets_are_those_of_kinds() -> None:
    assert [part.target for part in QUANTITIES.area.parts] == [
        f"area_{part.name}" for part in QUANTITIES.area.parts
    ]
    for kind, quantity in QUANTITIES.paths.items():
        assert quantity.target == f"delay_{kind}_ns"


def test_loaded_designs_are_predicted_as_they_were_measured() -> None:
    """Shipped predictors and the designs that they were trained on belong together."""
    table = load_table(SYSTOLIC, "generic45")
    estimates = load_predictors(SYSTOLIC, "generic45").predictors.estimate(table.values)
    for name, target, limit in (
        ("area", "area", 1.0),
        ("energy", "dynamic_pj", 4.0),
        ("leakage", "leakage_uw", 2.0),
        ("delay", "longest_path_ns", 8.0),
    ):
        assert smape(table.targets[target], estimates[name].value).mean() < limit


@pytest.mark.slow
def test_measured_designs_that_were_left_out_are_predicted() -> None:
    table = load_table(SYSTOLIC, "generic45")
    held_out = np.arange(len(table)) % 5 == 0
    predictors = Predictors.fit(table.subset(~held_out), "generic45")
    rest = table.subset(held_out)
    area = predictors.estimate(rest.values)["area"]
    assert smape(rest.targets["area"], area.value).mean() < 2
