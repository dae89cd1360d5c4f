"""How much dearer a search's best point is than that of all assignments."""

from __future__ import annotations

import numpy as np

__all__ = ["regret"]


def regret(points: np.ndarray, front: np.ndarray, most: float) -> float:
    """How much dearer the cheapest point of at most ``most`` is than the cheapest there is.

    Parameters
    ----------
    points, front : ndarray
        ``(n, 2)``: accuracy drop and cost, of a search and of all assignments.
    most : float
        Of the first objective.

    Returns
    -------
    float
        Share of the least cost: 0 where the search evaluated the cheapest; infinite where it
        evaluated none.

    Raises
    ------
    ValueError
        The front has no such point, or one that costs nothing.
    """
    possible = front[front[:, 0] <= most, 1]
    if not possible.size or possible.min() <= 0:
        raise ValueError(f"The front must have a point of at most {most!r} that costs something")
    own = points[points[:, 0] <= most, 1]
    return float(own.min() / possible.min() - 1) if own.size else float("inf")
