"""The values of terms in many designs, in a few operations on arrays."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from hawx_hw.architectures.quantities import Factor, Term

__all__ = ["Terms"]

_Floats = NDArray[np.float64]


class Terms:
    """Computes terms from features.

    Parameters
    ----------
    features : sequence of str
        Names, in the order of the arrays that are given.
    terms : sequence of Term

    Raises
    ------
    KeyError
        A term is of a feature that is not there.
    """

    def __init__(self, features: Sequence[str], terms: Sequence[Term]):
        places = {name: index for index, name in enumerate(features)}
        factors = list(dict.fromkeys(factor for term in terms for factor in term.factors))
        logarithms = [factor for factor in factors if factor.function == "log2"]
        complements = [factor for factor in factors if factor.function == "not"]
        self._logarithms = _places(places, logarithms)
        self._complements = _places(places, complements)
        # Atoms, the things to be multiplied: features, their logarithms, complements, and 1.
        atoms = {Factor(name): index for name, index in places.items()}
        for factor in (*logarithms, *complements):
            atoms[factor] = len(atoms)
        one = len(atoms)
        most = max((len(term.factors) for term in terms), default=0)
        self._atoms = np.full((max(most, 1), len(terms)), one)
        for index, term in enumerate(terms):
            self._atoms[: len(term.factors), index] = [atoms[factor] for factor in term.factors]

    def __call__(self, values: _Floats) -> _Floats:
        """The terms of each design, shape (designs, terms).

        Parameters
        ----------
        values : ndarray of float, shape (designs, features)
        """
        atoms = np.concatenate(
            [
                values,
                np.log2(values[:, self._logarithms]),
                1.0 - values[:, self._complements],
                np.ones((len(values), 1)),
            ],
            axis=1,
        )
        products = atoms[:, self._atoms[0]]
        for others in self._atoms[1:]:
            products = products * atoms[:, others]
        return products


def _places(places: dict[str, int], factors: Iterable[Factor]) -> NDArray[np.int64]:
    return np.array([places[factor.feature] for factor in factors], dtype=np.int64)
