import numpy as np
import pytest
from scipy.stats import kendalltau

from hawx_hw.errors import UserError
from hawx_hw.prediction.evaluation import HeldOut, evaluate, scores, smape
from hawx_hw.prediction.predictors import Estimates
from tests.prediction import synthetic_designs


def test_smape() -> None:
    result = smape(np.array([1.0, 2.0, 3.0]), np.array([1.0, 1.0, 6.0]))
    np.testing.assert_allclose(result, [0, 200 / 3, 200 / 3])


def test_scores() -> None:
    measured = np.array([1.0, 2.0, 3.0, 4.0])
    value = np.array([1.0, 3.0, 2.0, 4.0])
    result = scores(HeldOut(measured, Estimates(value, value - 0.5, value + 0.5)))
    assert result.designs == 4
    assert result.smape == pytest.approx((40 + 40) / 4)
    assert result.worst == pytest.approx(40)
    assert result.r2 == pytest.approx(1 - 2 / 5)
    assert result.tau == pytest.approx(kendalltau(measured, value).statistic)
    assert result.coverage == 50
    assert result.width == pytest.approx(100 * np.median(1 / value))


def test_too_few() -> None:
    with pytest.raises(UserError, match="20 designs are too few to hold some out"):
        evaluate(synthetic_designs.table(20))


def test_held_out_must_be_known() -> None:
    with pytest.raises(ValueError, match="held_out must be designs or blocks, not 'rows'"):
        evaluate(synthetic_designs.table(30), "rows")  # type: ignore[arg-type]


@pytest.mark.slow
def test_evaluate() -> None:
    table = synthetic_designs.table(40)
    held_out = evaluate(table)
    assert list(held_out) == ["area", "power", "fmax", "energy", "leakage"]
    for one in held_out.values():
        assert len(one.measured) == 40
    assert sorted(held_out["area"].measured) == sorted(table.targets["area"])
    assert scores(held_out["area"]).smape < 1
    assert scores(held_out["power"]).smape < 1.5
