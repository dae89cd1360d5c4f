"""The terms of SIMT units are of features and kinds of modules that exist."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.simt.quantities import FEATURES, QUANTITIES
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.evaluation import smape
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.storage import load_predictors, load_table

SIMT = ARCHITECTURES["simt"]


def test_terms_are_of_features() -> None:
    assert set(FEATURES) >= QUANTITIES.features


def test_features_are_of_terms() -> None:
    """But for the few that say what a design is, and count in no quantity."""
    others = {
        "clusters", "registers", "taps", "macs", "clock_mhz", "memory_bits", "memory_area",
        "memory_leakage_uw", "block_leakage_uw", "block_instances", "layers",
    }  # fmt: skip
    assert set(FEATURES) - QUANTITIES.features <= others


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
    table = load_table(SIMT, "generic45")
    estimates = load_predictors(SIMT, "generic45").predictors.estimate(table.values)
    for name, target, limit in (
        ("area", "area", 1.0),
        ("energy", "dynamic_pj", 4.0),
        ("leakage", "leakage_uw", 1.0),
        ("delay", "longest_path_ns", 8.0),
    ):
        assert smape(table.targets[target], estimates[name].value).mean() < limit


def test_memories_take_what_their_accesses_do() -> None:
    """The accesses of the plan are those of the gates, one image like the other."""
    table = load_table(SIMT, "generic45")
    uses = ("activation", "register", "weight_buffer", "scalar", "weight", "other")
    known = sum(table.features[f"{use}_energy_pj"] for use in uses)
    np.testing.assert_allclose(known, table.targets["memory_pj"], rtol=1e-3)


@pytest.mark.parametrize(("feature", "other"), [("gated", 0.0), ("debug", 1.0)])
def test_what_no_design_of_the_table_has_is_outside(feature: str, other: float) -> None:
    predictors = load_predictors(SIMT, "generic45").predictors
    table = load_table(SIMT, "generic45")
    values = {name: float(column[0]) for name, column in table.features.items()}
    for changed, outside in (({}, ()), ({feature: other}, (feature,))):
        described = DesignDescription(SIMT, "generic45", {**values, **changed})
        assert predictors.outside(described) == outside


@pytest.mark.slow
def test_measured_designs_that_were_left_out_are_predicted() -> None:
    table = load_table(SIMT, "generic45")
    held_out = np.arange(len(table)) % 5 == 0
    predictors = Predictors.fit(table.subset(~held_out), "generic45")
    rest = table.subset(held_out)
    area = predictors.estimate(rest.values)["area"]
    assert smape(rest.targets["area"], area.value).mean() < 2
