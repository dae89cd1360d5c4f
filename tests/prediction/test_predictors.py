import json

import numpy as np
import pytest

from hawx_hw.errors import UserError
from hawx_hw.prediction.description import DesignDescription
from hawx_hw.prediction.predictors import Predictors
from hawx_hw.prediction.table import TrainingTable
from tests.prediction import synthetic_designs
from tests.prediction.synthetic_designs import FEATURES, QUANTITIES, SYNTHETIC


def described(table: TrainingTable, index: int = 0, **changes: float) -> DesignDescription:
    values = {name: float(table.features[name][index]) for name in FEATURES}
    return DesignDescription(SYNTHETIC, "synthetic45", {**values, **changes})


@pytest.mark.parametrize(
    ("name", "target", "limit"),
    [
        ("area", "area", 0.01),
        ("energy", "dynamic_pj", 0.015),
        ("leakage", "leakage_uw", 0.015),
        ("delay", "longest_path_ns", 0.015),
    ],
)
def test_learns_a_law_that_its_terms_do_not_have(
    predictors: Predictors, name: str, target: str, limit: float
) -> None:
    asked = synthetic_designs.table(200, seed=1)
    predicted = predictors.estimate(asked.values)[name]
    actual = asked.targets[target]
    assert np.mean(np.abs(predicted.value / actual - 1)) < limit
    inside = np.mean((actual >= predicted.low) & (actual <= predicted.high))
    assert 0.75 < inside <= 1
    assert (predicted.low < predicted.value).all()
    assert (predicted.value < predicted.high).all()


def test_delay_is_the_longest_path(predictors: Predictors) -> None:
    estimates = predictors.estimate(synthetic_designs.table(20, seed=2).values)
    paths = [estimates[name].value for name in QUANTITIES.by_name if name.startswith("path_")]
    np.testing.assert_array_equal(estimates["delay"].value, np.max(paths, axis=0))


def test_one_design_equals_many(predictors: Predictors) -> None:
    features = synthetic_designs.table(20, seed=2).values
    many = predictors.estimate(features)
    for name, estimates in predictors.estimate(features[7:8]).items():
        np.testing.assert_allclose(estimates.value, many[name].value[7:8], rtol=1e-12)
        np.testing.assert_allclose(estimates.high, many[name].high[7:8], rtol=1e-9)


def test_text_comes_back_to_the_last_bit(predictors: Predictors, trained_on: TrainingTable) -> None:
    again = Predictors.read(predictors.text(), trained_on)
    assert again.text() == predictors.text()
    assert (again.technology, again.library, again.designs) == ("synthetic45", "0" * 64, 40)
    features = synthetic_designs.table(20, seed=2).values
    first = predictors.estimate(features)
    for name, estimates in again.estimate(features).items():
        np.testing.assert_array_equal(estimates.value, first[name].value)
        np.testing.assert_array_equal(estimates.low, first[name].low)


def test_outside_is_named_and_widens(predictors: Predictors, trained_on: TrainingTable) -> None:
    within = described(trained_on)
    assert predictors.outside(within) == ()
    low, high = predictors.range_of("units")
    assert (low, high) == (trained_on.features["units"].min(), trained_on.features["units"].max())
    beyond = described(trained_on, units=3 * high)
    assert predictors.outside(beyond) == ("units",)
    near, far = (predictors.estimate(d.vector()[None, :])["area"] for d in (within, beyond))
    assert far.high[0] / far.value[0] > 2 * (near.high[0] / near.value[0] - 1) + 1


def test_a_feature_that_nothing_uses_is_not_reported(
    predictors: Predictors, trained_on: TrainingTable
) -> None:
    assert "clock_mhz" not in QUANTITIES.features
    assert predictors.outside(described(trained_on, clock_mhz=1e6)) == ()


def test_too_few_designs() -> None:
    with pytest.raises(UserError, match="19 designs are too few to learn from"):
        Predictors.fit(synthetic_designs.table(19), "synthetic45")


def test_another_table(predictors: Predictors) -> None:
    with pytest.raises(UserError, match="The predictors are of another table"):
        Predictors.read(predictors.text(), synthetic_designs.table(5), where="known.json")


@pytest.mark.parametrize("text", ["{", "{}", "[]", pytest.param("[" * 100_000, id="deep")])
def test_damaged(trained_on: TrainingTable, text: str) -> None:
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(text, trained_on, where="known.json")


@pytest.mark.parametrize(
    ("key", "value"), [("technology", None), ("library", 5), ("technology", ...), ("library", ...)]
)
def test_an_origin_that_is_none(
    predictors: Predictors, trained_on: TrainingTable, key: str, value: object
) -> None:
    content = json.loads(predictors.text())
    content[key] = value
    if value is ...:
        del content[key]
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(json.dumps(content), trained_on)


@pytest.mark.parametrize("value", [float("nan"), float("inf"), 10**400, "1", None])
def test_a_coefficient_that_is_none(
    predictors: Predictors, trained_on: TrainingTable, value: object
) -> None:
    content = json.loads(predictors.text())
    content["quantities"]["area"]["parts"]["multipliers"]["units*sum_bits"] = value
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(json.dumps(content), trained_on)


def test_a_term_that_is_missing(predictors: Predictors, trained_on: TrainingTable) -> None:
    content = json.loads(predictors.text())
    del content["quantities"]["area"]["parts"]["multipliers"]["units*sum_bits"]
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(json.dumps(content), trained_on)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("scales", 0.0),
        ("lengths", 0),
        ("lengths", -1.0),
        ("noise", 0),
        ("variance", float("nan")),
        ("means", float("inf")),
        ("features", 3),
        ("factor", float("nan")),
        ("factor", [[1]]),
    ],
)
def test_numbers_that_would_spread(
    predictors: Predictors, trained_on: TrainingTable, key: str, value: object
) -> None:
    """They would make predictions that are no numbers, without a word."""
    content = json.loads(predictors.text())
    stored = content["quantities"]["area"]
    place = stored if key == "factor" else stored["correction"]
    place[key] = [value, *place[key][1:]] if isinstance(place[key], list) else value
    with pytest.raises(UserError, match="The predictors are damaged"):
        Predictors.read(json.dumps(content), trained_on)


def test_another_version(predictors: Predictors, trained_on: TrainingTable) -> None:
    content = json.loads(predictors.text()) | {"schema": 1}
    with pytest.raises(UserError, match="The predictors are of schema 1, not 2"):
        Predictors.read(json.dumps(content), trained_on)


def test_another_architecture(predictors: Predictors, trained_on: TrainingTable) -> None:
    content = json.loads(predictors.text()) | {"architecture": "other"}
    with pytest.raises(UserError, match="The predictors are of another table"):
        Predictors.read(json.dumps(content), trained_on)
