"""Several structures at once, in a few operations on arrays."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from hawx_hw.prediction.structure import Structure

__all__ = ["Compiled"]

_Floats = NDArray[np.float64]


class Compiled:
    """Structures with their coefficients.

    Parameters
    ----------
    features : sequence of str
        Names of the columns of the arrays that are given.
    structures : sequence of (Structure, sequence of ndarray)
        With the coefficients of each part.
    """

    def __init__(
        self,
        features: Sequence[str],
        structures: Sequence[tuple[Structure, Sequence[_Floats]]],
    ):
        self._logarithms: list[int] = []
        self._complements: list[int] = []
        atoms = {name: index for index, name in enumerate(features)}
        pairs: list[tuple[str, float, int]] = []
        for place, (structure, coefficients) in enumerate(structures):
            for piece, values in zip(structure.parts, coefficients, strict=True):
                pairs += [
                    (text, float(v), place) for text, v in zip(piece.terms, values, strict=True)
                ]
                if piece.known is not None:
                    pairs.append((piece.known, 1.0, place))
        pairs = [pair for pair in pairs if pair[1] != 0.0]
        texts = list(dict.fromkeys(text for text, _, _ in pairs))
        split = [[factor for factor in text.split("*") if factor != "1"] for text in texts]
        for kind, found in (("log2", self._logarithms), ("not", self._complements)):
            for factor in dict.fromkeys(f for group in split for f in group):
                if factor.startswith(f"{kind}:"):
                    found.append(atoms[factor.partition(":")[2]])
                    atoms[factor] = len(atoms)
        one = len(atoms)
        width = max((len(group) for group in split), default=1)
        self._factors = np.full((max(width, 1), len(texts)), one)
        for column, group in enumerate(split):
            self._factors[: len(group), column] = [atoms[factor] for factor in group]
        self._weights = np.zeros((len(texts), len(structures)))
        for text, value, index in pairs:
            self._weights[texts.index(text), index] += value

    def __call__(self, features: _Floats) -> _Floats:
        """What each structure comes to, shape (designs, structures).

        Parameters
        ----------
        features : ndarray of float, shape (designs, features)
        """
        atoms = np.concatenate(
            [
                features,
                np.log2(features[:, self._logarithms]),
                1.0 - features[:, self._complements],
                np.ones((len(features), 1)),
            ],
            axis=1,
        )
        terms = atoms[:, self._factors[0]]
        for others in self._factors[1:]:
            terms = terms * atoms[:, others]
        return np.asarray(terms @ self._weights)
