"""Quantities as sums of physical parts with non-negative coefficients."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import nnls

__all__ = ["Columns", "Part", "Structure", "factors", "term"]

_Floats = NDArray[np.float64]
#: Features or figures by name, each of shape (designs,).
Columns = Mapping[str, _Floats]


def term(columns: Columns, text: str) -> _Floats:
    """A product of features, such as ``pes*sum_bits``.

    A factor is a feature, ``log2:`` and a feature, ``not:`` and one that is 0 or 1, or ``1``.
    """
    first = next(iter(columns.values()))
    result: _Floats = np.ones(len(first))
    for factor in text.split("*"):
        kind, _, name = factor.rpartition(":")
        if name == "1":
            continue
        values = columns[name]
        if kind == "log2":
            values = np.log2(values)
        elif kind == "not":
            values = 1.0 - values
        result = result * values
    return result


def factors(text: str) -> set[str]:
    """The features of a term."""
    names = {factor.rpartition(":")[2] for factor in text.split("*")}
    return names - {"1"}


@dataclass(frozen=True)
class Part:
    """A known term, and a combination of others with coefficients that are fitted.

    Parameters
    ----------
    name : str
    figure : str
        What it is fitted to, of the training table.
    terms : tuple of str
    known : str or None
        Counts as it is.
    """

    name: str
    figure: str
    terms: tuple[str, ...]
    known: str | None = None

    @property
    def features(self) -> set[str]:
        """All that it is computed from."""
        texts = [*self.terms, *([self.known] if self.known else [])]
        return {name for text in texts for name in factors(text)}

    def fit(self, features: Columns, figures: Columns) -> _Floats:
        """Non-negative coefficients, shape (terms,), that make the relative errors least.

        Raises
        ------
        ValueError
            The figure is not positive in every design.
        """
        wanted = figures[self.figure]
        if not (wanted > 0).all():
            raise ValueError(f"{self.figure} must be positive in every design")
        rest = wanted - self._known(features)
        if not self.terms:
            return np.zeros(0)
        matrix = self._matrix(features) / wanted[:, None]
        # Terms of one size let the solver see which counts.
        sizes = np.maximum(np.abs(matrix).max(axis=0), 1e-300)
        solution, _ = nnls(matrix / sizes, rest / wanted, maxiter=100 * len(sizes))
        coefficients: _Floats = solution / sizes
        return coefficients

    def values(self, features: Columns, coefficients: _Floats) -> _Floats:
        """The part in each design."""
        found = self._known(features)
        if self.terms:
            found = found + self._matrix(features) @ coefficients
        return found

    def _known(self, features: Columns) -> _Floats:
        if self.known is None:
            return np.zeros(len(next(iter(features.values()))))
        return term(features, self.known)

    def _matrix(self, features: Columns) -> _Floats:
        return np.stack([term(features, text) for text in self.terms], axis=1)


@dataclass(frozen=True)
class Structure:
    """What a quantity is made of.

    Parameters
    ----------
    parts : tuple of Part
        It is their sum.
    """

    parts: tuple[Part, ...]

    @property
    def features(self) -> set[str]:
        """All that it is computed from."""
        return set().union(*(part.features for part in self.parts))

    def fit(self, features: Columns, figures: Columns) -> list[_Floats]:
        """Coefficients of each part."""
        return [part.fit(features, figures) for part in self.parts]

    def values(self, features: Columns, coefficients: Sequence[_Floats]) -> _Floats:
        """The quantity in each design, shape (designs,)."""
        pairs = zip(self.parts, coefficients, strict=True)
        return np.sum([part.values(features, found) for part, found in pairs], axis=0)
