import numpy as np
import pytest
from sklearn.gaussian_process import GaussianProcessRegressor
from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

from hawx_hw.prediction.correction import Correction, Hyperparameters

DRAW = np.random.default_rng(3)
INPUTS = DRAW.uniform(0, 10, (30, 2))
RATIOS = 0.05 * np.sin(INPUTS[:, 0])


@pytest.fixture(scope="module")
def fitted() -> Correction:
    return Correction.fit(("a", "b"), INPUTS, RATIOS)


def test_equals_scikit_learn(fitted: Correction) -> None:
    h = fitted.hyperparameters
    kernel = ConstantKernel(h.variance) * Matern(h.lengths, nu=2.5) + WhiteKernel(h.noise)
    reference = GaussianProcessRegressor(kernel, alpha=0, optimizer=None)
    reference.fit((INPUTS - h.means) / h.scales, RATIOS)
    asked = DRAW.uniform(-5, 15, (50, 2))
    mean, deviation = reference.predict((asked - h.means) / h.scales, return_std=True)
    predicted = fitted(asked)
    np.testing.assert_allclose(predicted[0], mean, rtol=1e-6, atol=1e-8)
    np.testing.assert_allclose(predicted[1], deviation, rtol=1e-4)


def test_learns_and_is_unsure_far_away(fitted: Correction) -> None:
    near = np.array([[5.0, 5.0]])
    mean, deviation = fitted(near)
    assert mean[0] == pytest.approx(0.05 * np.sin(5), abs=0.01)
    far = fitted(np.array([[1e3, 5.0]]))
    assert far[0][0] == pytest.approx(0, abs=1e-6)
    assert far[1][0] > 3 * deviation[0]
    assert fitted.hyperparameters.lengths[1] > fitted.hyperparameters.lengths[0]


def test_hyperparameters_as_dict(fitted: Correction) -> None:
    h = fitted.hyperparameters
    assert Hyperparameters.from_dict(h.as_dict()) == h
    again = Correction(h, INPUTS, RATIOS)
    for predicted, first in zip(again(INPUTS), fitted(INPUTS), strict=True):
        np.testing.assert_array_equal(predicted, first)


def test_a_feature_that_does_not_vary() -> None:
    inputs = np.stack([INPUTS[:, 0], np.full(30, 7.0)], axis=1)
    mean, deviation = Correction.fit(("a", "b"), inputs, RATIOS)(inputs)
    assert np.isfinite(mean).all()
    assert (deviation > 0).all()
