"""What one alphabet saves more than another at an equal accuracy drop, with its interval.

Both curves are of designs at the same energies, on the same images, which chose none of them. The
saving at a drop is where the rising part of a curve crosses it. Images are drawn anew, the same for
both curves, for the interval of the difference.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.optimize import isotonic_regression

__all__ = ["Added", "Curve", "added", "crossing"]

_DRAWS = 2000
_ERROR = 0.025


@dataclass(frozen=True, eq=False)
class Curve:
    """Some designs of one alphabet.

    Parameters
    ----------
    saved : ndarray of float64
        ``(designs,)``: the share of energy saved, in [0, 1].
    right : ndarray of bool
        ``(designs, images)``: which images are right.
    """

    saved: np.ndarray
    right: np.ndarray


@dataclass(frozen=True)
class Added:
    """Savings at one accuracy drop, in percent of the exact network's energy.

    Parameters
    ----------
    most : float
        The drop, in percentage points.
    first, second : float
        Saved by each curve.
    low, high : float
        The 95 % interval of the second's saving less the first's.
    """

    most: float
    first: float
    second: float
    low: float
    high: float


def crossing(saved: np.ndarray, drops: np.ndarray, most: float) -> float:
    """The largest saving whose drop is ``most``, by the isotonic regression of drops on savings.

    Parameters
    ----------
    saved : ndarray of float64
        ``(designs,)``.
    drops : ndarray of float64
        ``(designs,)``, in percentage points. Exact blocks, which save nothing and lose nothing, are
        added.
    most : float
        In percentage points, >= 0.

    Returns
    -------
    float
        Between two designs by a straight line; that of the last design where its drop is smaller.
    """
    order = np.argsort(saved, kind="stable")
    x = np.concatenate([[0.0], saved[order]])
    y = np.concatenate([[0.0], np.maximum(isotonic_regression(drops[order]).x, 0)])
    last = int(np.flatnonzero(y <= most)[-1])
    if last == len(x) - 1:
        return float(x[-1])
    share = (most - y[last]) / (y[last + 1] - y[last])
    return float(x[last] + share * (x[last + 1] - x[last]))


def added(first: Curve, second: Curve, exact: np.ndarray, most: float, *, seed: int = 0) -> Added:
    """What the second curve saves more at a drop.

    Parameters
    ----------
    first, second : Curve
        On the same images.
    exact : ndarray of bool
        ``(images,)``: which images are right with exact blocks.
    most : float
        The drop, in percentage points.
    seed : int
        Of the draws: 2,000 times as many images as there are, each any number of times.
    """
    images = len(exact)
    rng = np.random.default_rng(seed)
    lost = [exact.astype(np.float64) - curve.right for curve in (first, second)]
    once, drawn = [], []
    counts = rng.multinomial(images, np.full(images, 1 / images), size=_DRAWS)
    for curve, each in zip((first, second), lost, strict=True):
        once.append(100 * crossing(curve.saved, 100 * each.mean(axis=1), most))
        drops = 100 * (counts @ each.T) / images
        drawn.append(100 * np.array([crossing(curve.saved, row, most) for row in drops]))
    low, high = np.quantile(drawn[1] - drawn[0], (_ERROR, 1 - _ERROR))
    return Added(most, once[0], once[1], float(low), float(high))
