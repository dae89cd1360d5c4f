"""The error of a layer's sums as a quadratic form of which partial products a block keeps.

Let ``Z_ij`` be what the partial product of bit ``i`` of the weight and bit ``j`` of the activation
adds to a sum, over all taps, and ``S`` the exact sum. A block that keeps the partial products ``k``
makes the error ``sum of k_ij Z_ij - S``, with the variance ``k G k - 2 k h + s``: ``G`` is the
covariance of ``Z`` over the positions, ``h`` that of ``Z`` and ``S``, ``s`` the variance of ``S``.
With the original weights and activations ``Z`` adds up to ``S``, and the variance is ``o G o`` with
the omitted partial products ``o``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

__all__ = ["PLACES", "SIGNED", "SumForm", "Swap", "grown", "neighbors", "swapped"]

#: The place of a partial product that is left out, and that of one that is selected instead.
Swap = tuple[int, int]
#: Bit positions of a code.
PLACES = np.arange(8)
#: What a bit of a two's complement code is worth.
SIGNED = np.where(PLACES == 7, -128, 1 << PLACES)
#: Share of the sums' variance that a change must gain, so that rounding errors do not.
_LEAST = 1e-10


@dataclass(frozen=True, eq=False)
class SumForm:
    """The form, added up over filters.

    Parameters
    ----------
    covariance : ndarray of float64
        ``(64, 64)``: ``G``, indexed ``8 i + j``.
    cross : ndarray of float64
        ``(64,)``: ``h``.
    variance : float
        ``s``.
    """

    covariance: np.ndarray
    cross: np.ndarray
    variance: float

    def __add__(self, other: SumForm) -> SumForm:
        return SumForm(
            self.covariance + other.covariance,
            self.cross + other.cross,
            self.variance + other.variance,
        )

    def error(self, selected: np.ndarray) -> float:
        """The variance of the error relative to that of the sums.

        Parameters
        ----------
        selected : ndarray of bool
            ``(64,)`` or ``(8, 8)``.
        """
        k = selected.ravel().astype(np.float64)
        error = k @ self.covariance @ k - 2 * k @ self.cross + self.variance
        return float(error / self.variance)

    def changes(self, selected: np.ndarray) -> np.ndarray:
        """What flipping each partial product adds to the variance: ``(64,)``."""
        slope = 2 * (self.covariance @ selected.astype(np.float64) - self.cross)
        changes: np.ndarray = np.where(selected, -slope, slope) + np.diag(self.covariance)
        return changes


def grown(form: SumForm, selected: np.ndarray, count: int, allowed: np.ndarray) -> np.ndarray:
    """The mask with partial products added, or left out, one after the other, until it has so many.

    Parameters
    ----------
    form : SumForm
    selected : ndarray of bool
        ``(64,)``.
    count : int
        At most as many as are allowed.
    allowed : ndarray of bool
        ``(64,)``: partial products that may be selected.

    Returns
    -------
    ndarray of bool
        ``(64,)``: the least error after each step; of equal ones the lowest place.

    Raises
    ------
    ValueError
        There are fewer partial products.
    """
    if not 0 <= count <= allowed.sum():
        raise ValueError(f"count must be in [0, {allowed.sum()}], not {count}")
    selected = selected & allowed
    while selected.sum() != count:
        flip = selected if selected.sum() > count else allowed & ~selected
        place = int(np.where(flip, form.changes(selected), np.inf).argmin())
        selected[place] = ~selected[place]
    return selected


def neighbors(
    form: SumForm, selected: np.ndarray, allowed: np.ndarray
) -> Iterator[tuple[float, Swap]]:
    """All swaps of a selected and an omitted partial product, the least error first.

    Parameters
    ----------
    form : SumForm
    selected, allowed : ndarray of bool
        ``(64,)``.

    Yields
    ------
    float
        What the swap adds to the variance.
    (int, int)
        The place that is left out and the one that is selected instead.
    """
    out, into = np.flatnonzero(selected), np.flatnonzero(allowed & ~selected)
    changes = form.changes(selected)
    both = changes[out, None] + changes[into] - 2 * form.covariance[np.ix_(out, into)]
    for number in np.argsort(both, axis=None, kind="stable"):
        row, column = divmod(int(number), len(into))
        yield float(both[row, column]), (int(out[row]), int(into[column]))


def swapped(form: SumForm, selected: np.ndarray, allowed: np.ndarray) -> np.ndarray:
    """The mask after the best swap of two partial products, again and again, while any gains.

    Parameters
    ----------
    form : SumForm
    selected, allowed : ndarray of bool
        ``(64,)``.

    Returns
    -------
    ndarray of bool
        ``(64,)``, as many as before: no single swap makes the error less.
    """
    error = form.error(selected)
    while True:
        _, swap = next(neighbors(form, selected, allowed), (0.0, None))
        if swap is None:
            return selected
        changed = selected.copy()
        changed[list(swap)] = False, True
        # Strictly less each time: rounding errors of equal masks do not go around in circles.
        less = form.error(changed)
        if less >= error - _LEAST:
            return selected
        selected, error = changed, less
