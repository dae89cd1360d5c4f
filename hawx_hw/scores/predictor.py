"""Accuracy from hawx(model), calibrated on a few evaluations, with an uncertainty.

The shifted logits give the probability that each image changes its class; measured accuracy drops
follow that closely, but not one to one: a trained network is more certain of its training images
than of others, and large errors saturate. Both quantities are transformed by ``asinh(x / c)``,
which is linear near zero and logarithmic beyond: there the relation is a straight line, with the
identity as prior mean, and a small smooth remainder, a Gaussian process with a Matern kernel (nu =
3/2; C. E. Rasmussen and C. K. I. Williams, Gaussian Processes for Machine Learning, 2006, chapters
2 and 4). A few evaluations do not determine the size and smoothness of the remainder and the noise:
many settings are averaged by their likelihood, so that an interval is wide where they disagree.
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

#: Accuracy drop, in percentage points, at which the transform changes to logarithmic.
_POINTS = 0.3
#: Prior deviations of the line's offset and slope, transformed.
_OFFSET, _SLOPE = 2.0, 0.5
#: Settings of the remainder, transformed: variance, length, and variance of the noise.
_AMPLITUDES = (0.01, 0.03, 0.1, 0.3, 1.0)
_LENGTHS = (1.0, 3.0)
_NOISES = (0.003, 0.01, 0.03, 0.1, 0.3)
#: Curves less likely than this share of all are left out.
_LEAST = 1e-4
#: The noise that :func:`informative` assumes.
_NOISE = 0.05
_PART = 2**24


def expected_changes(profile: Profile, choices: np.ndarray) -> np.ndarray:
    """The percentage of images that are expected to change their class.

    That is the mean, over the calibration images, of the total variation distance between the
    distribution of classes before and after; no labels are needed.

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
    changes = np.empty(len(choices))
    size = max(1, _PART // profile.logits.size)
    for start in range(0, len(choices), size):
        part = slice(start, start + size)
        changes[part] = changed_classes(profile, shifted_logits(profile, choices[part]))
    return changes


def changed_classes(profile: Profile, logits: np.ndarray) -> np.ndarray:
    """The percentage of the profile's images that other logits put into another class.

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
    changes: np.ndarray = 50 * distance.sum(axis=-1).mean(axis=-1)
    return changes


def informative(scores: np.ndarray, count: int, *, within: float = 20.0) -> np.ndarray:
    """Select assignments to evaluate: greedily those with the largest uncertainty.

    The first is that of the smallest score; each further one has the largest remaining variance
    under the predictor's prior, a straight line and a smooth remainder.

    Parameters
    ----------
    scores : ndarray of float64
        Scores of the candidates, from :func:`expected_changes`.
    count : int
        Number of assignments, from 2 to the number of candidates.
    within : float
        Candidates of larger scores are skipped as long as there are others.

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
        covariances: np.ndarray = 1.0 + x[one] * x + _matern(x[one : one + 1], x, 1.0)[0]
        return covariances

    chosen = [0]
    covariances = [prior(0)]
    while len(chosen) < count:
        cross = np.stack(covariances)
        known = cross[:, chosen] + _NOISE * np.eye(len(chosen))
        left = 2.0 + x**2 - (cross * np.linalg.solve(known, cross)).sum(axis=0)
        left[chosen] = -np.inf
        chosen.append(int(left.argmax()))
        covariances.append(prior(chosen[-1]))
    return inside[chosen]


class AccuracyPredictor:
    """Predicted accuracy of assignments.

    Parameters
    ----------
    exact : float
        Accuracy of the exact network on the images of the evaluations, in [0, 1].
    scores : sequence of float
        Scores of the assignments that were evaluated, from :func:`expected_changes`: at least 2.
    accuracies : sequence of float
        Their measured accuracies, in [0, 1].

    Raises
    ------
    ValueError
        There are too few, or not as many scores as accuracies.
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

        The deviation is that of the transformed drop: the interval extends further down than up.
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
            drop = u + cross @ curve.weights
            known = (cross @ curve.inverse * cross).sum(axis=1)
            variance = alone + curve.amplitude + curve.noise - known
            mean += curve.share * drop
            square += curve.share * (variance + drop**2)
        return mean, np.sqrt(np.maximum(square - mean**2, 0.0))

    def _accuracy(self, drop: np.ndarray) -> np.ndarray:
        accuracy: np.ndarray = np.clip(self._exact - _POINTS * np.sinh(drop) / 100, 0.0, 1.0)
        return accuracy


@dataclass(frozen=True, eq=False)
class _Curve:
    """A Gaussian process for the difference of drops and scores, and its posterior share."""

    share: float
    amplitude: float
    length: float
    noise: float
    weights: np.ndarray
    inverse: np.ndarray


def _curves(u: np.ndarray, left: np.ndarray) -> list[_Curve]:
    """The most likely curves for the evaluations, with their posterior shares."""
    curves, likelihood = [], []
    for length, amplitude, noise in itertools.product(_LENGTHS, _AMPLITUDES, _NOISES):
        covariance = _line(u, u) + amplitude * _matern(u, u, length) + noise * np.eye(len(u))
        inverse = np.linalg.inv(covariance)
        weights = inverse @ left
        likelihood.append(-(left @ weights + np.linalg.slogdet(covariance)[1]) / 2)
        curves.append(_Curve(0.0, amplitude, length, noise, weights, inverse))
    shares = softmax(likelihood)
    likely = np.flatnonzero(shares >= _LEAST)
    shares /= shares[likely].sum()
    return [replace(curves[index], share=float(shares[index])) for index in likely]


def _line(u: np.ndarray, other: np.ndarray) -> np.ndarray:
    """Prior covariances of a straight line."""
    covariances: np.ndarray = _OFFSET**2 + _SLOPE**2 * np.outer(u, other)
    return covariances


def _matern(u: np.ndarray, other: np.ndarray, length: float) -> np.ndarray:
    """Prior covariances of the remainder of unit variance, nu = 3/2."""
    distance = np.sqrt(3.0) * np.abs(u[:, None] - other) / length
    covariances: np.ndarray = (1 + distance) * np.exp(-distance)
    return covariances


def _transformed(points: np.ndarray) -> np.ndarray:
    transformed: np.ndarray = np.arcsinh(points / _POINTS)
    return transformed
