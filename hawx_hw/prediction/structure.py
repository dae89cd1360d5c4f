"""Quantities as sums of physical parts with non-negative coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

from hawx_hw.architectures.quantities import Part, Term
from hawx_hw.prediction.terms import Terms

__all__ = ["Structure", "Sums"]

_Floats = NDArray[np.float64]


class Structure:
    """The parts of a quantity, to be fitted.

    Parameters
    ----------
    features : sequence of str
        Names, in the order of the arrays that are given.
    parts : sequence of Part
        The quantity is their sum.
    """

    def __init__(self, features: Sequence[str], parts: Sequence[Part]):
        self._parts = [_Part(features, part) for part in parts]

    def fit(self, values: _Floats, targets: Mapping[str, _Floats]) -> list[_Floats]:
        """The coefficients of each part, non-negative, that make the relative errors least.

        Designs that lack a part, whose target and terms are 0, do not count for it.

        Parameters
        ----------
        values : ndarray of float, shape (designs, features)
        targets : mapping of str to ndarray of float
            What the parts name, each of shape (designs,).

        Raises
        ------
        ValueError
            A target is not positive in every design that has the part.
        """
        return [part.fit(values, targets) for part in self._parts]

    def values(self, values: _Floats, coefficients: Sequence[_Floats]) -> _Floats:
        """The quantity in each design, shape (designs,).

        Parameters
        ----------
        values : ndarray of float, shape (designs, features)
        coefficients : sequence of ndarray
            As :meth:`fit` gives them.
        """
        pairs = zip(self._parts, coefficients, strict=True)
        return np.asarray(np.sum([part.values(values, each) for part, each in pairs], axis=0))


class Sums:
    """Several quantities with their coefficients, all at once.

    Parameters
    ----------
    features : sequence of str
        Names, in the order of the arrays that are given.
    quantities : sequence of (sequence of Part, sequence of ndarray)
        The parts of each quantity, and their coefficients.
    """

    def __init__(
        self,
        features: Sequence[str],
        quantities: Sequence[tuple[Sequence[Part], Sequence[_Floats]]],
    ):
        weights: list[tuple[Term, int, float]] = []
        for index, (parts, coefficients) in enumerate(quantities):
            for part, values in zip(parts, coefficients, strict=True):
                pairs = zip(part.terms, values, strict=True)
                weights += [(term, index, float(value)) for term, value in pairs]
                if part.exact is not None:
                    weights.append((part.exact, index, 1.0))
        weights = [entry for entry in weights if entry[2] != 0.0]
        terms = list(dict.fromkeys(term for term, _, _ in weights))
        self._terms = Terms(features, terms)
        self._weights = np.zeros((len(terms), len(quantities)))
        for term, index, value in weights:
            self._weights[terms.index(term), index] += value

    def __call__(self, values: _Floats) -> _Floats:
        """Each quantity in each design, shape (designs, quantities).

        Parameters
        ----------
        values : ndarray of float, shape (designs, features)
        """
        return np.asarray(self._terms(values) @ self._weights)


class _Part:
    def __init__(self, features: Sequence[str], part: Part):
        self._part = part
        self._fitted = Terms(features, part.terms)
        self._exact = Terms(features, [] if part.exact is None else [part.exact])

    def fit(self, values: _Floats, targets: Mapping[str, _Floats]) -> _Floats:
        target = targets[self._part.target]
        exact = self._exact(values).sum(axis=1)
        matrix = np.ascontiguousarray(self._fitted(values))
        has = (target != 0) | (exact != 0) | (matrix != 0).any(axis=1)
        if not (target[has] > 0).all():
            raise ValueError(f"{self._part.target} must be positive in every design that has it")
        if not self._part.terms or not has.any():
            return np.zeros(len(self._part.terms))
        rest, matrix, target = (target - exact)[has], matrix[has], target[has]
        matrix = matrix / target[:, None]
        # Terms of one size let the solver see which counts.
        sizes = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
        solution, _ = nnls(matrix / sizes, rest / target, maxiter=100 * len(sizes))
        return np.asarray(solution / sizes)

    def values(self, values: _Floats, coefficients: _Floats) -> _Floats:
        fitted = np.ascontiguousarray(self._fitted(values)) @ coefficients
        return np.asarray(self._exact(values).sum(axis=1) + fitted)
