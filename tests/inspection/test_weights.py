import numpy as np
import pytest

from hawx_hw.inspection.weights import FEWEST_CODES, outlier_weights

WEIGHT = np.random.default_rng(0).normal(0, 0.1, (6, 4, 3, 3))


@pytest.mark.parametrize("shape", [(40, 9), (40, 400), (200, 1, 5, 5)])
def test_normal_weights_have_no_outlier(shape):
    assert outlier_weights(np.random.default_rng(1).normal(0, 0.1, shape)) is None


def test_the_filter_the_codes_and_the_channel():
    weight = WEIGHT.copy()
    weight[1, 0, 1, 1] = 5
    weight[4, 2, 0, 1] = -50
    result = outlier_weights(weight)
    assert result.filters.tolist() == [1, 4]
    assert (result.filter, result.channel) == (4, 2)
    others = np.delete(weight[4].ravel(), 2 * 9 + 1)
    assert result.codes == pytest.approx(127 / 50 * np.sqrt((others**2).mean()))
    assert result.codes < FEWEST_CODES


def test_zeros_do_not_count():
    pruned = np.where(np.arange(36).reshape(4, 3, 3) % 3, 0, WEIGHT)
    assert outlier_weights(pruned) is None
    one = np.zeros((2, 4, 3, 3))
    one[:, 1, 1, 1] = 3  # a shortcut that takes every second pixel
    assert outlier_weights(one) is None
    assert outlier_weights(np.zeros((2, 9))) is None
