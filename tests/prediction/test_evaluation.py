import numpy as np
import pytest
from scipy.stats import kendalltau

from hawx_hw.errors import UserError
from hawx_hw.prediction.evaluation import HeldOut, evaluate, scores, smape
from hawx_hw.prediction.predictors import Estimates
from tests.prediction import synthetic_designs


def test_smape() -> None:
    found = smape(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 6.0]))
    np.testing.assert_allclose(found, [0, 200 / 3, 200 / 3])


def test_scores() -> None:
    truth = np.array([1.0, 2.0, 3.0, 4.0])
    value = np.array([1.0, 3.0, 2.0, 4.0])
    found = scores(HeldOut(truth, Estimates(value, value - 0.5, value + 0.5)))
    assert found.designs == 4
    assert found.smape == pytest.approx((40 + 40) / 4)
    assert found.worst == pytest.approx(40)
    assert found.r2 == pytest.approx(1 - 2 / 5)
    assert found.tau == pytest.approx(kendalltau(truth, value).statistic)
    assert found.coverage == 50
    assert found.width == pytest.approx(100 * np.median(1 / value))


def test_too_few() -> None:
    with pytest.raises(UserError, match="20 designs are too few to hold some out"):
        evaluate(synthetic_designs.table(20))


def test_held_out_must_be_known() -> None:
    with pytest.raises(ValueError, match="held_out must be designs or blocks, not 'rows'"):
        evaluate(synthetic_designs.table(30), "rows")  # type: ignore[arg-type]


@pytest.mark.slow
def test_evaluate() -> None:
    table = synthetic_designs.table(40)
    held = evaluate(table)
    assert list(held) == ["area", "power", "fmax", "energy", "leakage"]
    for one in held.values():
        assert len(one.measured) == 40
    assert sorted(held["area"].measured) == sorted(table.targets["area"])
    assert scores(held["area"]).smape < 1
    assert scores(held["power"]).smape < 1.5
