"""How large an accuracy drop may be, from images that exact and approximate network both ran on.

An image counts where only one of the two is right: ``lost`` where only the exact one is, ``gained``
where only the other is. The drop is the difference of their probabilities. Its upper bound inverts
the exact unconditional test of the hypothesis that the drop is larger: the probability, at the
worst value of the nuisance parameter, of a table that speaks as clearly against it. Tables are
ordered by the score statistic of Tango (Statistics in Medicine 17, 891-908, 1998). The nuisance
parameter, the probability of a gain, is searched in an exact confidence interval, whose error is
added (Berger and Boos, J. Am. Stat. Assoc. 89, 1012-1016, 1994). So no bound rests on large
numbers: where no image differs it is a little above the 3 / n of the rule of three, where the
score interval itself, and Newcombe's, which statsmodels has, are too short.

Several candidates are tested by the fallback procedure (Wiens, Pharm. Stat. 2, 211-215, 2003): the
allowed error is divided among them in an order that was fixed before, and that of one that passes
is handed to the next. The probability that any that passes breaks the constraint is at most the
allowed error, whatever their results have in common, and one that fails stops none after it. For
of those that break it, each is tested at its own share and those of the ones that keep it since the
last that does not, at most, and these add up to the allowed error. (A test that passes at a level
passes at any larger one: the interval of the nuisance parameter shrinks with it.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy import stats

__all__ = ["Paired", "Tested", "fallback", "images_needed", "upper_drop"]

#: Share of the allowed error that is spent on the interval of the nuisance parameter.
_NUISANCE_SHARE = 0.02
_NUISANCE_POINTS = 33
#: Drops are resolved to a ten-thousandth of a percentage point.
_STEP = 1e-6
#: Tables that are equal but for rounding are equal.
_TIE = 1e-9
#: Probability of the tables that are left out; it is added.
_TAIL = 1e-9


@dataclass(frozen=True)
class Paired:
    """On how many images exact and approximate network differ.

    Parameters
    ----------
    images : int
        Images that both ran on, >= 0.
    lost, gained : int
        Images that only the exact, or only the approximate network is right on.

    Raises
    ------
    ValueError
        A number is negative, or there are more such images than images.
    """

    images: int
    lost: int
    gained: int

    def __post_init__(self) -> None:
        if min(self.lost, self.gained) < 0 or self.lost + self.gained > self.images:
            raise ValueError(
                f"lost and gained must be at least 0 and at most {self.images} together, "
                f"not {self.lost} and {self.gained}"
            )

    @property
    def drop(self) -> float:
        """The accuracy drop on these images, in percentage points; 0 where there are none."""
        return 100 * (self.lost - self.gained) / self.images if self.images else 0.0


@dataclass(frozen=True)
class Tested:
    """What a test of a candidate came to.

    Parameters
    ----------
    level : float
        The error that it was allowed, in (0, 1).
    upper : float
        Upper bound of its accuracy drop at this error, in percentage points.
    passed : bool
    """

    level: float
    upper: float
    passed: bool


def upper_drop(paired: Paired, error: float) -> float:
    """Upper confidence bound of the accuracy drop.

    Parameters
    ----------
    paired : Paired
    error : float
        Probability that the bound is too low, at most; in (0, 1).

    Returns
    -------
    float
        In percentage points, at most 100: so much where there are no images. A bound of 0 is that
        of a network that is exact, which only its caller can know.

    Raises
    ------
    ValueError
        ``error`` is not in (0, 1).
    """
    if not 0 < error < 1:
        raise ValueError(f"error must be above 0 and below 1, not {error!r}")
    if paired.images == 0:
        return 100.0
    low, high = (paired.lost - paired.gained) / paired.images, 1.0
    while high - low > _STEP:
        middle = (low + high) / 2
        if p_value(paired, middle, error) > error:
            low = middle
        else:
            high = middle
    return 100 * high


def p_value(paired: Paired, drop: float, error: float) -> float:
    """Probability of a table at least as much in favour, where the drop is ``drop`` or more.

    Parameters
    ----------
    paired : Paired
    drop : float
        A share in (-1, 1).
    error : float
        The error that the result is compared with: it sets how much the nuisance parameter takes.

    Returns
    -------
    float
        In [0, 1].
    """
    n, spent = paired.images, _NUISANCE_SHARE * error
    low, high = _exact_interval(paired.gained, n, spent)
    low, high = max(low, -drop, 0.0), min(high, (1 - drop) / 2)
    if low > high:
        return spent
    gains = np.linspace(low, high, _NUISANCE_POINTS)[:, np.newaxis]
    gained = np.arange(int(stats.binom.isf(_TAIL, n, high)) + 1)
    observed = float(_score(np.array([paired.lost]), np.array([paired.gained]), n, drop)[0])
    lost = _largest_lost(observed + _TIE, gained, n, drop)
    losses = np.minimum((gains + drop) / np.maximum(1 - gains, _TAIL), 1.0)
    probability = stats.binom.pmf(gained, n, gains) * stats.binom.cdf(lost, n - gained, losses)
    return min(1.0, float(probability.sum(axis=1).max()) + spent + _TAIL)


def fallback(
    candidates: Sequence[Paired],
    most: float,
    confidence: float,
    upper: Callable[[Paired, float], float] = upper_drop,
    *,
    ratio: float = 1.0,
) -> list[Tested]:
    """Test which of several candidates keep a constraint, all claims being true with confidence.

    Parameters
    ----------
    candidates : sequence of Paired
        In an order that does not depend on these images.
    most : float
        The largest accuracy drop, in percentage points.
    confidence : float
        Probability that every candidate that passes keeps the constraint, at least; in (0, 1).
    upper : callable
        See :func:`upper_drop`.
    ratio : float
        Share of the allowed error that each gets, as a part of that of the one before; in (0, 1].

    Returns
    -------
    list of Tested
        In the order of the candidates.
    """
    shares = ratio ** np.arange(len(candidates), dtype=np.float64)
    shares *= (1 - confidence) / max(shares.sum(), 1.0)
    handed, tested = 0.0, []
    for paired, share in zip(candidates, shares.tolist(), strict=True):
        level = share + handed
        bound = upper(paired, level)
        passed = bound <= most
        handed = level if passed else 0.0
        tested.append(Tested(level, bound, passed))
    return tested


def images_needed(paired: Paired, most: float, error: float) -> int | None:
    """About how many images would show that the drop is at most ``most``, if it is as observed.

    Parameters
    ----------
    paired : Paired
        Of images that do not show it.
    most : float
        In percentage points.
    error : float
        In (0, 1).

    Returns
    -------
    int or None
        Two digits of it, more than there are; None where the observed drop is no smaller, so that
        no number would, or where nothing was observed.
    """
    limit, n = most / 100, paired.images
    if n == 0 or paired.drop >= most:
        return None
    if paired.lost == paired.gained == 0:
        needed = math.log(error) / math.log1p(-limit)
    else:
        gains = _gains(np.array([paired.lost]), np.array([paired.gained]), n, limit)[0]
        variance = 2 * gains + limit * (1 - limit)
        needed = stats.norm.isf(error) ** 2 * variance / (limit - paired.drop / 100) ** 2
    # An approximation: that so many as these are not enough is known better.
    needed = max(needed, n + 1)
    digits = 10 ** max(0, math.floor(math.log10(needed)) - 1)
    return math.ceil(needed / digits) * digits


def _gains(lost: np.ndarray, gained: np.ndarray, n: int, drop: float) -> np.ndarray:
    """Most likely probabilities of a gain where the drop is ``drop``: float64, like ``lost``."""
    linear = -lost - gained + (2.0 * n - lost + gained) * drop
    constant = -gained * drop * (1 - drop)
    root = np.sqrt(np.maximum(linear**2 - 8.0 * n * constant, 0))
    gains: np.ndarray = np.maximum((root - linear) / (4.0 * n), max(0.0, -drop))
    return gains


def _score(lost: np.ndarray, gained: np.ndarray, n: int, drop: float) -> np.ndarray:
    """Tango's statistic: how far the observed drop lies above ``drop``, in standard errors."""
    variance = n * (2 * _gains(lost, gained, n, drop) + drop * (1 - drop))
    score: np.ndarray = (lost - gained - n * drop) / np.sqrt(np.maximum(variance, _TAIL))
    return score


def _largest_lost(score: float, gained: np.ndarray, n: int, drop: float) -> np.ndarray:
    """Largest number of lost images whose score is at most ``score``: -1 where none is.

    The score rises with the images that are lost.
    """
    low, high = np.full(len(gained), -1), n - gained
    while (low < high).any():
        middle = (low + high + 1) // 2
        inside = _score(middle, gained, n, drop) <= score
        low, high = np.where(inside, middle, low), np.where(inside, high, middle - 1)
    return low


def _exact_interval(count: int, n: int, error: float) -> tuple[float, float]:
    """Two-sided interval of Clopper and Pearson of a probability."""
    low = stats.beta.ppf(error / 2, count, n - count + 1) if count else 0.0
    high = stats.beta.isf(error / 2, count + 1, n - count) if count < n else 1.0
    return float(low), float(high)
