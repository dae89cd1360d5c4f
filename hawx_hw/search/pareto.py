"""Pareto fronts of objectives that are all to be small, such as accuracy drop and energy."""

from __future__ import annotations

import numpy as np

__all__ = ["fronts", "gains", "hypervolume", "pareto"]


def pareto(points: np.ndarray) -> np.ndarray:
    """Indices of the points that no other is as good as in everything and better in something.

    Parameters
    ----------
    points : ndarray
        ``(n, objectives)``, two objectives or more. A point with an infinite objective is never on
        the front.

    Returns
    -------
    ndarray of int64
        In ascending order of the first objective; of equal points the first.

    Raises
    ------
    ValueError
        The points are of another shape, or not numbers.
    """
    from moocore import is_nondominated

    points = _checked(points)
    (finite,) = np.nonzero(np.isfinite(points).all(axis=1))
    best = finite[is_nondominated(points[finite])] if len(finite) else finite
    ascending: np.ndarray = best[np.argsort(points[best, 0], kind="stable")].astype(np.int64)
    return ascending


def fronts(points: np.ndarray, most: int) -> np.ndarray:
    """0 for points of the front, 1 for that of the rest, and so on up to ``most`` for all others.

    Parameters
    ----------
    points : ndarray
        ``(n, objectives)``.
    most : int
        At least 1.

    Returns
    -------
    ndarray of int64
        ``(n,)``
    """
    ranks = np.full(len(points), most, dtype=np.int64)
    left = np.arange(len(points))
    for rank in range(most):
        if not len(left):
            break
        front = pareto(points[left])
        ranks[left[front]] = rank
        left = np.delete(left, front)
    return ranks


def hypervolume(points: np.ndarray, reference: tuple[float, float]) -> float:
    """Area that the points dominate below ``reference``, in the product of the objectives' units.

    Parameters
    ----------
    points : ndarray
        ``(n, 2)``; those that do not lie below the reference point in both objectives count for
        nothing.
    reference : tuple of float
        The reference point.
    """
    from moocore import hypervolume as area

    return float(area(_pairs(points), ref=np.asarray(reference, dtype=np.float64)))


def gains(points: np.ndarray, front: np.ndarray, reference: tuple[float, float]) -> np.ndarray:
    """By how much each point by itself would enlarge the hypervolume of ``front``.

    Parameters
    ----------
    points : ndarray
        ``(n, 2)``.
    front : ndarray
        ``(m, 2)``, m >= 0.
    reference : tuple of float

    Returns
    -------
    ndarray of float64
        ``(n,)``, each >= 0.
    """
    points, front = _pairs(points), _pairs(front)
    inside = front[(front < np.asarray(reference)).all(axis=1)]
    stairs = inside[pareto(inside)]
    # Between two steps the front's second objective is that of the step on the left.
    left = np.concatenate(([-np.inf], stairs[:, 0]))
    right = np.append(stairs[:, 0], reference[0])
    height = np.concatenate(([reference[1]], stairs[:, 1]))
    width = np.clip(right - np.maximum(left, points[:, :1]), 0, None)
    areas: np.ndarray = (width * np.clip(height - points[:, 1:], 0, None)).sum(axis=1)
    return areas


def _pairs(points: np.ndarray) -> np.ndarray:
    array = _checked(points)
    if array.shape[1] != 2:
        raise ValueError(f"Points must be of shape (n, 2), not {array.shape}")
    return array


def _checked(points: np.ndarray) -> np.ndarray:
    array = np.asarray(points, dtype=np.float64)
    if array.ndim != 2 or array.shape[1] < 2:
        raise ValueError(f"Points must be of shape (n, objectives), not {array.shape}")
    if np.isnan(array).any():
        raise ValueError("Points must be numbers, not NaN")
    return array
