"""The terms of systolic designs are of features and kinds of modules that exist."""

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.systolic.quantities import FEATURES, QUANTITIES
from hawx_hw.blocks import by_name
from hawx_hw.prediction.description import DesignDescription
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


def test_designs_without_gated_clocks_are_outside() -> None:
    predictors = load_predictors(SYSTOLIC, "generic45").predictors
    table = load_table(SYSTOLIC, "generic45")
    values = {name: float(column[0]) for name, column in table.features.items()}
    for gated, outside in ((1.0, ()), (0.0, ("gated",))):
        described = DesignDescription(SYSTOLIC, "generic45", {**values, "gated": gated})
        assert predictors.outside(described) == outside


def test_what_searches_choose_is_inside() -> None:
    """Uniform designs of the coarsest and of the widest block mark the ends of the range."""
    trained = load_predictors(SYSTOLIC, "generic45")
    table = load_table(SYSTOLIC, "generic45")
    coarsest = trained.blocks.chosen(by_name("precision(w=2,a=4)"), "smallest")
    exact = trained.blocks.chosen(by_name("exact"), "smallest")
    ends = {
        "weight_bits": (2, 8),
        "activation_bits": (3, 8),
        "sum_bits": (13, 23),
        "mean_block_area": (coarsest.area, exact.area),
        "multiplication_fj": (coarsest.energy_fj, exact.energy_fj),
        "block_delay_ns": (coarsest.delay_ns, exact.delay_ns),
    }
    for name, (low, high) in ends.items():
        values = table.features[name]
        assert values.min() <= low * (1 + 1e-9) and values.max() >= high * (1 - 1e-9), name


@pytest.mark.slow
def test_measured_designs_that_were_left_out_are_predicted() -> None:
    table = load_table(SYSTOLIC, "generic45")
    held_out = np.arange(len(table)) % 5 == 0
    predictors = Predictors.fit(table.subset(~held_out), "generic45")
    rest = table.subset(held_out)
    area = predictors.estimate(rest.values)["area"]
    assert smape(rest.targets["area"], area.value).mean() < 2
