"""The variance of the error of a filter's sum, as a quadratic form of what its codes select.

With features ``v(x)`` of the activations at all taps and the vectors ``u`` that the codes select,
the error of a sum is ``u . v(x) - w . x``, and its variance ``u Q u - 2 u C w + w X w``: ``Q`` is
the covariance of the features, ``C`` that of features and activations, ``X`` that of activations.
"""

from __future__ import annotations

import copy
import functools
import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.linalg import cho_factor, cho_solve, cholesky

from hawx_hw.blocks.block import Block
from hawx_hw.graph.graph import WEIGHT_MAX

__all__ = ["Levels", "SumErrors", "levels"]

#: Least share of a tap's own covariance that is added to it (see :meth:`SumErrors._shrink`).
_SHRINKAGE = 0.01
#: Of a feature's variance: what makes features invertible that others determine.
_RIDGE = 1e-7


@dataclass(frozen=True, eq=False)
class Levels:
    """What the weight codes of a block select: vectors, each once.

    Parameters
    ----------
    codes : ndarray of int64
        ``(levels,)``: of the codes with the same vector, the smallest; the one nearest to 0 where
        all have the same.
    vectors : ndarray of float64
        ``(levels, rank)``.
    of_code : ndarray of float64
        ``(256, rank)``: the vector of every code, indexed ``[code + 128]``.
    right : ndarray of float64
        ``(256, rank)``: the features of every activation code, indexed ``[code + 128]``.
    """

    codes: np.ndarray
    vectors: np.ndarray
    of_code: np.ndarray
    right: np.ndarray

    @functools.cached_property
    def features(self) -> str:
        """A digest of ``right``: that of blocks whose products are of the same features."""
        return hashlib.sha256(f"{self.right.shape}".encode() + self.right.tobytes()).hexdigest()


@functools.lru_cache(maxsize=64)
def levels(block: Block) -> Levels:
    """The levels of a block with exact factors.

    Parameters
    ----------
    block : Block

    Raises
    ------
    ValueError
        It has none.
    """
    factors = block.factors()
    if factors is None:
        raise ValueError(f"Block must have exact factors, not {block.name!r}")
    left, right = (factor.astype(np.float64) for factor in factors)
    accepted = np.array([w for w in block.weights if abs(w) <= WEIGHT_MAX], dtype=np.int64)
    if (left[accepted + 128] == left[accepted[0] + 128]).all():
        nearest = accepted[[np.argmin(np.abs(accepted))]]
        return Levels(nearest, left[nearest + 128], left, right)
    vectors, first = np.unique(left[accepted + 128], axis=0, return_index=True)
    order = np.argsort(first)
    return Levels(accepted[first[order]], vectors[order], left, right)


class SumErrors:
    """The quadratic form of some taps.

    Parameters
    ----------
    blocks : sequence of Block
        One a tap.
    activations : ndarray of int8
        ``(positions, taps)``.

    Attributes
    ----------
    covariance : ndarray of float64
        ``(features, features)``: ``Q``.
    order : ndarray of int64
        The taps, by decreasing variance of their activations.
    """

    def __init__(self, blocks: Sequence[Block], activations: np.ndarray):
        self._levels = [levels(block) for block in blocks]
        ends = np.cumsum([each.right.shape[1] for each in self._levels])
        self._bounds = np.concatenate([[0], ends])
        features = self._values(activations)
        plain = activations.astype(np.float64)
        self.covariance = _covariance(features, features)
        self._cross = _covariance(features, plain)
        self.order = np.argsort(-plain.var(axis=0), kind="stable")
        self._shrink(activations)

    def _values(self, activations: np.ndarray) -> np.ndarray:
        """Features at all positions: ``(positions, features)``."""
        values = np.empty((len(activations), self._bounds[-1]))
        indices = activations.astype(np.int64) + 128
        for tap, level in enumerate(self._levels):
            values[:, self.features(tap)] = level.right[indices[:, tap]]
        return values

    def under(self, blocks: Sequence[Block]) -> SumErrors:
        """The same form under blocks with the same features, such as those of equal precision."""
        other = copy.copy(self)
        other._levels = [levels(block) for block in blocks]
        if [each.features for each in other._levels] != [each.features for each in self._levels]:
            raise ValueError("Blocks must have the same features")
        return other

    def features(self, tap: int) -> slice:
        """Indices of a tap's features."""
        return slice(int(self._bounds[tap]), int(self._bounds[tap + 1]))

    def features_of(self, taps: np.ndarray) -> np.ndarray:
        """Indices of the features of some taps, one tap after another."""
        return np.concatenate([np.arange(self._bounds[tap], self._bounds[tap + 1]) for tap in taps])

    def _shrink(self, activations: np.ndarray) -> None:
        """Add a share of the mean tap's own covariance to each tap's.

        Covariances of as many taps as there are positions are half chance: codes chosen for them
        are worse on other images than codes chosen one by one. With the taps' share of the
        positions added, they are better on others in every layer that was tried, from 25 taps at
        8,192 positions to 400 at 512. What is added depends on the products alone, not on the
        factors that the block states for them.
        """
        positions, count = activations.shape
        shrinkage = _SHRINKAGE + count / positions
        taps = activations.astype(np.int64).T + 128
        shares = np.stack([np.bincount(tap, minlength=256) for tap in taps]) / len(activations)
        own: dict[int, tuple[np.ndarray, np.ndarray]] = {}
        for tap, level in enumerate(self._levels):
            if id(level) not in own:
                own[id(level)] = _own_covariance(level.right, shares)
            features = self.features(tap)
            within, cross = own[id(level)]
            self.covariance[features, features] += shrinkage * within
            self._cross[features, tap] += shrinkage * cross

    def targets(self, weight: np.ndarray) -> np.ndarray:
        """The vectors that make the exact sums best, if they could take any value.

        Parameters
        ----------
        weight : ndarray of int64
            ``(filters, taps)``.

        Returns
        -------
        ndarray of float64
            ``(filters, features)``.
        """
        targets: np.ndarray = cho_solve(self._factor, self._cross @ weight.T.astype(np.float64)).T
        return targets

    def elimination(self) -> tuple[np.ndarray, np.ndarray]:
        """The taps in an order, and ``U`` with ``U.T @ U`` the inverse of ``Q`` in that order."""
        return self.order, self._upper

    @functools.cached_property
    def _upper(self) -> np.ndarray:
        order = self.features_of(self.order)
        inverse = cho_solve(self._factor, np.eye(len(order)))[np.ix_(order, order)]
        upper: np.ndarray = cholesky(inverse, lower=False)
        return upper

    @functools.cached_property
    def _factor(self) -> tuple[np.ndarray, bool]:
        variance = np.diag(self.covariance)
        ridge = _RIDGE * np.maximum(variance, max(float(variance.mean()), 1.0))
        factor: tuple[np.ndarray, bool] = cho_factor(self.covariance + np.diag(ridge))
        return factor

    def slopes(self, codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """Minus half the gradient of the variance in the vectors: ``(filters, features)``.

        Parameters
        ----------
        codes, weight : ndarray of int64
            ``(filters, taps)``: the chosen and the original codes.
        """
        made = self._vectors(codes) @ self.covariance
        slopes: np.ndarray = weight.astype(np.float64) @ self._cross.T - made
        return slopes

    def costs(self, codes: np.ndarray, weight: np.ndarray) -> np.ndarray:
        """The variance of each filter's error, less that of its exact sum: ``(filters,)``.

        Parameters
        ----------
        codes, weight : ndarray of int64
            ``(filters, taps)``: the chosen and the original codes.
        """
        vectors = self._vectors(codes)
        target = weight.astype(np.float64) @ self._cross.T
        costs: np.ndarray = ((vectors @ self.covariance - 2 * target) * vectors).sum(axis=1)
        return costs

    def _vectors(self, codes: np.ndarray) -> np.ndarray:
        return np.concatenate(
            [level.of_code[codes[:, tap] + 128] for tap, level in enumerate(self._levels)], axis=1
        )


def _own_covariance(right: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Covariance within a tap, mean over taps: of the features, and of features and activations.

    Parameters
    ----------
    right : ndarray of float64
        ``(256, rank)``: the features of each code.
    shares : ndarray of float64
        ``(taps, 256)``: of the codes at each tap.
    """
    codes = np.arange(-128.0, 128.0)
    mean, mean_code = shares @ right, shares @ codes
    share = shares.mean(axis=0)
    within = (right * share[:, None]).T @ right - mean.T @ mean / len(shares)
    cross = (right * share[:, None]).T @ codes - mean.T @ mean_code / len(shares)
    return within, cross


def _covariance(x: np.ndarray, y: np.ndarray) -> np.ndarray:
    """Covariances along axis 0 of whole numbers: float64 with exact sums."""
    covariance: np.ndarray = x.T @ y / len(x) - np.outer(x.mean(axis=0), y.mean(axis=0))
    return covariance
