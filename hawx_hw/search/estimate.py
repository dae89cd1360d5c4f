"""Accuracy drops that neither flatter who was lucky nor forget what is known besides.

A front is made of the best of many designs, and the best on any images are favored by them, on
those that select too. A hierarchical model (Fay and Herriot, J. Am. Stat. Assoc. 74, 269-277, 1979,
with the covariance of the errors) takes that back. The real drop of a design is

    real = slope * learned + offset + excess of mixtures + deviation
    seen on images that select = real + error

``learned`` is the drop on images for learning: those of the race, or else of the search, whose own
sampling variance adds to the deviation. The slope, near 1, allows for a network that was trained on
these images; the excess, of those without a race, is what mixtures owe to having been searched for
on the very images that ``learned`` is from. The covariance of the errors is that of the images:
designs lose the same ones. How large deviations are, as a multiple of what is usual, is integrated
over; so are slope, offset and excess, with priors as wide as networks differ. The estimate is the
mean of what is then known of a design: selecting by it favors none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from hawx_hw.search.differences import Differences
from hawx_hw.search.result import DesignPoint, DropEstimate

__all__ = ["estimates", "posterior"]

#: Standard deviations of slope, offset and excess of mixtures; the last two in percentage points.
_PRIOR = (0.5, 0.2, 0.5)
#: Usual deviations of a design: so many percentage points, and that share of its drop.
_DEVIATION, _DEVIATION_SHARE = 0.1, 0.2
#: Multiples of that, all as likely before anything was seen.
_MULTIPLES = np.geomspace(0.1, 5, 15)
#: Standard deviations within which 95 % of a normal distribution lie.
_WIDTH = 1.96


def estimates(
    points: Sequence[DesignPoint], seen: Differences, search_images: int
) -> list[DropEstimate]:
    """The drop of each design on new images.

    Parameters
    ----------
    points : sequence of DesignPoint
        One of each assignment, none of them exact.
    seen : Differences
        Of the same, on the images that select.
    search_images : int
        Images of the search's evaluations, >= 1.
    """
    if not points:
        return []
    raced = [point.race for point in points]
    learned = np.array(
        [p.accuracy_drop if race is None else race.drop for p, race in zip(points, raced)]
    )
    # The share of images that differ is the same on all images, nearly, and gives the variance.
    differing = seen.covariance.diagonal() * max(seen.images, 1)
    images = [search_images if race is None else race.images for race in raced]
    favored = np.array([p.race is None and len(set(p.vector)) > 1 for p in points])
    means, deviations = posterior(
        seen.drops, seen.covariance, learned, differing / np.array(images), favored
    )
    return [
        DropEstimate(mean, mean - _WIDTH * deviation, mean + _WIDTH * deviation)
        for mean, deviation in zip(means.tolist(), deviations.tolist(), strict=True)
    ]


def posterior(
    seen: np.ndarray,
    covariance: np.ndarray,
    learned: np.ndarray,
    learned_variance: np.ndarray,
    favored: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each design's drop.

    Parameters
    ----------
    seen : ndarray of float64
        ``(n,)``, n >= 1: drops on the images that select; like all here in percentage points.
    covariance : ndarray of float64
        ``(n, n)``, positive definite: of their errors.
    learned, learned_variance : ndarray of float64
        ``(n,)``: drops on images for learning, and their variances.
    favored : ndarray of bool
        ``(n,)``: which are mixtures whose drop on images for learning is that of the search.

    Returns
    -------
    (ndarray of float64, ndarray of float64)
        ``(n,)`` each.
    """
    usual = np.hypot(_DEVIATION, _DEVIATION_SHARE * learned)
    terms = np.stack([learned, np.ones(len(seen)), favored.astype(float)], axis=1) * _PRIOR
    common = terms @ terms.T + np.diag(learned_variance)
    weights, means, variances = [], [], []
    for multiple in _MULTIPLES:
        prior = common + np.diag((multiple * usual) ** 2)
        total = prior + covariance
        gain = np.linalg.solve(total, prior).T
        off = seen - learned
        _, size = np.linalg.slogdet(total)
        weights.append(-0.5 * (size + off @ np.linalg.solve(total, off)))
        means.append(learned + gain @ off)
        variances.append(np.maximum((prior - gain @ prior).diagonal(), 0))
    share = np.exp(np.array(weights) - max(weights))
    share /= share.sum()
    mean = share @ np.array(means)
    spread = share @ (np.array(variances) + (np.array(means) - mean) ** 2)
    return mean, np.sqrt(spread)
