"""The terms of SIMT units are of features and kinds of modules that exist."""

from __future__ import annotations

import numpy as np
import pytest

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.architectures.simt.quantities import FEATURES, QUANTITIES
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.storage import load_predictors, load_table

SIMT = ARCHITECTURES["simt"]


def test_features_are_of_terms() -> None:
    """But for the few that say what a design is, and count in no quantity."""
    others = {
        "clusters", "registers", "taps", "macs", "clock_mhz", "memory_bits", "memory_area",
        "memory_leakage_uw", "block_leakage_uw", "block_instances", "layers",
    }  # fmt: skip
    assert set(FEATURES) - QUANTITIES.features <= others


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
