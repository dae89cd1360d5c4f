"""A Gaussian process on what the structure misses: the logarithm of measured over structure.

The kernel is a Matern kernel of smoothness 5/2 with a length of its own for each feature, and white
noise (Rasmussen and Williams, "Gaussian Processes for Machine Learning", 2006, chapters 2 and 4).
"""

from __future__ import annotations

import math
import warnings
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydantic import TypeAdapter
from scipy.linalg import solve_triangular

__all__ = ["Correction", "Hyperparameters"]

_Floats = NDArray[np.float64]
_LENGTHS = (0.3, 100.0)
_VARIANCE = (1e-8, 1.0)
# Measurements are rounded: a process without noise would be overconfident.
_NOISE = (1e-6, 1e-1)


@dataclass(frozen=True)
class Hyperparameters:
    """Hyperparameters of a Gaussian process.

    Parameters
    ----------
    features : tuple of str
    means, scales : tuple of float
        Means and scales that standardize the features.
    variance, noise : float
        Variances of the logarithms: of the smooth function, and of the noise.
    lengths : tuple of float
        One a feature, in scales.
    """

    features: tuple[str, ...]
    means: tuple[float, ...]
    scales: tuple[float, ...]
    variance: float
    noise: float
    lengths: tuple[float, ...]

    def as_dict(self) -> dict[str, Any]:
        """JSON-able."""
        return asdict(self)

    @classmethod
    def from_dict(cls, content: dict[str, Any]) -> Hyperparameters:
        """What :meth:`as_dict` was made from.

        Raises
        ------
        KeyError, TypeError, ValueError
            It was made from something else.
        """
        made = TypeAdapter(cls).validate_python(content)
        if not len(made.features) == len(made.means) == len(made.scales) == len(made.lengths):
            raise ValueError("each feature must have a mean, a scale and a length")
        positive = (*made.scales, *made.lengths, made.variance, made.noise)
        if not all(0 < value < math.inf for value in positive):
            raise ValueError("scales, lengths, variance and noise must be positive")
        if not all(map(math.isfinite, made.means)):
            raise ValueError("means must be numbers")
        return made


class Correction:
    """A Gaussian process, conditioned on designs.

    Parameters
    ----------
    hyperparameters : Hyperparameters
    inputs : ndarray of float, shape (designs, features)
        Features of the training designs, not standardized.
    ratios : ndarray of float, shape (designs,)
        Logarithms of measured over structure.
    """

    def __init__(self, hyperparameters: Hyperparameters, inputs: _Floats, ratios: _Floats):
        from sklearn.gaussian_process import GaussianProcessRegressor
        from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

        self.hyperparameters = h = hyperparameters
        scales = np.array(h.scales)
        lengths = np.array(h.lengths)
        even = (inputs - np.array(h.means)) / scales
        kernel = _kernel(h.variance, lengths, h.noise)
        # More threads are slower on so little, and sum in another order.
        with threadpool_limits(1):
            process = GaussianProcessRegressor(kernel, alpha=0.0, optimizer=None).fit(even, ratios)
        self._rates = 1.0 / (scales * lengths)
        self._shift = np.array(h.means) * self._rates
        self._trained = even / lengths
        self._norms = (self._trained * self._trained).sum(axis=1)
        self._weights: _Floats = process.alpha_
        # The inverse of a triangle is as good as solving with it, and a product is faster.
        unit = np.eye(len(ratios))
        self._inverse = solve_triangular(process.L_, unit, lower=True).T.copy()

    @classmethod
    def fit(
        cls, features: tuple[str, ...], inputs: _Floats, ratios: _Floats, *, restarts: int = 2
    ) -> Correction:
        """Fit the hyperparameters that make the ratios likeliest.

        Parameters
        ----------
        features : tuple of str
            Names, in the order of ``inputs``.
        inputs, ratios : ndarray
            See above.
        restarts : int
            Further starts of the search, at fixed places.
        """
        from sklearn.exceptions import ConvergenceWarning
        from sklearn.gaussian_process import GaussianProcessRegressor
        from threadpoolctl import threadpool_limits

        means = inputs.mean(axis=0)
        deviations = inputs.std(axis=0)
        scales = np.where(deviations > 0, deviations, 1.0)
        even = (inputs - means) / scales
        start = max(float(np.var(ratios)), 1e-6)
        kernel = _kernel(
            min(start, _VARIANCE[1]), np.full(len(features), 3.0), min(start / 10, _NOISE[1])
        )
        process = GaussianProcessRegressor(
            kernel, alpha=0.0, n_restarts_optimizer=restarts, random_state=0
        )
        with warnings.catch_warnings(), threadpool_limits(1):
            # A length at its bound is a feature that does not count.
            warnings.simplefilter("ignore", ConvergenceWarning)
            process.fit(even, ratios)
        smooth, noise = process.kernel_.k1, process.kernel_.k2
        lengths = np.broadcast_to(smooth.k2.length_scale, len(features))
        # The file keeps these digits, and what is used here is what a file would give.
        hyperparameters = Hyperparameters(
            features,
            _rounded(means),
            _rounded(scales),
            variance=_rounded([smooth.k1.constant_value])[0],
            noise=_rounded([noise.noise_level])[0],
            lengths=_rounded(lengths),
        )
        return cls(hyperparameters, inputs, ratios)

    def __call__(self, inputs: _Floats) -> tuple[_Floats, _Floats]:
        """Mean and standard deviation of the logarithm, noise included; each shape (designs,)."""
        h = self.hyperparameters
        points = inputs * self._rates - self._shift
        # Squares by the scalar product: no array of all differences.
        squares = (points * points).sum(axis=1)[:, None] + self._norms
        squares -= 2.0 * (points @ self._trained.T)
        distance = np.sqrt(5.0 * np.maximum(squares, 0.0))
        cross = h.variance * (1.0 + distance + distance * distance / 3.0) * np.exp(-distance)
        mean = cross @ self._weights
        explained = cross @ self._inverse
        variance = h.variance + h.noise - (explained * explained).sum(axis=1)
        return mean, np.sqrt(np.maximum(variance, h.noise))


def _kernel(variance: float, lengths: _Floats, noise: float) -> Any:
    from sklearn.gaussian_process.kernels import ConstantKernel, Matern, WhiteKernel

    smooth = Matern(lengths, length_scale_bounds=_LENGTHS, nu=2.5)
    return ConstantKernel(variance, _VARIANCE) * smooth + WhiteKernel(noise, _NOISE)


def _rounded(values: Any) -> tuple[float, ...]:
    return tuple(float(f"{value:.9g}") for value in values)
