import json

import numpy as np
import pytest

from hawx_hw.architectures.systolic.features import FEATURES, DesignDescription
from hawx_hw.architectures.systolic.quantities import QUANTITIES
from hawx_hw.errors import UserError
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable
from tests.prediction import worlds

NAMES = tuple(FEATURES)


def matrix(table: TrainingTable) -> np.ndarray:
    return np.stack([table.features[name] for name in NAMES], axis=1)


def described(table: TrainingTable, index: int = 0, **changes: float) -> DesignDescription:
    values = {name: float(table.features[name][index]) for name in NAMES}
    return DesignDescription("known", {**values, **changes})


@pytest.mark.parametrize(
    ("name", "figure", "limit"),
    [
        ("area", "area", 0.01),
        ("energy", "dynamic_pj", 0.015),
        ("leakage", "leakage_uw", 0.015),
        ("delay", "longest_path_ns", 0.015),
    ],
)
def test_recovers_a_known_law(predictors: Predictors, name: str, figure: str, limit: float) -> None:
    asked = worlds.table(200, seed=1)
    found = predictors.estimate(matrix(asked))[name]
    truth = asked.figures[figure]
    assert np.mean(np.abs(found.value / truth - 1)) < limit
    inside = np.mean((truth >= found.low) & (truth <= found.high))
    assert 0.75 < inside <= 1
    assert (found.low < found.value).all()
    assert (found.value < found.high).all()


def test_delay_is_the_longest_path(predictors: Predictors) -> None:
    found = predictors.estimate(matrix(worlds.table(20, seed=2)))
    paths = [found[name].value for name in QUANTITIES if name.startswith("path_")]
    np.testing.assert_array_equal(found["delay"].value, np.max(paths, axis=0))


def test_one_design_equals_many(predictors: Predictors) -> None:
    features = matrix(worlds.table(20, seed=2))
    many = predictors.estimate(features)
    for name, found in predictors.estimate(features[7:8]).items():
        np.testing.assert_allclose(found.value, many[name].value[7:8], rtol=1e-12)
        np.testing.assert_allclose(found.high, many[name].high[7:8], rtol=1e-9)


def test_text_comes_back_to_the_last_bit(predictors: Predictors, seen: TrainingTable) -> None:
    again = Predictors.read(predictors.text(), seen)
    assert again.text() == predictors.text()
    assert (again.technology, again.library, again.designs) == ("known", "0" * 64, 40)
    features = matrix(worlds.table(20, seed=2))
    first = predictors.estimate(features)
    for name, found in again.estimate(features).items():
        np.testing.assert_array_equal(found.value, first[name].value)
        np.testing.assert_array_equal(found.low, first[name].low)


def test_outside_is_named_and_widens(predictors: Predictors, seen: TrainingTable) -> None:
    within = described(seen)
    assert predictors.outside(within) == ()
    low, high = predictors.range_of("lanes")
    assert (low, high) == (seen.features["lanes"].min(), seen.features["lanes"].max())
    beyond = described(seen, lanes=3 * high)
    assert predictors.outside(beyond) == ("lanes",)
    near, far = (predictors.estimate(d.vector()[None, :])["area"] for d in (within, beyond))
    assert far.high[0] / far.value[0] > 2 * (near.high[0] / near.value[0] - 1) + 1


def test_a_feature_that_nothing_uses_is_not_told(
    predictors: Predictors, seen: TrainingTable
) -> None:
    used = set().union(*(quantity.features for quantity in QUANTITIES.values()))
    assert "clock_mhz" not in used
    assert predictors.outside(described(seen, clock_mhz=1e6)) == ()


def test_too_few_designs() -> None:
    with pytest.raises(UserError, match="19 designs are too few to learn from"):
        Predictors.fit(worlds.table(19), "known")


def test_another_table(predictors: Predictors) -> None:
    with pytest.raises(UserError, match="The predictors are of another table"):
        Predictors.read(predictors.text(), worlds.table(5), where="known.json")


@pytest.mark.parametrize("text", ["{", "{}", "[]"])
def test_damaged(seen: TrainingTable, text: str) -> None:
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(text, seen, where="known.json")


def test_a_term_that_is_missing(predictors: Predictors, seen: TrainingTable) -> None:
    content = json.loads(predictors.text())
    del content["quantities"]["area"]["parts"]["pes"]["pes*sum_bits"]
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(json.dumps(content), seen)


def test_features_must_be_complete() -> None:
    with pytest.raises(ValueError, match="values must be those of FEATURES; missing or odd: rows"):
        DesignDescription("known", {name: 1.0 for name in NAMES if name != "rows"})
