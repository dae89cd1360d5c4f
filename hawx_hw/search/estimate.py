"""Accuracy drops that neither flatter who was lucky nor forget what is known besides.

A front is made of the best of many designs, and the best on any images are favored by them, on
those that select too. A hierarchical model (Fay and Herriot, J. Am. Stat. Assoc. 74, 269-277, 1979)
takes part of that back. The real drop of a design is

    real = slope * learned + offset + excess + rise with cheapness + deviation
    seen on images that select = real + error

``learned`` is the drop on images for learning: those of the race, or else of the search, whose own
sampling variance adds to the deviation. The slope, near 1, allows for a network that was trained on
these images; the excess, of those without a race, is what mixtures owe to having been searched for
on the very images that ``learned`` is from. What is cheap loses more than it shows, as a front
selects those that are cheap for their drop.

How large deviations are, as a multiple of what is usual, is integrated over; so are the other
terms, with priors as wide as networks differ. The variances of errors are those of designs that
lose as much: the observed ones are small where the drop was small by luck, and would pull all
estimates down. For the same reason errors are taken to be independent, though designs lose the same
images: with covariances as observed, simulated estimates were worse than the raw drops.

The estimate is the mean of what is then known of a design.
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
#: Standard deviation of what a standard deviation of cheapness adds, in the same way.
_RISE, _RISE_SHARE = 0.1, 0.5
#: Multiples of usual deviations, all as likely before anything was seen.
_MULTIPLES = np.geomspace(0.1, 5, 15)
#: Standard deviations within which 95 % of a normal distribution lie.
_WIDTH = 1.96


def estimates(
    points: Sequence[DesignPoint], seen: Differences, search_images: int, objective: str
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
    objective : str
        The metric, >= 0, by which designs are cheap.
    """
    if not points:
        return []
    raced = [point.race for point in points]
    learned = np.array(
        [p.accuracy_drop if race is None else race.drop for p, race in zip(points, raced)]
    )
    variances = _smooth(seen.covariance.diagonal(), learned)
    # The share of images that differ is the same on all images, nearly.
    images = np.array([search_images if race is None else race.images for race in raced])
    favored = np.array([p.race is None and len(set(p.vector)) > 1 for p in points])
    costs = np.array([point.metrics[objective] for point in points])
    # Where every product is skipped nothing is taken: as cheap as the cheapest that takes some.
    least = costs.min(where=costs > 0, initial=costs.max() or 1.0)
    cheapness = -np.log(np.maximum(costs, least))
    means, deviations = posterior(
        seen.drops, variances, learned, variances * seen.images / images, favored, cheapness
    )
    return [
        DropEstimate(mean, mean - _WIDTH * deviation, mean + _WIDTH * deviation)
        for mean, deviation in zip(means.tolist(), deviations.tolist(), strict=True)
    ]


def posterior(
    seen: np.ndarray,
    variances: np.ndarray,
    learned: np.ndarray,
    learned_variances: np.ndarray,
    favored: np.ndarray,
    cheapness: np.ndarray,
) -> tuple[np.ndarray, np.ndarray]:
    """Mean and standard deviation of each design's drop.

    Parameters
    ----------
    seen, variances : ndarray of float64
        ``(n,)``, n >= 1: drops on the images that select, in percentage points, and the variances
        of their errors, > 0.
    learned, learned_variances : ndarray of float64
        ``(n,)``: the same on images for learning.
    favored : ndarray of bool
        ``(n,)``: which are mixtures whose drop on images for learning is that of the search.
    cheapness : ndarray of float64
        ``(n,)``, in any unit.

    Returns
    -------
    (ndarray of float64, ndarray of float64)
        ``(n,)`` each.
    """
    usual = np.hypot(_DEVIATION, _DEVIATION_SHARE * learned)
    cheap = (cheapness - cheapness.mean()) / (cheapness.std() or 1.0)
    terms = np.stack([learned, np.ones(len(seen)), favored.astype(float)], axis=1) * _PRIOR
    terms = np.column_stack([terms, np.hypot(_RISE, _RISE_SHARE * learned) * cheap])
    common = terms @ terms.T + np.diag(learned_variances)
    weights, means, spreads = [], [], []
    for multiple in _MULTIPLES:
        prior = common + np.diag((multiple * usual) ** 2)
        total = prior + np.diag(variances)
        gain = np.linalg.solve(total, prior).T
        off = seen - learned
        _, size = np.linalg.slogdet(total)
        weights.append(-0.5 * (size + off @ np.linalg.solve(total, off)))
        means.append(learned + gain @ off)
        spreads.append(np.maximum((prior - gain @ prior).diagonal(), 0))
    share = np.exp(np.array(weights) - max(weights))
    share /= share.sum()
    mean = share @ np.array(means)
    spread = share @ (np.array(spreads) + (np.array(means) - mean) ** 2)
    return mean, np.sqrt(spread)


def _smooth(variances: np.ndarray, learned: np.ndarray) -> np.ndarray:
    """Variances as those of designs that lose as much: a line through them, > 0."""
    terms = np.stack([np.ones(len(learned)), np.maximum(learned, 0)], axis=1)
    line = np.linalg.lstsq(terms, variances, rcond=None)[0]
    smooth: np.ndarray = np.maximum(terms @ line, variances.min())
    return smooth
