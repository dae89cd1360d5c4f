"""Accuracy from hawx(model), calibrated on a handful of real evaluations, with an uncertainty.

The shifted logits tell how likely each image is to change its class; real drops of accuracy follow
that closely, but not one to one: calibration images that the network was trained on are surer of
their class than others, and large errors saturate. Both sides are taken as ``asinh(points / c)``,
which is even near zero and logarithmic beyond: there the relation is a straight line, at first
taken as that of equals, and a small smooth remainder, a Gaussian process with a Matern kernel (nu =
3/2; C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, chapters
2 and 4). How large and smooth the remainder is, and how much no curve explains, a handful cannot
tell: many values are averaged by how likely they make what was found, so that an interval is wide
where they disagree.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.special import softmax

from hawx_hw.scores.profile import Profile
from hawx_hw.scores.scores import shifted_logits

__all__ = ["AccuracyPredictor", "changed_classes", "expected_changes", "informative"]

#: Points of accuracy at which a drop stops to count as small.
_POINTS = 0.3
#: Prior deviations of the line's offset and slope, transformed.
_OFFSET, _SLOPE = 2.0, 0.5
#: Of the remainder, transformed: variance, length, and variance of what no curve explains.
_AMPLITUDES = (0.01, 0.03, 0.1, 0.3, 1.0)
_LENGTHS = (1.0, 3.0)
_NOISES = (0.003, 0.01, 0.03, 0.1, 0.3)
#: Curves less likely than this share of all are left out.
_LEAST = 1e-4
#: The noise that :func:`informative` reckons with.
_NOISE = 0.05
_PART = 2**24


def expected_changes(profile: Profile, choices: np.ndarray) -> np.ndarray:
    """How many images in a hundred are expected to change their class.

    For each calibration image that is the distance in variation between its distribution of
    classes before and after, averaged; no labels are needed.

    Parameters
    ----------
    profile : Profile
    choices : ndarray of int
        ``(assignments, units)``.

    Returns
    -------
    ndarray of float64
        ``(assignments,)``, in [0, 100].
    """
    choices = profile.checked(choices)
    found = np.empty(len(choices))
    part = max(1, _PART // profile.logits.size)
    for start in range(0, len(choices), part):
        rows = slice(start, start + part)
        found[rows] = changed_classes(profile, shifted_logits(profile, choices[rows]))
    return found


def changed_classes(profile: Profile, logits: np.ndarray) -> np.ndarray:
    """How many of the profile's images in a hundred other logits put into another class.

    Parameters
    ----------
    profile : Profile
    logits : ndarray of float64
        ``(..., images, classes)``.

    Returns
    -------
    ndarray of float64
        ``(...)``, in [0, 100].
    """
    distance = np.abs(softmax(logits, axis=-1) - softmax(profile.logits, axis=-1))
    found: np.ndarray = 50 * distance.sum(axis=-1).mean(axis=-1)
    return found


def informative(scores: np.ndarray, count: int, *, within: float = 20.0) -> np.ndarray:
    """Which assignments to evaluate: greedily those of which the predictor knows the least.

    The first is that of the smallest score; each further one has the largest variance left under
    the predictor's prior, a straight line and a smooth remainder.

    Parameters
    ----------
    scores : ndarray of float64
        Of the candidates, from :func:`expected_changes`.
    count : int
        How many, at least 2 and at most as many as there are candidates.
    within : float
        Candidates of larger scores are passed over as long as others are left.

    Returns
    -------
    ndarray of int64
        ``(count,)``: indices of candidates, no two the same.
    """
    if not 2 <= count <= len(scores):
        raise ValueError(f"count must be in [2, {len(scores)}], not {count!r}")
    order = np.argsort(scores, kind="stable")
    inside = order[: max(count, int((scores <= within).sum()))]
    x = _transformed(scores[inside])

    def prior(one: int) -> np.ndarray:
        """Covariances of one candidate with all."""
        found: np.ndarray = 1.0 + x[one] * x + _matern(x[one : one + 1], x, 1.0)[0]
        return found

    chosen = [0]
    rows = [prior(0)]
    while len(chosen) < count:
        cross = np.stack(rows)
        known = cross[:, chosen] + _NOISE * np.eye(len(chosen))
        left = 2.0 + x**2 - (cross * np.linalg.solve(known, cross)).sum(axis=0)
        left[chosen] = -np.inf
        chosen.append(int(left.argmax()))
        rows.append(prior(chosen[-1]))
    return inside[chosen]


class AccuracyPredictor:
    """Accuracy of assignments that were never run.

    Parameters
    ----------
    exact : float
        Accuracy of the exact network on the images that real evaluations use, in [0, 1].
    scores : sequence of float
        Scores of the assignments that were evaluated, from :func:`expected_changes`: at least 2.
    accuracies : sequence of float
        Their real accuracies, in [0, 1].

    Raises
    ------
    ValueError
        There are too few of them, or not as many scores as accuracies.
    """

    def __init__(self, exact: float, scores: Sequence[float], accuracies: Sequence[float]):
        x, drops = np.asarray(scores, dtype=np.float64), 100 * (exact - np.asarray(accuracies))
        if x.ndim != 1 or x.shape != drops.shape or len(x) < 2:
            raise ValueError(
                f"A predictor needs as many scores as accuracies and at least 2, "
                f"not {x.shape} and {drops.shape}"
            )
        self._exact = exact
        self._seen = _transformed(x)
        self._curves = _curves(self._seen, _transformed(drops) - self._seen)

    def predict(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Accuracies and their standard deviations.

        Parameters
        ----------
        scores : ndarray of float64
            ``(n,)``, from :func:`expected_changes`.

        Returns
        -------
        (ndarray of float64, ndarray of float64)
            ``(n,)`` each; accuracies lie in [0, 1].
        """
        drop, deviation = self._transformed_drop(scores)
        return self._accuracy(drop), _POINTS * np.cosh(drop) * deviation / 100

    def interval(
        self, scores: np.ndarray, *, deviations: float = 2.0
    ) -> tuple[np.ndarray, np.ndarray]:
        """Least and largest accuracy within some standard deviations, ``(n,)`` each, in [0, 1].

        The deviation is that of the transformed drop: the interval reaches further down than up.
        """
        drop, deviation = self._transformed_drop(scores)
        wide = deviations * deviation
        return self._accuracy(drop + wide), self._accuracy(drop - wide)

    def _transformed_drop(self, scores: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        u = _transformed(np.asarray(scores, dtype=np.float64))
        line = _line(u, self._seen)
        alone = _OFFSET**2 + (_SLOPE * u) ** 2
        mean, square = np.zeros(len(u)), np.zeros(len(u))
        for curve in self._curves:
            cross = line + curve.amplitude * _matern(u, self._seen, curve.length)
            found = u + cross @ curve.weights
            known = (cross @ curve.inverse * cross).sum(axis=1)
            variance = alone + curve.amplitude + curve.noise - known
            mean += curve.share * found
            square += curve.share * (variance + found**2)
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def _accuracy(self, drop: np.ndarray) -> np.ndarray:
        found: np.ndarray = np.clip(self._exact - _POINTS * np.sinh(drop) / 100, 0.0, 1.0)
        return found


@dataclass(frozen=True, eq=False)
class _Curve:
    """A Gaussian process for what drops exceed scores by, and how likely it is among all."""

    share: float
    amplitude: float
    length: float
    noise: float
    weights: np.ndarray
    inverse: np.ndarray


def _curves(u: np.ndarray, left: np.ndarray) -> list[_Curve]:
    """The curves that explain what was found, with their posterior shares."""
    found, likelihood = [], []
    for length, amplitude, noise in itertools.product(_LENGTHS, _AMPLITUDES, _NOISES):
        covariance = _line(u, u) + amplitude * _matern(u, u, length) + noise * np.eye(len(u))
        inverse = np.linalg.inv(covariance)
        weights = inverse @ left
        likelihood.append(-(left @ weights + np.linalg.slogdet(covariance)[1]) / 2)
        found.append(_Curve(0.0, amplitude, length, noise, weights, inverse))
    shares = softmax(likelihood)
    kept = np.flatnonzero(shares >= _LEAST)
    shares /= shares[kept].sum()
    return [replace(found[index], share=float(shares[index])) for index in kept]


def _line(u: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Prior covariances of a straight line."""
    found: np.ndarray = _OFFSET**2 + _SLOPE**2 * np.outer(u, other)
    return found


def _matern(u: np.ndarray, other: np.ndarray, length: float) -> np.ndarray:
    """Prior covariances of the remainder of unit variance, nu = 3/2."""
    distance = np.sqrt(3.0) * np.abs(u[:, None] - other) / length
    found: np.ndarray = (1 + distance) * np.exp(-distance)
    return found


def _transformed(points: np.ndarray) -> np.ndarray:
    found: np.ndarray = np.arcsinh(points / _POINTS)
    return found
