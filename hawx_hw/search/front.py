"""Pareto fronts of two objectives, both to be small: accuracy lost, and a cost."""

from __future__ import annotations

import numpy as np

__all__ = ["fronts", "gains", "hypervolume", "pareto", "regret"]


def pareto(points: np.ndarray) -> np.ndarray:
    """Indices of the points that no other is better than in one objective and as good in the other.

    Parameters
    ----------
    points : ndarray
        ``(n, 2)``.

    Returns
    -------
    ndarray of int64
        In ascending order of the first objective; of equal points the first.
    """
    points = _checked(points)
    order = np.lexsort((np.arange(len(points)), points[:, 1], points[:, 0]))
    second = points[order, 1]
    before = np.concatenate(([np.inf], np.minimum.accumulate(second)[:-1]))
    found: np.ndarray = order[second < before].astype(np.int64)
    return found


def fronts(points: np.ndarray, most: int) -> np.ndarray:
    """0 for points of the front, 1 for that of the rest, and so on up to ``most`` for all others.

    Parameters
    ----------
    points : ndarray
        ``(n, 2)``.
    most : int
        At least 1.

    Returns
    -------
    ndarray of int64
        ``(n,)``
    """
    found = np.full(len(points), most, dtype=np.int64)
    left = np.arange(len(points))
    for rank in range(most):
        if not len(left):
            break
        front = pareto(points[left])
        found[left[front]] = rank
        left = np.delete(left, front)
    return found


def hypervolume(points: np.ndarray, reference: tuple[float, float]) -> float:
    """Area that the points dominate below ``reference``, in the product of the objectives' units.

    Points that do not lie below it in both objectives count for nothing.
    """
    front = _staircase(points, reference)
    right = np.append(front[1:, 0], reference[0])
    return float(((right - front[:, 0]) * (reference[1] - front[:, 1])).sum())


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
    points = _checked(points)
    stairs = _staircase(front, reference)
    # Between two steps the front's second objective is that of the step on the left.
    left = np.concatenate(([-np.inf], stairs[:, 0]))
    right = np.append(stairs[:, 0], reference[0])
    height = np.concatenate(([reference[1]], stairs[:, 1]))
    width = np.clip(right - np.maximum(left, points[:, :1]), 0, None)
    found: np.ndarray = (width * np.clip(height - points[:, 1:], 0, None)).sum(axis=1)
    return found


def regret(points: np.ndarray, truth: np.ndarray, most: float) -> float:
    """How much dearer the cheapest point of at most ``most`` is than the truth's cheapest.

    Parameters
    ----------
    points, truth : ndarray
        ``(n, 2)``: what is lost and what it costs.
    most : float
        Of the first objective.

    Returns
    -------
    float
        Share of the true cost: 0 where the search found the cheapest; infinite where it found none.

    Raises
    ------
    ValueError
        The truth has no such point, or one that costs nothing.
    """
    points, truth = _checked(points), _checked(truth)
    possible = truth[truth[:, 0] <= most, 1]
    if not possible.size or possible.min() <= 0:
        raise ValueError(f"The truth must have a point of at most {most!r} that costs something")
    found = points[points[:, 0] <= most, 1]
    return float(found.min() / possible.min() - 1) if found.size else float("inf")


def _staircase(points: np.ndarray, reference: tuple[float, float]) -> np.ndarray:
    points = _checked(points)
    inside = points[(points < np.asarray(reference)).all(axis=1)]
    return inside[pareto(inside)]


def _checked(points: np.ndarray) -> np.ndarray:
    found = np.asarray(points, dtype=np.float64)
    if found.ndim != 2 or found.shape[1] != 2:
        raise ValueError(f"Points must be of shape (n, 2), not {found.shape}")
    if np.isnan(found).any():
        raise ValueError("Points must be numbers, not NaN")
    return found
