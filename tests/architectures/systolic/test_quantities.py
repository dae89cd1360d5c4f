"""The terms of systolic designs are of features and kinds of modules that exist."""

from hawx_hw.architectures.registry import ARCHITECTURES
from hawx_hw.blocks import by_name
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.storage import load_predictors, load_table

SYSTOLIC = ARCHITECTURES["systolic"]


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
